using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.IntegrationTests.Web;

/// <summary>Looking at copied rows: by the page, filtered, as CSV, and one with its history; with the script and without it, and over HTTP.</summary>
[Collection(WebCollection.Name)]
public sealed class RowsTests(Browser browser, WebInstallation site)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_table_is_browsed_sorted_filtered_and_taken_along(bool script)
    {
        await SyncedAsync();
        var page = await browser.OpenAsync(site.Address, script);
        await Browser.SignInAsync(page, "reader@example.com");
        await page.GotoAsync("/connections/rows");
        await page.GetByRole(AriaRole.Link, new() { Name = "Copied rows" }).ClickAsync();
        await LooksAsync(page, "rows-tables", script);
        await page.GetByRole(AriaRole.Link, new() { Name = "Account", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(50);
        await LooksAsync(page, "rows", script);
        var first = await page.Locator("tbody th").First.InnerTextAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Next 50 rows" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "First rows" })).ToBeVisibleAsync();
        Assert.DoesNotContain(first, await page.Locator("tbody").InnerTextAsync(), StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Link, new() { Name = "Name", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("th[aria-sort=ascending]")).ToContainTextAsync("Name");
        await page.GetByRole(AriaRole.Link, new() { Name = "Name ↑" }).ClickAsync();
        await Assertions.Expect(page.Locator("th[aria-sort=descending]")).ToContainTextAsync("Name");

        await page.GetByLabel("Where").SelectOptionAsync("Industry");
        await page.GetByLabel("Comparison").SelectOptionAsync("is not empty");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add the filter" }).ClickAsync();
        await page.GetByLabel("Where").SelectOptionAsync("AnnualRevenue");
        await page.GetByLabel("Comparison").SelectOptionAsync("is at least");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Value", Exact = true }).FillAsync("plenty");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add the filter" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not fit AnnualRevenue");
        await LooksAsync(page, "rows-problem", script);
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove the filter on AnnualRevenue" }).ClickAsync();
        await Assertions.Expect(page.Locator("tbody tr").First).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".filters .tag")).ToHaveCountAsync(1);

        await page.GetByText("Columns: 8 of").ClickAsync();
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "Industry" }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show these columns" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Columnheader, new() { Name = "Industry" })).ToBeVisibleAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download CSV" }).ClickAsync());
        Assert.Equal("rows-Account.csv", download.SuggestedFilename);
        var lines = (await File.ReadAllTextAsync(await download.PathAsync(), Stop)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("Id,Name,", lines[0], StringComparison.Ordinal);
        Assert.True(lines.Length > 1_000, $"{lines.Length} lines");
        if (script)
        {
            await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
            await page.GetByRole(AriaRole.Button, new() { Name = "Copy as CSV" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Copied" })).ToBeVisibleAsync();
            Assert.Equal(51, (await page.EvaluateAsync<string>("navigator.clipboard.readText()")).Split('\n').Count(line => line.StartsWith("001", StringComparison.Ordinal) || line.StartsWith("Id,", StringComparison.Ordinal)));
        }
        await page.GotoAsync("/connections/rows/rows/Account?f=Name:Is:nobody+is+called+so");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No row matches" })).ToBeVisibleAsync();
        await LooksAsync(page, "rows-none", script);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_is_found_by_its_Id_with_its_runs(bool script)
    {
        await SyncedAsync();
        var id = site.Org.Store.Truth("Account", ["Name"], includeDeleted: false).First().Id;
        var page = await browser.OpenAsync(site.Address, script);
        await Browser.SignInAsync(page, "reader@example.com");
        await page.GotoAsync("/connections/rows/rows");
        await page.GetByLabel("Id of a record").FillAsync("not one");
        await page.GetByRole(AriaRole.Button, new() { Name = "Find the row" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("is not the Id of a Salesforce record");
        await page.GetByLabel("Id of a record").FillAsync("001000000000AAA");
        await page.GetByRole(AriaRole.Button, new() { Name = "Find the row" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("No row has the Id");
        await LooksAsync(page, "row-not-found", script);
        await page.GetByLabel("Id of a record").FillAsync(id[..15]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Find the row" }).ClickAsync();
        await Assertions.Expect(page.Locator(".page-head .api")).ToHaveTextAsync(id);
        await Assertions.Expect(page.GetByRole(AriaRole.Complementary)).ToContainTextAsync(new Regex("Run \\d+.*First load", RegexOptions.Singleline));
        await LooksAsync(page, "row", script);
        // A reference leads to the row it names.
        await page.Locator(".facts a").First.ClickAsync();
        await Assertions.Expect(page.Locator(".page-head .api, [role=status]").First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_program_pages_through_rows_with_the_scope_for_them()
    {
        await SyncedAsync();
        using var client = site.Client();
        var user = await site.UserAsync("reader@example.com", Role.Viewer);
        var token = await site.Service<ApiTokens>().IssueAsync(user, new TokenWish("rows", TokenScopes.Rows), Stop);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        var (seen, after) = (new HashSet<string>(), "");
        do
        {
            var page = await client.GetFromJsonAsync<JsonElement>($"/api/v1/connections/rows/rows/Account?columns=Id,Name&sort=Name&limit=900{after}", Stop);
            foreach (var row in page.GetProperty("rows").EnumerateArray()) Assert.True(seen.Add(row[0].GetString()!));
            after = page.TryGetProperty("next", out var next) ? "&after=" + Uri.EscapeDataString(next.GetString()!) : "";
        }
        while (after.Length > 0);
        Assert.Equal(site.Org.Store.Truth("Account", ["Name"], includeDeleted: false).Count(), seen.Count);
        var one = await client.GetFromJsonAsync<JsonElement>($"/api/v1/connections/rows/rows?id={seen.First()}", Stop);
        Assert.Equal("Account", one.GetProperty("table").GetString());
        Assert.NotEqual(0, one.GetProperty("runs").GetArrayLength());
        using var none = await client.GetAsync("/api/v1/connections/rows/rows?id=001000000000AAA", Stop);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        using var wrong = await client.GetAsync("/api/v1/connections/rows/rows/Account?filter=Industry", Stop);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        using var settings = await client.GetAsync("/api/v1/connections", Stop);
        Assert.Equal(HttpStatusCode.Forbidden, settings.StatusCode);
    }

    private async Task SyncedAsync()
    {
        await site.UserAsync("reader@example.com", Role.Viewer);
        if (await site.Service<ConnectionStore>().FindAsync("rows", Stop) is not null) return;
        var connection = await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest(
            "rows", site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret), site.Org.User,
            new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", Stop);
        await site.Service<Selecting>().ApplyAsync(connection, [], [new SelectedObject("Account"), new SelectedObject("User")], Stop);
        await site.Service<SyncRunner>().RunAsync(connection.Id, "test", Stop);
    }

    private static Task LooksAsync(IPage page, string name, bool script) => script ? Browser.CheckLooksAsync(page, name) : Task.CompletedTask;
}
