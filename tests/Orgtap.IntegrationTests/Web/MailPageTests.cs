using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Tests.Notifications;

namespace Orgtap.IntegrationTests.Web;

/// <summary>Setting up e-mail in the browser, with a real mail server.</summary>
public sealed class MailPageTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task An_administrator_sets_up_email_and_a_test_arrives()
    {
        await using var site = new WebInstallation();
        await site.InitializeAsync();
        await using var server = new MailServer(password: "mail-s3cret");
        await site.UserAsync("marta@example.com", Role.Administrator);
        var page = await browser.OpenAsync(site.Address, script: false);
        await Browser.SignInAsync(page, "marta@example.com");
        await page.GotoAsync("/system");
        await page.GetByRole(AriaRole.Link, new() { Name = "E-mail" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Send test" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("E-mail is not set up");

        await FillAsync("wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send test" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not accept the user name or the password");
        await FillAsync("mail-s3cret");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send test" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("took a test e-mail to marta@example.com");
        Assert.Equal("Test from Orgtap", Assert.Single(server.Messages).Subject);
        Assert.DoesNotContain("mail-s3cret", await page.ContentAsync(), StringComparison.Ordinal);

        var looked = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(looked, "marta@example.com");
        await looked.GotoAsync("/system/mail");
        await Browser.CheckLooksAsync(looked, "mail");

        async Task FillAsync(string password)
        {
            await page.GetByLabel("Host").FillAsync("127.0.0.1");
            await page.GetByLabel("Port").FillAsync(server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
            await page.GetByLabel("Encryption").SelectOptionAsync("None");
            await page.GetByLabel("User name").FillAsync("orgtap");
            await page.GetByLabel("Password").FillAsync(password);
            await page.GetByLabel("Sender’s address").FillAsync("orgtap@brightwell.example");
            await page.GetByLabel("Sender’s name").FillAsync("Brightwell Analytics");
            await page.GetByRole(AriaRole.Button, new() { Name = "Save changes" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        }
    }
}
