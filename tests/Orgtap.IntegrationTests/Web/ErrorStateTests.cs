using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Web;

/// <summary>What a person sees of a connection that cannot sync: the cause, whose turn it is, the next step.</summary>
public sealed class ErrorStateTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task A_used_up_quota_is_a_pause_that_mends_itself()
    {
        await using var site = await ConnectedAsync();
        site.Org.Usage.Background = site.Org.Usage.Limit * 9 / 10;

        var page = await SyncAsync(site);
        await Assertions.Expect(page.Locator("#run .incident")).ToContainTextAsync("API calls");
        await Assertions.Expect(page.Locator("#run .incident")).ToHaveAttributeAsync("data-tone", "wait");
        await Browser.CheckLooksAsync(page, "run-quota-stop");

        await page.GotoAsync("/data-sources");
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("acme.*Error") })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "data-sources-quota-stop");
    }

    [Fact]
    public async Task An_access_that_was_revoked_is_the_admins_turn()
    {
        await using var site = await ConnectedAsync();
        site.Org.Tokens.RevokeAll();
        site.Org.Users.Put(site.Org.Users.Find(site.Org.User)! with { Active = false });

        var page = await SyncAsync(site);
        await Assertions.Expect(page.Locator("#run .incident")).ToHaveAttributeAsync("data-tone", "bad");
        await Assertions.Expect(page.Locator("#run .incident [data-turn]")).ToHaveAttributeAsync("data-turn", "admin");
        await Browser.CheckLooksAsync(page, "run-revoked");

        await page.GotoAsync("/data-sources");
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("acme.*Error.*admin") })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "data-sources-revoked");
    }

    private static async Task<WebInstallation> ConnectedAsync()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var site = new WebInstallation { OrgOptions = new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 200 } } };
        await site.InitializeAsync();
        await site.UserAsync("marta@example.com", Role.Operator);
        var connection = await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest(
            "acme", site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret), site.Org.User,
            new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", cancellationToken);
        await site.Service<Selecting>().ApplyAsync(connection, [], [new SelectedObject("Account")], cancellationToken);
        return site;
    }

    private async Task<IPage> SyncAsync(WebInstallation site)
    {
        var page = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(page, "marta@example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for acme" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync now" }).ClickAsync();
        await Browser.ArrivedAsync(page, "**/runs/1");
        return page;
    }
}
