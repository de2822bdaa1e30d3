using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;

namespace Orgtap.IntegrationTests.Web;

/// <summary>From the first link to a receipt, as people go; every page on the way is looked at in both themes and two widths.</summary>
public sealed class JourneyTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task A_first_administrator_connects_an_org_and_sees_the_receipt()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var site = new WebInstallation();
        await site.InitializeAsync();
        var page = await browser.OpenAsync(site.Address);
        var errors = new List<string>();
        page.Console += (_, message) => { if (message.Type == "error" && message.Location.StartsWith(site.Address.AbsoluteUri, StringComparison.Ordinal)) errors.Add(message.Text); };

        // The one-time link of the first start.
        var unclaimed = await site.Service<UserStore>().UnclaimedAdministratorAsync(cancellationToken);
        var secret = await site.Service<OneTimeLinks>().IssueAsync(unclaimed!, LinkPurpose.SetPassword, cancellationToken);
        await page.GotoAsync($"/link/{secret.Reveal()}");
        await Browser.CheckLooksAsync(page, "set-up");
        await page.GetByLabel("Your name").FillAsync("Marta Lindqvist");
        await page.GetByLabel("E-mail").FillAsync("marta@example.com");
        await page.GetByLabel("New password").FillAsync(WebInstallation.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and sign in" }).ClickAsync();
        await Browser.ArrivedAsync(page, "**/data-sources");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Connect your first Salesforce org" })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "data-sources-empty");

        // Connect: a wrong address first, then the way through Salesforce's own pages.
        await page.GetByRole(AriaRole.Link, new() { Name = "Connect an org" }).ClickAsync();
        await Browser.CheckLooksAsync(page, "connect", others: true);
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("acme");
        await page.GetByLabel("Address of the org").FillAsync("https://evil.example");
        await page.GetByLabel("Consumer key").FillAsync(site.Org.ClientId);
        await page.GetByLabel("Consumer secret").FillAsync(site.Org.ClientSecret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Go to Salesforce" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("evil.example is not a Salesforce address");
        await Assertions.Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("acme");
        await Browser.CheckLooksAsync(page, "connect-error");
        await page.GetByLabel("Address of the org").FillAsync(site.Org.Address.AbsoluteUri);
        await page.GetByLabel("Consumer secret").FillAsync(site.Org.ClientSecret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Go to Salesforce" }).ClickAsync();
        await page.Locator("#username").FillAsync(site.Org.User);
        await page.Locator("#password").FillAsync(site.Org.Password);
        await page.Locator("#Login").ClickAsync();
        await page.Locator("#oaapprove").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "acme works" })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "callback");

        // Choose, look at the cost, sync, watch.
        await page.GetByRole(AriaRole.Link, new() { Name = "Choose data" }).ClickAsync();
        await Browser.CheckLooksAsync(page, "edit-data-sync", others: true);
        await page.GetByText("Sales pipeline").ClickAsync();
        await Assertions.Expect(page.Locator("#picker-total")).ToContainTextAsync(new Regex("[89] tables"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Review fields" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Review fields" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("API calls a day later, syncing every hour")).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "review-fields");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Browser.ArrivedAsync(page, "**/connections/acme");
        await page.GetByRole(AriaRole.Link, new() { Name = "What the next sync costs" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("^Account") })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "plan", others: true);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync now" }).ClickAsync();
        await Browser.ArrivedAsync(page, "**/runs/1");
        // Without reloading: the server sends what changed.
        await Assertions.Expect(page.Locator("#run")).ToHaveAttributeAsync("data-outcome", "Completed", new() { Timeout = 60_000 });
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Stop after this page" })).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("^Account.*Complete.*4,000") })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "receipt", others: true);

        // What the calls were for, and that the forecast held.
        await page.GotoAsync("/connections/acme/calls");
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("^Sync.*(REST query|Bulk)") }).First).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "calls", pairwise: true);

        await page.GetByRole(AriaRole.Link, new() { Name = "Runs" }).ClickAsync();
        await Browser.CheckLooksAsync(page, "runs", others: true);
        await page.GotoAsync("/data-sources");
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { NameRegex = new Regex("acme.*Active") })).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "data-sources", others: true);
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for acme" }).ClickAsync();
        await Browser.CheckLooksAsync(page, "data-sources-menu");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Assertions.Expect(page.Locator(".page-head .state")).ToHaveTextAsync("Not syncing");
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Assertions.Expect(page.Locator(".page-head .state")).ToHaveTextAsync("Active");
        await Browser.CheckLooksAsync(page, "connection", others: true);
        await page.GotoAsync("/system");
        await Browser.CheckLooksAsync(page, "system", others: true);
        await EveryLinkLeadsSomewhereAsync(page, ["/data-sources", "/connections/new", "/connections/acme", "/connections/acme/data", "/connections/acme/data/review", "/connections/acme/plan", "/connections/acme/calls", "/connections/acme/remove", "/runs", "/runs/1", "/system"]);

        // Let go of it.
        await page.GotoAsync("/connections/acme/remove");
        await Browser.CheckLooksAsync(page, "remove", others: true);
        await page.GetByLabel("Delete them").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove acme" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Connect your first Salesforce org" })).ToBeVisibleAsync();
        // The one error is the form that was refused.
        Assert.All(errors, error => Assert.Contains("400", error, StringComparison.Ordinal));
    }

    private static async Task EveryLinkLeadsSomewhereAsync(IPage page, IEnumerable<string> paths)
    {
        var links = new HashSet<string>();
        foreach (var path in paths)
        {
            await page.GotoAsync(path);
            links.UnionWith(await page.EvaluateAsync<string[]>("[...document.querySelectorAll('a[href]')].map(a => a.href).filter(h => !h.includes('#'))"));
            var empty = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('a:not([href]), a[href=\"#\"], button:not([type=submit]):not([popovertarget]):not([data-copy])')].map(e => e.outerHTML)");
            Assert.Empty(empty);
        }
        foreach (var link in links)
        {
            var answer = await page.APIRequest.GetAsync(link);
            Assert.True(answer.Ok, $"{link} answers {answer.Status}.");
        }
    }
}
