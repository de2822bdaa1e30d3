using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Web;

/// <summary>A run that takes its time: what is seen of it, and how it is stopped.</summary>
public sealed class LiveRunTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task A_run_is_watched_and_stopped()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        // Salesforce prepares the Bulk job for longer than this test lasts.
        await using var site = new WebInstallation
        {
            OrgOptions = new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 15_000, ["User"] = 20 }, BulkDelay = TimeSpan.FromHours(1) },
        };
        await site.InitializeAsync();
        await site.UserAsync("marta@example.com", Role.Operator);
        var connection = await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest(
            "slow", site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret), site.Org.User,
            new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", cancellationToken);
        await site.Service<Selecting>().ApplyAsync(connection, [], [new SelectedObject("User"), new SelectedObject("Account")], cancellationToken);

        var page = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(page, "marta@example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for slow" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync now" }).ClickAsync();
        await Browser.ArrivedAsync(page, "**/runs/1");
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("^User.*Complete") })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("^Account.*Running") })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "run-live");

        await page.GotoAsync("/data-sources");
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("slow.*Setting up") })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "data-sources-live");
        // The run that is under way is shown instead of a second one.
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for slow" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync now" }).ClickAsync();
        await Browser.ArrivedAsync(page, "**/runs/1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop after this page" }).ClickAsync();
        await Assertions.Expect(page.Locator("#run")).ToHaveAttributeAsync("data-outcome", "Stopped");
        await Browser.CheckLooksAsync(page, "run-stopped");
    }
}
