using System.Text.RegularExpressions;
using Dapper;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Storage;

namespace Orgtap.IntegrationTests.Web;

/// <summary>Client credentials, device code and the rest in the browser; Test connection; the setup guide. Without script, but for the looks.</summary>
public sealed class WaysToAuthorizeTests(Browser browser) : IClassFixture<Browser>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_app_signs_in_by_itself_a_code_is_typed_and_every_check_is_shown()
    {
        await using var site = new WebInstallation();
        await site.InitializeAsync();
        await site.UserAsync("marta@example.com", Role.Operator);
        var page = await browser.OpenAsync(site.Address, script: false);
        await Browser.SignInAsync(page, "marta@example.com");
        var looks = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(looks, "marta@example.com");
        foreach (var way in (string[])["client-credentials", "jwt", "device", "password"])
        {
            await looks.GotoAsync($"/connections/new?flow={way}");
            await Browser.CheckLooksAsync(looks, $"connect-{way}");
        }

        // A device code: this page goes on by itself.
        await looks.GotoAsync("/connections/new?flow=device");
        await looks.GetByLabel("Name", new() { Exact = true }).FillAsync("by-code");
        await looks.GetByLabel("Address of the org").FillAsync(site.Org.Address.AbsoluteUri);
        await looks.GetByLabel("Consumer key").FillAsync(site.Org.ClientId);
        await looks.GetByLabel("Consumer secret").FillAsync(site.Org.ClientSecret);
        await looks.GetByRole(AriaRole.Button, new() { Name = "Get a code" }).ClickAsync();
        await Assertions.Expect(looks.GetByRole(AriaRole.Heading, new() { Name = "Enter this code in Salesforce" })).ToBeVisibleAsync();
        var code = await looks.Locator("code.code").InnerTextAsync();
        await Browser.CheckLooksAsync(looks, "device-code");
        using (var admin = new SimulatedAdmin(site.Org.User, site.Org.Password))
            await admin.AllowDeviceAsync(new Uri(await looks.Locator(".sheet a").First.InnerTextAsync()), code, Stop);
        await looks.GetByRole(AriaRole.Link, new() { Name = "Choose data" }).ClickAsync(new() { Timeout = 60_000 });
        await Browser.ArrivedAsync(looks, "**/connections/by-code/data");
        Assert.Equal(AuthorizationFlow.Device, (await site.Service<ConnectionStore>().GetAsync("by-code", Stop)).Flow);

        // Client credentials.
        await page.GotoAsync("/connections/new?flow=client-credentials");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("acme");
        await page.GetByLabel("Address of the org").FillAsync(site.Org.Address.AbsoluteUri);
        await page.GetByLabel("Consumer key").FillAsync(site.Org.ClientId);
        await page.GetByLabel("Consumer secret").FillAsync("wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("did not accept the consumer secret");
        await page.GetByLabel("Consumer secret").FillAsync(site.Org.ClientSecret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true }).ClickAsync();
        await Browser.ArrivedAsync(page, "**/connections/acme/data");
        await site.Service<Selecting>().ApplyAsync(await site.Service<ConnectionStore>().GetAsync("acme", Stop), [], [new SelectedObject("Account"), new SelectedObject("Contact")], Stop);

        // Test connection: all well, then several things wrong at once, all of them reported.
        await page.GotoAsync("/connections/acme/test");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test now" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "It works" })).ToBeVisibleAsync();
        site.Org.Store.Schema.HideObject("Contact", true);
        await looks.GotoAsync("/connections/acme/test");
        await looks.GetByRole(AriaRole.Button, new() { Name = "Test now" }).ClickAsync();
        await Assertions.Expect(looks.GetByRole(AriaRole.Heading, new() { NameRegex = new Regex("to be mended") })).ToBeVisibleAsync();
        await Assertions.Expect(looks.GetByText("Contact: the whole table")).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(looks, "test-connection");

        await looks.GotoAsync("/connections/acme/authorization?flow=password");
        await Browser.CheckLooksAsync(looks, "authorization-ways");

        // Authorized again by a code, without script: the page is looked at by hand.
        await page.GotoAsync("/connections/acme/authorization?flow=device");
        await page.GetByRole(AriaRole.Checkbox).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Get a code" }).ClickAsync();
        using (var admin = new SimulatedAdmin(site.Org.User, site.Org.Password))
            await admin.AllowDeviceAsync(new Uri(await page.Locator(".sheet a").First.InnerTextAsync()), await page.Locator("code.code").InnerTextAsync(), Stop);
        await using (var db = await site.Service<ControlStore>().ConnectAsync(Stop)) await db.ExecuteAsync("UPDATE device_sign_ins SET next_poll_at = 0");
        await page.GetByRole(AriaRole.Link, new() { Name = "I have allowed it" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Authorized again, as")).ToBeVisibleAsync();
        Assert.Equal(AuthorizationFlow.Device, (await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Flow);

        // The guide: a step is checked beside its text, without script and without anything being stored.
        await page.GotoAsync("/setup-guide");
        await page.GetByLabel("Check with").SelectOptionAsync("acme");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check it: Network" }).ClickAsync();
        await Assertions.Expect(page.Locator("section[aria-labelledby=network] [role=status]")).ToContainTextAsync("lets this machine’s address in");
        await Assertions.Expect(page.Locator("[role=status]")).ToHaveCountAsync(1);
        await looks.GotoAsync("/setup-guide");
        await looks.GetByLabel("Address of the org").FillAsync(site.Org.Address.AbsoluteUri);
        await looks.GetByLabel("Consumer key").FillAsync("3MVG9.nobody");
        await looks.GetByRole(AriaRole.Button, new() { Name = "Check every step" }).ClickAsync();
        await Assertions.Expect(looks.Locator("section[aria-labelledby=app] [role=status]")).ToContainTextAsync("does not know the consumer key");
        await Browser.CheckLooksAsync(looks, "setup-guide-checked");
        await looks.GotoAsync("/setup-guide");
        await Assertions.Expect(looks.GetByText($"{site.Address}oauth/callback").First).ToBeVisibleAsync();
        await looks.GotoAsync("/setup-guide?app=connected");
        await Assertions.Expect(looks.GetByText("one that exists goes on working")).ToBeVisibleAsync();
    }
}
