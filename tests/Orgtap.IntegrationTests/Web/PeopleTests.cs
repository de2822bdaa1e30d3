using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Playwright;
using Orgtap.App.Users;

namespace Orgtap.IntegrationTests.Web;

/// <summary>An administrator looks after people, and people after their own account; with the script and without it.</summary>
[Collection(WebCollection.Name)]
public sealed class PeopleTests(Browser browser, WebInstallation site)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Somebody_is_added_signs_in_gets_another_role_and_goes(bool script)
    {
        var (boss, newcomer) = ($"boss-{script}@example.com".ToLowerInvariant(), $"newcomer-{script}@example.com".ToLowerInvariant());
        await site.UserAsync(boss, Role.Administrator);
        var page = await browser.OpenAsync(site.Address, script);
        await Browser.SignInAsync(page, boss);
        await page.GotoAsync("/people");
        await page.GetByRole(AriaRole.Link, new() { Name = "Add a person" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Tomas Berg");
        await page.GetByLabel("E-mail", new() { Exact = true }).FillAsync(boss);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add and make the link" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("There is a user");
        await Assertions.Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("Tomas Berg");
        await LooksAsync(page, "person-add", script);
        await page.GetByLabel("E-mail", new() { Exact = true }).FillAsync(newcomer);
        await page.GetByText("Viewer").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add and make the link" }).ClickAsync();
        var link = await page.Locator(".copies code").InnerTextAsync();
        await LooksAsync(page, "person-link", script);
        Assert.DoesNotContain(new Uri(link).Segments[^1], await site.Client().GetStringAsync("/sign-in", Stop), StringComparison.Ordinal);

        var theirs = await browser.OpenAsync(site.Address, script);
        await theirs.GotoAsync(link);
        await theirs.GetByLabel("New password").FillAsync(WebInstallation.Password);
        await theirs.GetByRole(AriaRole.Button, new() { Name = "Save and sign in" }).ClickAsync();
        await Browser.ArrivedAsync(theirs, "**/data-sources");
        Assert.Equal(0, await theirs.GetByRole(AriaRole.Link, new() { Name = "Connect an org" }).CountAsync());

        // Another role counts in the open session.
        await page.GotoAsync($"/people/{newcomer}");
        await page.GetByText("Operator").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the role" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Radio, new() { Name = "Operator" })).ToBeCheckedAsync();
        await theirs.GotoAsync("/connections/new");
        await Assertions.Expect(theirs.GetByRole(AriaRole.Heading, new() { Name = "Connect an org" })).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out everywhere" }).ClickAsync();
        await theirs.GotoAsync("/runs");
        await Browser.ArrivedAsync(theirs, "**/sign-in**");

        // Wrong passwords: the pause is seen and ended.
        for (var wrong = 0; wrong < SignInFailures.Allowed; wrong++) await site.Service<SignIn>().TryAsync(newcomer, "wrong", Stop);
        await page.GotoAsync("/people");
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { Name = newcomer })).ToContainTextAsync("Paused");
        await LooksAsync(page, "people", script);
        await page.GotoAsync($"/people/{newcomer}");
        await LooksAsync(page, "person-paused", script);
        await page.GetByRole(AriaRole.Button, new() { Name = "End the pause" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "End the pause" })).ToHaveCountAsync(0);
        await Browser.SignInAsync(theirs, newcomer);

        await page.GetByRole(AriaRole.Link, new() { Name = "Remove…" }).ClickAsync();
        await LooksAsync(page, "person-remove", script);
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove Tomas Berg" }).ClickAsync();
        await Browser.ArrivedAsync(page, "**/people");
        await Assertions.Expect(page.GetByText(newcomer)).ToHaveCountAsync(0);
        await theirs.GotoAsync("/runs");
        await Browser.ArrivedAsync(theirs, "**/sign-in**");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_is_made_with_scopes_shown_once_used_and_revoked(bool script)
    {
        var email = $"maker-{script}@example.com".ToLowerInvariant();
        await site.UserAsync(email, Role.Operator);
        var page = await browser.OpenAsync(site.Address, script);
        await Browser.SignInAsync(page, email);
        await page.GotoAsync("/account");
        await page.GetByLabel("What will use it").FillAsync("nightly export");
        await page.GetByLabel("Valid for").SelectOptionAsync("30 days");
        Assert.Equal(3, await page.GetByRole(AriaRole.Checkbox).CountAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a token" }).ClickAsync();
        var token = await page.Locator(".copies code").InnerTextAsync();
        Assert.StartsWith(ApiTokens.Prefix, token, StringComparison.Ordinal);
        await LooksAsync(page, "account-token", script);
        await page.GotoAsync("/account");
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { Name = "nightly export" })).ToContainTextAsync("read");
        Assert.DoesNotContain(token, await page.ContentAsync(), StringComparison.Ordinal);

        using var client = site.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/connections", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/api/v1/connections/1/sync", new { }, Stop)).StatusCode);
        // A token makes no stronger one than itself.
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsJsonAsync("/api/v1/me/tokens", new { name = "stronger", scopes = new[] { "operate" }, days = 1 }, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsJsonAsync("/api/v1/me/tokens", new { name = "longer", scopes = new[] { "read" } }, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await client.PostAsJsonAsync("/api/v1/me/tokens", new { name = "lesser", scopes = new[] { "read" }, days = 7 }, Stop)).StatusCode);

        await page.ReloadAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke nightly export" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row, new() { Name = "nightly export" })).ToHaveCountAsync(0);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/connections", Stop)).StatusCode);
    }

    [Fact]
    public async Task A_password_is_changed_by_who_knows_the_present_one_and_other_browsers_are_signed_out()
    {
        await site.UserAsync("changer@example.com", Role.Viewer);
        var (page, other) = (await browser.OpenAsync(site.Address), await browser.OpenAsync(site.Address));
        await Browser.SignInAsync(page, "changer@example.com");
        await Browser.SignInAsync(other, "changer@example.com");
        await page.GotoAsync("/account");
        await page.GetByLabel("Present password").FillAsync("not this one");
        await page.GetByLabel("New password").FillAsync("another four words");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("4 tries left");
        await page.GetByLabel("Present password").FillAsync(WebInstallation.Password);
        await page.GetByLabel("New password").FillAsync("another four words");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();
        await Assertions.Expect(page.GetByText("The new password counts from now on")).ToBeVisibleAsync();
        await Browser.CheckLooksAsync(page, "account-password");
        await page.GotoAsync("/runs");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Runs", Exact = true })).ToBeVisibleAsync();
        await other.GotoAsync("/runs");
        await Browser.ArrivedAsync(other, "**/sign-in**");
        await page.GotoAsync("/account");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out everywhere" }).ClickAsync();
        await Browser.ArrivedAsync(page, "**/sign-in");
    }

    // axe is a script: where scripts are off, only the journey is checked.
    private static Task LooksAsync(IPage page, string name, bool script) => script ? Browser.CheckLooksAsync(page, name) : Task.CompletedTask;
}
