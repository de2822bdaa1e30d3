using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Web;

/// <summary>The list of connections when there are many: found, sorted, followed, and steered from the keyboard.</summary>
public sealed class DataSourcesTests(Browser browser) : IClassFixture<Browser>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Three_hundred_connections_are_paged_sorted_filtered_and_followed()
    {
        await using var site = new WebInstallation { OrgOptions = new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 10 } } };
        await site.InitializeAsync();
        await site.UserAsync("marta@example.com", Role.Operator);
        await ManyConnections.AddAsync(site, 300);
        var page = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(page, "marta@example.com");
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(100);
        // What needs somebody is on top.
        await Assertions.Expect(page.Locator("tbody tr").First).ToContainTextAsync("Error");
        await Assertions.Expect(page.Locator("tbody tr").First.GetByRole(AriaRole.Link, new() { Name = "Ask the admin" })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "data-sources-many");
        await page.GetByRole(AriaRole.Link, new() { Name = "Next 100" }).ClickAsync();
        await Assertions.Expect(page.GetByText("101 to 200 of 300")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Connection", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("tbody .name").First).ToHaveTextAsync("customer-0001");
        await page.GetByRole(AriaRole.Link, new() { Name = "Connection ↑" }).ClickAsync();
        await Assertions.Expect(page.Locator("tbody .name").First).ToHaveTextAsync("first");
        await page.GetByLabel("Search connections").FillAsync("customer-012");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(10);

        // Somebody elsewhere pauses one: the row and the counts follow without a reload.
        var row = page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("customer-0121") });
        await Assertions.Expect(row).ToContainTextAsync("Setting up");
        var paused = await page.Locator("#sources-tabs a").Last.InnerTextAsync();
        await site.Service<ConnectionStore>().SetSyncEnabledAsync((await site.Service<ConnectionStore>().GetAsync("customer-0121", Stop)).Id, false, Stop);
        await Assertions.Expect(row).ToContainTextAsync("Not syncing");
        await Assertions.Expect(page.Locator("#sources-tabs a").Last).Not.ToHaveTextAsync(paused);
        await page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Not syncing") }).ClickAsync();
        await Assertions.Expect(row).ToBeVisibleAsync();
        await page.GotoAsync("/data-sources?q=nobody");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No connection matches" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_menu_is_used_from_the_keyboard()
    {
        await using var site = new WebInstallation { OrgOptions = new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 10 } } };
        await site.InitializeAsync();
        await site.UserAsync("marta@example.com", Role.Operator);
        await ManyConnections.AddAsync(site, 3);
        var page = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(page, "marta@example.com");
        var button = page.GetByRole(AriaRole.Button, new() { Name = "Actions for customer-0001" });
        await button.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".menu:popover-open")).ToBeVisibleAsync();
        var items = page.Locator(".menu:popover-open").Locator("a, button");
        await Assertions.Expect(items.First).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        await Assertions.Expect(items.Last).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Home");
        await page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(items.Nth(1)).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator(".menu:popover-open")).ToHaveCountAsync(0);
        await Assertions.Expect(button).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(items.First).ToBeFocusedAsync();
        await page.Locator(".menu:popover-open").GetByRole(AriaRole.Link, new() { Name = "Settings" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Browser.ArrivedAsync(page, "**/connections/customer-0001/settings");
    }
}
