using System.Text.RegularExpressions;
using Dapper;
using Microsoft.Playwright;
using MimeKit;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Storage;
using Orgtap.Tests.Notifications;

namespace Orgtap.IntegrationTests.Web;

/// <summary>An operator asks, a real mail server delivers, and a Salesforce admin who has never heard of Orgtap authorizes on a phone, without script.</summary>
public sealed partial class AdminJourneyTests(Browser browser) : IClassFixture<Browser>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stranger_authorizes_again_from_the_email_and_syncing_goes_on()
    {
        await using var site = new WebInstallation();
        await using var server = new MailServer();
        var desk = await PrepareAsync(site, server);
        site.Org.Tokens.RevokeAll();
        await site.Service<ConnectionStore>().SetProblemAsync((await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Id, new Problem(FailureKind.ReauthorizationRequired, Turn.Admin,
            "The user or the org was deactivated.", "Authorize again with another user.", TimeProvider.System.GetUtcNow(), null, null), Stop);

        // The operator asks, from the error card.
        await desk.GotoAsync("/connections/acme");
        await desk.GetByRole(AriaRole.Link, new() { Name = "Ask an admin to authorize again" }).ClickAsync();
        await Browser.CheckLooksAsync(desk, "ask-admin");
        await desk.GetByLabel("The admin’s name").FillAsync("Dana Wood");
        await desk.GetByLabel("The admin’s e-mail address").FillAsync("dana@acme.example");
        await desk.GetByLabel("A sentence of yours").FillAsync("Ruth, who set this up, has left. Could you authorize it with the integration user?");
        await desk.GetByRole(AriaRole.Button, new() { Name = "Send the request" }).ClickAsync();
        await Assertions.Expect(desk.GetByRole(AriaRole.Heading, new() { Name = "Request to Dana Wood" })).ToBeVisibleAsync();
        await Assertions.Expect(desk.GetByText("spam and junk folders").First).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(desk, "request-made");
        await site.Service<MailDispatcher>().SendDueAsync(Stop);

        // The e-mail: both forms hold the same address, the plain one at the bottom.
        var mail = Assert.Single(server.Messages);
        Assert.Equal(("dana@acme.example", "marta@example.com"), (mail.To.Mailboxes.Single().Address, mail.ReplyTo.Mailboxes.Single().Address));
        var link = Address().Match(mail.TextBody!).Value;
        Assert.EndsWith(link, mail.TextBody![..(mail.TextBody!.IndexOf("\n-- ", StringComparison.Ordinal))].Trim(), StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(mail.HtmlBody!, "href=\"" + Regex.Escape(link) + "\""));
        foreach (var part in (string[])["Marta Lindqvist of Brightwell Analytics", "Ruth, who set this up, has left", "The user or the org was deactivated", "Account", "changes nothing", "works once, until"])
            Assert.All((string[])[mail.TextBody!, System.Net.WebUtility.HtmlDecode(mail.HtmlBody!)], body => Assert.Contains(part, body, StringComparison.Ordinal));
        await LookAtMailAsync(mail);

        // A scanner opens it; nothing is used up.
        using (var scanner = site.Client())
        {
            for (var i = 0; i < 3; i++) Assert.Equal(System.Net.HttpStatusCode.OK, (await scanner.GetAsync(link, Stop)).StatusCode);
            await scanner.SendAsync(new HttpRequestMessage(HttpMethod.Head, link), Stop);
        }

        // Dana, on a phone without script. First a slip: Deny.
        var dana = await browser.OpenAsync(site.Address, script: false, width: 390);
        await dana.GotoAsync(link);
        await Assertions.Expect(dana.GetByText("Ruth, who set this up, has left")).ToBeVisibleAsync();
        await Assertions.Expect(dana.GetByRole(AriaRole.Button, new() { Name = "Authorize", Exact = true })).ToBeVisibleAsync();
        await dana.GetByRole(AriaRole.Button, new() { Name = "Authorize", Exact = true }).ClickAsync();
        await SignInAsync(dana, site.Org, "#oadeny");
        await Assertions.Expect(dana.GetByRole(AriaRole.Heading, new() { Name = "You chose Deny" })).ToBeVisibleAsync();
        await LookAsync(site, link, "admin-denied");
        await dana.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await SignInAsync(dana, site.Org, "#oaapprove");
        await Assertions.Expect(dana.GetByRole(AriaRole.Heading, new() { Name = "Thank you, Dana Wood. It works." })).ToBeVisibleAsync();
        await Assertions.Expect(dana.GetByText(site.Org.User)).ToBeVisibleAsync();
        await LookAsync(site, link, "admin-done");

        // The operator: an e-mail, the page, and the sync that the dead grant had stopped.
        await site.Service<MailDispatcher>().SendDueAsync(Stop);
        Assert.Equal(("acme is authorized", "marta@example.com"), (server.Messages[^1].Subject, server.Messages[^1].To.Mailboxes.Single().Address));
        await desk.GotoAsync("/requests");
        await Assertions.Expect(desk.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("Dana Wood.*Completed") })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(desk, "requests");
        await desk.GetByRole(AriaRole.Link, new() { Name = "Dana Wood" }).ClickAsync();
        await Browser.CheckLooksAsync(desk, "request-completed");
        await desk.GotoAsync("/connections/acme/authorization");
        await Assertions.Expect(desk.GetByText("by dana@acme.example")).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(desk, "authorization");
        await desk.GotoAsync("/runs");
        await Assertions.Expect(desk.GetByText("reauthorization").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Every_state_of_a_link_has_a_page_that_says_what_to_do_next()
    {
        await using var site = new WebInstallation();
        await using var server = new MailServer();
        await PrepareAsync(site, server);
        var desk = site.Service<App.Overviews.RequestDesk>();
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);

        var link = await AskAsync("valid@acme.example");
        await LookAsync(site, link, "admin-ask");
        await Expect(link, "Let Brightwell Analytics read your Salesforce data again");

        // Another org: the connection is for one that this user is not of.
        await ExecuteAsync("UPDATE connections SET org_id = '00D000000000009EAA', org_name = 'Kestrel Energy'");
        await AuthorizeAsync(link, "#oaapprove");
        await Expect(link, "You signed in to a different org");
        await LookAsync(site, link, "admin-wrong-org");
        await ExecuteAsync($"UPDATE connections SET org_id = '{connection.OrgId!.Value.Value}', org_name = '{connection.OrgName}'");

        // A user who sees less.
        site.Org.Store.Schema.HideObject("Contact", true);
        await AuthorizeAsync(link, "#oaapprove");
        await Expect(link, "This user cannot see all that is copied");
        await LookAsync(site, link, "admin-missing");
        site.Org.Store.Schema.HideObject("Contact", false);

        // Salesforce never calls back: an app that is not installed, and that nobody approved before.
        site.Org.Tokens.RevokeAll();
        site.Org.Apps.Put(site.Org.Apps.Find(site.Org.ClientId)! with { Uninstalled = true });
        var page = await browser.OpenAsync(site.Address, script: false);
        await page.GotoAsync(link);
        await page.GetByRole(AriaRole.Button, new() { Name = "Check again" }).ClickAsync();
        await Assertions.Expect(page.GetByText("must be installed")).ToBeVisibleAsync();
        await ExecuteAsync("UPDATE authorization_requests SET started_at = started_at - 660000");
        await Expect(link, "Salesforce has not sent you back yet");
        await LookAsync(site, link, "admin-never-came-back");
        var marta = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(marta, "marta@example.com");
        await marta.GotoAsync("/requests");
        await marta.GetByRole(AriaRole.Link, new() { Name = "Dana" }).ClickAsync();
        await Assertions.Expect(marta.GetByRole(AriaRole.Heading, new() { Name = "Salesforce has not sent Dana back" })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(marta, "request-never-came-back");
        site.Org.Apps.Put(site.Org.Apps.Find(site.Org.ClientId)! with { Uninstalled = false });

        // Declined, withdrawn, expired, unknown.
        var declined = await AskAsync("declines@acme.example");
        await page.GotoAsync(declined);
        await page.GetByText("I am not the right person, or decline").ClickAsync();
        await page.GetByLabel("Say why").FillAsync("Ask our head of IT.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Decline" }).ClickAsync();
        await Expect(declined, "You declined");
        await LookAsync(site, declined, "admin-declined");
        var withdrawn = await desk.AskAsync(new App.Overviews.AskDocument("acme", "Dana", "withdrawn@acme.example"), "marta@example.com", site.Address, Stop);
        await desk.WithdrawAsync(withdrawn.Id, "marta@example.com", Stop);
        await Expect(withdrawn.Link!.AbsoluteUri, "This link was withdrawn");
        await LookAsync(site, withdrawn.Link.AbsoluteUri, "admin-withdrawn");
        var expired = await AskAsync("expired@acme.example");
        await ExecuteAsync("UPDATE authorization_requests SET expires_at = created_at + 1 WHERE admin_email = 'expired@acme.example'");
        await Expect(expired, "This link is too old");
        await LookAsync(site, expired, "admin-expired");
        await Expect(new Uri(site.Address, "/a/nobody.knows").AbsoluteUri, "This link is not known");

        // First authorization: the admin makes the app and gives its key, here a wrong one first.
        var first = await AskAsync("erik@newco.example", "newco");
        await LookAsync(site, first, "admin-first");
        await page.GotoAsync(first);
        await page.GetByLabel("Address of your org").FillAsync(site.Org.Address.AbsoluteUri);
        await page.GetByLabel("Consumer key").FillAsync(site.Org.ClientId);
        await page.GetByLabel("Consumer secret").FillAsync("wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Authorize", Exact = true }).ClickAsync();
        // Known before anybody is sent to Salesforce.
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { NameRegex = new Regex("did not accept the consumer secret") })).ToBeVisibleAsync();
        await page.GetByLabel("Consumer secret").FillAsync(site.Org.ClientSecret);
        var fault = site.Org.Faults.Add(new FaultRule("POST /services/oauth2/token*", new FaultEffect.OAuthError("invalid_grant", "ip restricted")) { Grant = "authorization_code" });
        await page.GetByRole(AriaRole.Button, new() { Name = "Authorize", Exact = true }).ClickAsync();
        await SignInAsync(page, site.Org, "#oaapprove");
        site.Org.Faults.Remove(fault);
        await Expect(first, "from the network address");
        await LookAsync(site, first, "admin-refused");
        await page.GotoAsync(first);
        // Nothing has to be typed again; the secret is kept and not shown.
        await Assertions.Expect(page.GetByLabel("Address of your org")).ToHaveValueAsync(site.Org.Address.AbsoluteUri);
        await Assertions.Expect(page.GetByLabel("Consumer key")).ToHaveValueAsync(site.Org.ClientId);
        await Assertions.Expect(page.GetByLabel("Consumer secret")).ToHaveValueAsync("");
        await Assertions.Expect(page.GetByText("Kept from before")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await SignInAsync(page, site.Org, "#oaapprove");
        await Expect(first, "It works");
        Assert.Equal(site.Org.User, (await site.Service<ConnectionStore>().GetAsync("newco", Stop)).Username);
        return;

        async Task<string> AskAsync(string email, string name = "acme") =>
            (await desk.AskAsync(new App.Overviews.AskDocument(name, "Dana", email, "Could you?"), "marta@example.com", site.Address, Stop)).Link!.AbsoluteUri;

        async Task Expect(string address, string heading)
        {
            var visitor = await browser.OpenAsync(site.Address, script: false, width: 390);
            await visitor.GotoAsync(address);
            await Assertions.Expect(visitor.GetByText(heading).First).ToBeVisibleAsync();
            await visitor.Context.CloseAsync();
        }

        async Task AuthorizeAsync(string address, string answer)
        {
            var visitor = await browser.OpenAsync(site.Address, script: false, width: 390);
            await visitor.GotoAsync(address);
            await visitor.Locator("form:has(button[value=authorize])").First.Locator("button[value=authorize]").ClickAsync();
            await SignInAsync(visitor, site.Org, answer);
            await Browser.ArrivedAsync(visitor, "**/a/**");
            await visitor.Context.CloseAsync();
        }

        async Task ExecuteAsync(string sql)
        {
            await using var db = await site.Service<ControlStore>().ConnectAsync(Stop);
            await db.ExecuteAsync(sql);
        }
    }

    private async Task<IPage> PrepareAsync(WebInstallation site, MailServer server)
    {
        await site.InitializeAsync();
        await site.UserAsync("marta@example.com", Role.Operator);
        await site.Service<MailSettingsStore>().SetAsync(new MailSettings("127.0.0.1", server.Port, MailSecurity.None, null, null, "orgtap@brightwell.example", "Brightwell Analytics"), Stop);
        using (var admin = new SimulatedAdmin(site.Org.User, site.Org.Password))
        {
            var start = await site.Service<OrgConnector>().StartAsync(new ConnectRequest("acme", site.Org.Address.AbsoluteUri, AuthorizationFlow.WebServer, site.Org.ClientId, new SecretText(site.Org.ClientSecret),
                null, null, null, new Uri(site.Address, "/oauth/callback").AbsoluteUri), "marta@example.com", Stop);
            var query = System.Web.HttpUtility.ParseQueryString((await admin.AllowAsync(start.AuthorizeAddress, Stop)).Query);
            await site.Service<OrgConnector>().CompleteAsync(query["state"]!, query["code"], null, null, start.BrowserSecret, Stop);
        }
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);
        await site.Service<Selecting>().ApplyAsync(connection, [], [new SelectedObject("Account"), new SelectedObject("Contact"), new SelectedObject("Opportunity"), new SelectedObject("Lead"), new SelectedObject("User")], Stop);
        await site.App.Services.KeepScheduleAsync(Stop);
        var page = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(page, "marta@example.com");
        return page;
    }

    private static async Task SignInAsync(IPage page, SimulatedOrgHost org, string answer)
    {
        await page.Locator("#username").FillAsync(org.User);
        await page.Locator("#password").FillAsync(org.Password);
        await page.Locator("#Login").ClickAsync();
        await page.Locator(answer).ClickAsync();
    }

    private async Task LookAsync(WebInstallation site, string link, string name)
    {
        var page = await browser.OpenAsync(site.Address);
        await page.GotoAsync(link);
        await Browser.CheckLooksAsync(page, name);
        await page.Context.CloseAsync();
    }

    private async Task LookAtMailAsync(MimeMessage mail)
    {
        var page = await browser.OpenAsync(new Uri("http://localhost/"));
        await page.SetContentAsync(mail.HtmlBody!);
        await Browser.CheckLooksAsync(page, "email");
        await page.Context.CloseAsync();
    }

    [GeneratedRegex(@"http://\S+/a/\S+")]
    private static partial Regex Address();
}
