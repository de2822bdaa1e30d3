using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Storage;

namespace Orgtap.IntegrationTests.Web;

/// <summary>The audit log, asked of the real server and looked at in the browser.</summary>
[Collection(WebCollection.Name)]
public sealed class AuditTests(Browser browser, WebInstallation site)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_administrator_finds_who_signed_in_from_where_and_others_do_not()
    {
        await site.UserAsync("auditor@example.com", Role.Administrator);
        await site.UserAsync("watched@example.com", Role.Operator);
        var watched = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(watched, "watched@example.com");
        await watched.GotoAsync("/audit");
        await Assertions.Expect(watched.GetByRole(AriaRole.Heading, new() { Name = "Your role does not allow this" })).ToBeVisibleAsync();
        Assert.Equal(0, await watched.GetByRole(AriaRole.Link, new() { Name = "Audit log" }).CountAsync());

        // Without the script: a filter is a form and an address.
        var page = await browser.OpenAsync(site.Address, script: false);
        await Browser.SignInAsync(page, "auditor@example.com");
        await page.GetByRole(AriaRole.Link, new() { Name = "Audit log" }).ClickAsync();
        await page.GetByLabel("Search the audit log").FillAsync("watched@");
        await page.GetByLabel("What").SelectOptionAsync("Signed in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        var row = page.Locator("tbody tr");
        await Assertions.Expect(row).ToHaveCountAsync(1);
        await Assertions.Expect(row).ToContainTextAsync("watched@example.com");
        await Assertions.Expect(row).ToContainTextAsync(new Regex("127\\.0\\.0\\.1|::1"));
        await page.GotoAsync("/audit?q=nothing+like+this");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nothing matches" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_page_looks_right_and_older_entries_are_a_page_away()
    {
        await site.UserAsync("auditor@example.com", Role.Administrator);
        for (var number = 1; number <= 105; number++)
            await site.Service<AuditLog>().WriteAsync("filler@example.com", "threshold.set", $"a-rather-long-connection-name-{number}", $"{number % 100} %", Cancellation);
        var page = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(page, "auditor@example.com");
        await page.GotoAsync("/audit?who=filler@example.com");
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(100);
        await page.GetByRole(AriaRole.Link, new() { Name = "Older" }).ClickAsync();
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(5);
        await Browser.CheckLooksAsync(page, "audit");
        await page.GetByRole(AriaRole.Link, new() { Name = "Newest" }).ClickAsync();
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(100);
    }

    [Fact]
    public async Task A_program_reads_it_page_by_page_with_an_administrators_token_only()
    {
        for (var number = 0; number < 3; number++) await site.Service<AuditLog>().WriteAsync("pager@example.com", "threshold.set", "acme", null, Cancellation);
        using var api = await ClientAsync("audit-api@example.com", Role.Administrator);
        var first = await api.GetFromJsonAsync<JsonElement>("/api/v1/audit?actor=pager@example.com&limit=2", Cancellation);
        Assert.Equal(2, first.GetProperty("entries").GetArrayLength());
        var rest = await api.GetFromJsonAsync<JsonElement>($"/api/v1/audit?actor=pager@example.com&limit=2&before={first.GetProperty("before").GetInt64()}", Cancellation);
        Assert.Equal(1, rest.GetProperty("entries").GetArrayLength());
        Assert.False(rest.TryGetProperty("before", out _));
        using var lesser = await ClientAsync("audit-operator@example.com", Role.Operator);
        using var refused = await lesser.GetAsync("/api/v1/audit", Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    private async Task<HttpClient> ClientAsync(string email, Role role)
    {
        var token = await site.Service<ApiTokens>().IssueAsync(await site.UserAsync(email, role), new TokenWish("audit test"), Cancellation);
        var client = site.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        return client;
    }
}
