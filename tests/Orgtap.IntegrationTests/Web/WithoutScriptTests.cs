using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Web;

/// <summary>HTML first: everything works with the script switched off, only not live.</summary>
[Collection(WebCollection.Name)]
public sealed class WithoutScriptTests(Browser browser, WebInstallation site)
{
    [Fact]
    public async Task A_sync_can_be_chosen_started_and_read_without_the_script()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await site.UserAsync("plain@example.com", Role.Operator);
        await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest(
            "plain", site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret), site.Org.User,
            new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", cancellationToken);
        var page = await browser.OpenAsync(site.Address, script: false, width: 390);
        await Browser.SignInAsync(page, "plain@example.com");
        await page.GotoAsync("/connections/plain/data");
        await page.Locator("input[value='table:Invoice__c']").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Review fields" }).ClickAsync();
        await Assertions.Expect(page.GetByText("New table")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sync now" }).ClickAsync();
        await Browser.ArrivedAsync(page, "**/runs/*");
        // By hand, as the page offers it.
        await Assertions.Expect(page.Locator("#run")).ToBeVisibleAsync();
        for (var look = 0; look < 200 && await page.Locator("#run[data-outcome=Running]").CountAsync() > 0; look++) await page.ReloadAsync();
        await Assertions.Expect(page.Locator("#run")).ToContainTextAsync(new Regex("Invoice__c.*Complete", RegexOptions.Singleline));
        Assert.Equal("Invoice__c", (await site.Service<SelectionStore>().GetAsync((await site.Service<ConnectionStore>().GetAsync("plain", cancellationToken)).Id, cancellationToken)).Single().SObject);
    }

