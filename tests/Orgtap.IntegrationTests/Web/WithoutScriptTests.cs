using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;

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
        await page.WaitForURLAsync("**/runs/*");
        // By hand, as the page offers it.
        await Assertions.Expect(page.Locator("#run")).ToBeVisibleAsync();
        for (var look = 0; look < 200 && await page.Locator("#run[data-outcome=Running]").CountAsync() > 0; look++) await page.ReloadAsync();
        await Assertions.Expect(page.Locator("#run")).ToContainTextAsync(new Regex("Invoice__c.*Complete", RegexOptions.Singleline));
        Assert.Equal("Invoice__c", (await site.Service<SelectionStore>().GetAsync((await site.Service<ConnectionStore>().GetAsync("plain", cancellationToken)).Id, cancellationToken)).Single().SObject);
    }

    [Fact]
    public async Task The_sign_in_page_looks_right_before_and_after_a_wrong_password()
    {
        var page = await browser.OpenAsync(site.Address);
        await page.GotoAsync("/runs");
        await page.WaitForURLAsync("**/sign-in?next=%2Fruns");
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
