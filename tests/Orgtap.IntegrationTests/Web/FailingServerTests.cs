using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.IntegrationTests.Web;

/// <summary>Journeys over a web server that is slow, or goes away and comes back.</summary>
public sealed class FailingServerTests(Browser browser) : IClassFixture<Browser>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_ticked_while_the_server_is_away_is_kept_when_it_is_back()
    {
        await using var site = new WebInstallation();
        await site.InitializeAsync();
        var page = await SetUpAsync(site);
        await page.GotoAsync("/connections/acme/data?open=Account");
        await page.Locator("#pick-Account").GetByLabel("Industry Industry", new() { Exact = true }).CheckAsync();
        await Assertions.Expect(page.Locator("#picker-total")).ToContainTextAsync("1 table");

        await site.StopAppAsync();
        await page.Locator("#pick-Account").GetByLabel("Fax Fax", new() { Exact = true }).CheckAsync();
        await Assertions.Expect(page.Locator("#away")).ToContainTextAsync("cannot be reached");
        await Browser.CheckLooksAsync(page, "server-away");
        await site.StartAppAsync();

        await Assertions.Expect(page.Locator("#away")).ToHaveCountAsync(0);
        // In another tab, from the start: it is the server that knows.
        var second = await page.Context.NewPageAsync();
        await second.GotoAsync("/connections/acme/data?open=Account");
        await Assertions.Expect(second.Locator("#pick-Account").GetByLabel("Industry Industry", new() { Exact = true })).ToBeCheckedAsync();
        await Assertions.Expect(second.Locator("#pick-Account").GetByLabel("Fax Fax", new() { Exact = true })).ToBeCheckedAsync();
        await second.GetByRole(AriaRole.Button, new() { Name = "Review fields" }).ClickAsync();
        await second.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Browser.ArrivedAsync(second, "**/connections/acme");
        Assert.Contains("Fax", Assert.Single(await site.Service<SelectionStore>().GetAsync((await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Id, Stop)).Fields!);
    }

    [Fact]
    public async Task A_live_page_says_that_it_is_not_live_and_goes_on_by_itself()
    {
        await using var site = new WebInstallation();
        await site.InitializeAsync();
        var page = await SetUpAsync(site);
        await page.GotoAsync("/data-sources");
        await site.StopAppAsync();
        await Assertions.Expect(page.Locator("#away")).ToBeVisibleAsync();
        await site.StartAppAsync();
        await Assertions.Expect(page.Locator("#away")).ToHaveCountAsync(0);
        await site.Service<ConnectionStore>().SetSyncEnabledAsync((await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Id, false, Stop);
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { Name = "acme" })).ToContainTextAsync("Not syncing");
    }

    [Fact]
    public async Task On_a_slow_server_a_button_shows_that_it_works_and_is_pressed_once()
    {
        await using var site = new WebInstallation();
        await site.InitializeAsync();
        var page = await SetUpAsync(site);
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);
        await site.Service<SelectionStore>().SetAsync(connection.Id, [new SelectedObject("Account", ["Name"])], Stop);
        var (held, posts) = (new TaskCompletionSource(), 0);
        await page.RouteAsync("**/*", async route =>
        {
            if (route.Request.Method == "POST")
            {
                posts++;
                await held.Task;
            }
            await route.ContinueAsync();
        });
        await page.GotoAsync("/connections/acme");
        var button = page.Locator(".page-head").GetByRole(AriaRole.Button, new() { Name = "Sync now" });
        // Two presses in a row; Playwright's own click would wait for the answer that does not come yet.
        Assert.Equal("true", await button.EvaluateAsync<string>("button => { button.click(); button.click(); return button.getAttribute('aria-busy'); }"));
        held.SetResult();
        await Browser.ArrivedAsync(page, "**/runs/1");
        await Assertions.Expect(page.Locator("#run")).ToHaveAttributeAsync("data-outcome", "Completed");
        Assert.Equal(1, posts);
        Assert.Single(await site.Service<RunStore>().ListAsync(null, 10, Stop));
    }

    private async Task<IPage> SetUpAsync(WebInstallation site)
    {
        await site.UserAsync("marta@example.com", Role.Administrator);
        await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest(
            "acme", site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret), site.Org.User,
            new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", Stop);
        var page = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(page, "marta@example.com");
        return page;
    }
}