    [Fact]
    public async Task From_the_first_administrator_to_the_removed_connection_every_form_works_without_the_script()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        // Salesforce prepares the Bulk job for longer than this test lasts: there is a run to stop.
        await using var own = new WebInstallation { OrgOptions = new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 15_000, ["User"] = 5 }, BulkDelay = TimeSpan.FromHours(1) } };
        await own.InitializeAsync();
        var page = await browser.OpenAsync(own.Address, script: false, width: 390);
        var first = await own.Service<OneTimeLinks>().IssueAsync((await own.Service<UserStore>().UnclaimedAdministratorAsync(cancellationToken))!, LinkPurpose.SetPassword, cancellationToken);
        await page.GotoAsync($"/link/{first.Reveal()}");
        await page.GetByLabel("Your name").FillAsync("Marta Lindqvist");
        await page.GetByLabel("E-mail").FillAsync("marta@example.com");
        await page.GetByLabel("New password").FillAsync(WebInstallation.Password);
        await PressAsync("Save and sign in");

        // Connected through Salesforce's own pages.
        await page.GetByRole(AriaRole.Link, new() { Name = "Connect an org" }).First.ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("acme");
        await page.GetByLabel("Address of the org").FillAsync(own.Org.Address.AbsoluteUri);
        await page.GetByLabel("Consumer key").FillAsync(own.Org.ClientId);
        await page.GetByLabel("Consumer secret").FillAsync(own.Org.ClientSecret);
        await PressAsync("Go to Salesforce");
        await page.Locator("#username").FillAsync(own.Org.User);
        await page.Locator("#password").FillAsync(own.Org.Password);
        await page.Locator("#Login").ClickAsync();
        await page.Locator("#oaapprove").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "acme works" })).ToBeVisibleAsync();

        // A run is started, looked at and stopped.
        await page.GetByRole(AriaRole.Link, new() { Name = "Choose data" }).ClickAsync();
        await page.Locator("input[value='table:Account']").CheckAsync();
        await PressAsync("Review fields");
        await PressAsync("Sync now");
        await Browser.ArrivedAsync(page, "**/runs/*");
        await PressAsync("Stop after this page");
        for (var look = 0; look < 200 && await page.Locator("#run[data-outcome=Running]").CountAsync() > 0; look++) await page.ReloadAsync();
        await Assertions.Expect(page.Locator("#run")).ToHaveAttributeAsync("data-outcome", "Stopped");

        // The connection's own forms.
        await page.GotoAsync("/connections/acme");
        await PressAsync("Pause");
        await Assertions.Expect(page.Locator(".page-head .state")).ToHaveTextAsync("Not syncing");
        await PressAsync("Resume");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pause" })).ToBeVisibleAsync();
        await page.GetByLabel("Update frequency").SelectOptionAsync("Every 12 hours");
        await page.Locator("form[action$='/schedule'] button").ClickAsync();
        await page.GetByLabel("Orgtap stops at, percent").FillAsync("55");
        await page.Locator("form[action$='/threshold'] button").ClickAsync();
        var acme = await own.Service<ConnectionStore>().GetAsync("acme", cancellationToken);
        Assert.Equal(("12h", 55), (acme.Frequency.Text, acme.QuotaThresholdPercent));
        await page.GotoAsync("/connections/acme/masking");
        await page.GetByLabel("E-mail addresses become").CheckAsync();
        await page.GetByLabel("A text").FillAsync("Write to ann@acme.example.");
        await PressAsync("Try it");
        await Assertions.Expect(page.GetByText("Write to [e-mail].")).ToBeVisibleAsync();
        await page.GetByLabel("E-mail addresses become").CheckAsync();
        await PressAsync("Save changes");
        Assert.Single((await own.Service<ConnectionStore>().GetAsync("acme", cancellationToken)).Masking.Rules);

        // An admin is asked, and the question is taken back.
        await page.GotoAsync("/requests/new?connection=acme");
        await page.GetByLabel("The admin’s name").FillAsync("Dana Wood");
        await page.GetByLabel("The admin’s e-mail address").FillAsync("dana@acme.example");
        await PressAsync("Make the link");
        await Assertions.Expect(page.Locator("code").Filter(new() { HasText = "/a/" }).First).ToBeVisibleAsync();
        await page.GotoAsync("/requests");
        await page.GetByRole(AriaRole.Link, new() { Name = "Dana Wood" }).ClickAsync();
        await PressAsync("Withdraw");
        await Assertions.Expect(page.GetByText("Withdrawn").First).ToBeVisibleAsync();

        // What belongs to the installation.
        await page.GotoAsync("/system/support");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("The data team");
        await page.GetByLabel("E-mail address").FillAsync("data@example.com");
        await PressAsync("Save changes");
        await PressAsync("Name nobody any more");
        await Assertions.Expect(page.GetByLabel("E-mail address")).ToHaveValueAsync("");
        await page.GotoAsync("/system/apps");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("shared");
        await page.GetByLabel("Consumer key").FillAsync("3MVG9.key");
        await PressAsync("Save changes");
        await PressAsync("Forget shared");
        await page.GotoAsync("/system");
        await PressAsync("Encrypt stored secrets with a new key");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToBeVisibleAsync();
        await page.GotoAsync("/account");
        await page.GetByLabel("What will use it").FillAsync("nightly export");
        await PressAsync("Make a token");
        await Assertions.Expect(page.GetByText(new Regex("^orgtap_"))).ToBeVisibleAsync();

        await page.GotoAsync("/connections/acme/remove");
        await page.GetByLabel("Delete them").CheckAsync();
        await PressAsync("Remove acme");
        await Browser.ArrivedAsync(page, "**/data-sources");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Connect your first Salesforce org" })).ToBeVisibleAsync();
        await PressAsync("Menu");
        await PressAsync("Sign out");
        await Browser.ArrivedAsync(page, "**/sign-in**");

        Task PressAsync(string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).First.ClickAsync();
    }

    [Fact]
    public async Task The_sign_in_page_looks_right_before_and_after_a_wrong_password()
    {
        var page = await browser.OpenAsync(site.Address);
        await page.GotoAsync("/runs");
        await Browser.ArrivedAsync(page, "**/sign-in?next=%2Fruns");
        await Browser.CheckLooksAsync(page, "sign-in");
        await page.GetByLabel("E-mail").FillAsync("somebody@example.com");
        await page.GetByLabel("Password").FillAsync("not it");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("4 tries left");
        await Assertions.Expect(page.GetByLabel("E-mail")).ToHaveValueAsync("somebody@example.com");
        await Browser.CheckLooksAsync(page, "sign-in-wrong");
        await page.GotoAsync("/link/nothing");
        await Browser.CheckLooksAsync(page, "dead-link");
    }
}
