using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Tests.Notifications;

namespace Orgtap.IntegrationTests.Web;

/// <summary>The page of notices, with a real mail server that is away and comes back.</summary>
[Collection(WebCollection.Name)]
public sealed class NoticesPageTests(Browser browser)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Something_breaks_is_shown_told_of_and_mended()
    {
        await using var site = new WebInstallation();
        await site.InitializeAsync();
        await site.UserAsync("marta@example.com", Role.Administrator);
        await using var server = new MailServer();
        await site.Service<MailSettingsStore>().SetAsync(new MailSettings("127.0.0.1", server.Port, MailSecurity.None, null, null, "orgtap@brightwell.example", "Brightwell Analytics"), Stop);
        var connection = await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest("acme", site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret),
            site.Org.User, new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", Stop);
        var page = await browser.OpenAsync(site.Address, script: false);
        await Browser.SignInAsync(page, "marta@example.com");
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = "Notices" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nothing was ever wrong" })).ToBeVisibleAsync();
        await page.GetByLabel("Webhook", new() { Exact = true }).FillAsync("http://example.com/in");
        await page.GetByLabel("E-mail addresses").FillAsync("ops@example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("everybody on the way could read");
        await Assertions.Expect(page.GetByLabel("E-mail addresses")).ToHaveValueAsync("ops@example.com");
        await page.GetByLabel("Webhook", new() { Exact = true }).FillAsync("");
        await page.GetByLabel("By webhook: A connection cannot").UncheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send test" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("on its way");

        await site.Service<ConnectionStore>().SetProblemAsync(connection.Id, new Problem(FailureKind.ReauthorizationRequired, Turn.Admin, "The refresh token was revoked.", "Ask an admin to authorize acme again.", site.Org.Clock.GetUtcNow(), null, null), Stop);
        await site.Service<Orgtap.Notifications.Notices>().LookAsync(Stop);
        await site.Service<MailDispatcher>().SendDueAsync(Stop);
        Assert.Equal(["A test notice", "acme has to be authorized again"], server.Messages.Select(mail => mail.Subject));
        Assert.Contains("The turn is the Salesforce admin’s: Ask an admin to authorize acme again.", server.Messages[1].TextBody, StringComparison.Ordinal);
        Assert.Contains($"{site.Address}connections/acme", server.Messages[1].TextBody, StringComparison.Ordinal);
        await page.GotoAsync("/notices");
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { Name = "acme" })).ToContainTextAsync("Open");
        var looks = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(looks, "marta@example.com");
        await looks.GotoAsync("/notices");
        await Browser.CheckLooksAsync(looks, "notices");

        await site.Service<ConnectionStore>().SetProblemAsync(connection.Id, null, Stop);
        await site.Service<Orgtap.Notifications.Notices>().LookAsync(Stop);
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { Name = "acme" })).ToContainTextAsync("Mended");
    }
}
