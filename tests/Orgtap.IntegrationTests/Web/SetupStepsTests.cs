using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;

namespace Orgtap.IntegrationTests.Web;

/// <summary>A new connection is set up in steps that can be left and gone on with, by somebody else too; with the script and without it.</summary>
[Collection(WebCollection.Name)]
public sealed class SetupStepsTests(Browser browser, WebInstallation site)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Setting_up_is_left_in_the_middle_and_gone_on_with_by_another_operator(bool script)
    {
        var name = $"steps-{script}".ToLowerInvariant();
        await site.UserAsync($"{name}@example.com", Role.Operator);
        await site.UserAsync("second@example.com", Role.Operator);
        await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest(
            name, site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret), site.Org.User,
            new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", Stop);
        var page = await browser.OpenAsync(site.Address, script);
        await Browser.SignInAsync(page, $"{name}@example.com");
        await page.GotoAsync($"/connections/{name}");
        if (script) await Browser.CheckLooksAsync(page, "setup-begin");
        await page.GetByRole(AriaRole.Link, new() { Name = "Choose data" }).ClickAsync();
        await page.Locator("input[value='table:Invoice__c']").CheckAsync();
        if (!script) await page.GetByRole(AriaRole.Button, new() { Name = "Search", Exact = true }).ClickAsync();
        // What was ticked is kept. A page that is closed on its way to the next one may never answer.
        await Assertions.Expect(page.Locator("#picker-discard button")).ToBeVisibleAsync();
        await page.CloseAsync();

        var second = await browser.OpenAsync(site.Address, script);
        await Browser.SignInAsync(second, "second@example.com");
        await second.GotoAsync($"/connections/{name}");
        await Assertions.Expect(second.GetByText($"{name}@example.com chose 1 table")).ToBeVisibleAsync();
        if (script) await Browser.CheckLooksAsync(second, "setup-draft");
        await second.GetByRole(AriaRole.Link, new() { Name = "Review fields" }).ClickAsync();
        await second.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
        await Browser.ArrivedAsync(second, $"**/connections/{name}");
        await second.GetByRole(AriaRole.Button, new() { Name = "Start the first sync" }).ClickAsync();
        await Browser.ArrivedAsync(second, "**/runs/*");
        for (var look = 0; look < 200 && await second.Locator("#run[data-outcome=Running]").CountAsync() > 0; look++) await second.ReloadAsync();
        await Assertions.Expect(second.Locator("#run")).ToHaveAttributeAsync("data-outcome", "Completed");
        await second.GotoAsync($"/connections/{name}");
        await Assertions.Expect(second.GetByRole(AriaRole.Heading, new() { NameRegex = new System.Text.RegularExpressions.Regex("^Setting up") })).ToHaveCountAsync(0);
        Assert.NotNull((await site.Service<ConnectionStore>().GetAsync(name, Stop)).LastSuccessAt);
    }
}
