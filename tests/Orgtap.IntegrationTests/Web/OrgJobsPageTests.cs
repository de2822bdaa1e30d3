using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.IntegrationTests.Web;

/// <summary>The tab of jobs inside an org, in every state.</summary>
[Collection(WebCollection.Name)]
public sealed class OrgJobsPageTests(Browser browser) : IAsyncLifetime
{
    private const string Hostile = "O'Brien <b>\"nightly\"</b> & co";

    private readonly WebInstallation _site = new()
    {
        OrgOptions = new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["User"] = 5, ["Account"] = 10, ["CronTrigger"] = 12, ["CronJobDetail"] = 12, ["ApexClass"] = 8, ["AsyncApexJob"] = 40 } },
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _site.InitializeAsync();
        await _site.UserAsync("marta@example.com", Role.Operator);
        await _site.UserAsync("vera@example.com", Role.Viewer);
        await ConnectAsync("acme");
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Org_jobs_are_looked_at_stopped_and_started(bool script)
    {
        var detail = _site.Org.Store.Truth("CronJobDetail", ["JobType"], false).First(row => row.Values[0] == "7").Id;
        _site.Org.Store.Update("CronJobDetail", detail, new Dictionary<string, object?> { ["Name"] = Hostile });
        _site.Org.Settings.Policies = new OrgPolicies { JobsAllowlist = ["NightlySync", "LeadScorer"] };
        _site.Org.Store.Insert("AsyncApexJob", new Dictionary<string, object?> { ["JobType"] = "BatchApex", ["Status"] = "Queued", ["ApexClassId"] = _site.Org.Store.Truth("ApexClass", ["Name"], false).First().Id });
        var page = await browser.OpenAsync(_site.Address, script);
        await Browser.SignInAsync(page, "marta@example.com");
        await page.GotoAsync("/jobs");
        var before = _site.Org.Usage.Used;
        await page.GetByRole(AriaRole.Link, new() { Name = "Org jobs" }).ClickAsync();
        var row = page.Locator("tr", new() { HasText = Hostile });
        await Assertions.Expect(row).ToContainTextAsync("Class NightlySync");
        await page.ReloadAsync();
        // Opened and opened again: the org was asked once.
        Assert.Equal(before + 2, _site.Org.Usage.Used);
        await Assertions.Expect(page.GetByText("allowlist in the org does not name").First).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Setup › Flows").First).ToBeVisibleAsync();
        if (script) await Browser.CheckLooksAsync(page, "org-jobs");

        await page.GetByRole(AriaRole.Button, new() { Name = $"Stop job: {Hostile}" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Stopped.");
        await Assertions.Expect(row).ToContainTextAsync("by marta@example.com");
        await Assertions.Expect(row).ToContainTextAsync("Starts as");
        if (script) await Browser.CheckLooksAsync(page, "org-jobs-stopped");
        await page.GetByRole(AriaRole.Button, new() { Name = $"Start job: {Hostile}" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Started");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = $"Stop job: {Hostile}" })).ToBeVisibleAsync();

        await page.Locator("tr", new() { HasText = "Batch Apex" }).GetByRole(AriaRole.Button).First.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Ended.");

        // Somebody removed it in Setup while the page was open.
        var gone = _site.Org.Store.Truth("CronTrigger", ["CronJobDetailId"], false).Select(each => each.Id).ToList();
        foreach (var id in gone) _site.Org.Store.HardDelete("CronTrigger", id);
        await page.GetByRole(AriaRole.Button, new() { Name = $"Stop job: {Hostile}" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The job is no longer in the org");
        if (script) await Browser.CheckLooksAsync(page, "org-jobs-gone");
    }

    [Fact]
    public async Task A_connection_is_chosen_and_a_viewer_looks_without_buttons()
    {
        await ConnectAsync("brightwell-production-emea");
        var page = await browser.OpenAsync(_site.Address);
        await Browser.SignInAsync(page, "vera@example.com");
        var before = _site.Org.Usage.Used;
        await page.GotoAsync("/jobs/org");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Choose a connection" })).ToBeVisibleAsync();
        Assert.Equal(before, _site.Org.Usage.Used);
        await Browser.CheckLooksAsync(page, "org-jobs-choose");
        await page.GetByLabel("Connection").SelectOptionAsync("brightwell-production-emea");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Scheduled Apex", new() { Exact = false }).First).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^(Stop|Start) job") })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Look again" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("connection=brightwell"));
        Assert.Equal(404, (await page.GotoAsync("/jobs/org?connection=nobody"))!.Status);
    }

    [Theory]
    [InlineData("org-jobs-no-package")]
    [InlineData("org-jobs-no-access")]
    [InlineData("org-jobs-not-allowed")]
    [InlineData("org-jobs-away")]
    [InlineData("org-jobs-quota")]
    [InlineData("org-jobs-none")]
    public async Task Every_state_says_what_is_the_matter_and_where_it_is_mended(string state)
    {
        var words = state switch { "org-jobs-no-package" => "this org has no package for it", "org-jobs-no-access" => "assign it to the connected user", "org-jobs-not-allowed" => "View Setup and Configuration", "org-jobs-away" => "Try again in a few minutes",
            "org-jobs-quota" => "when calls are free again", _ => "No jobs in this org" };
        switch (state)
        {
            case "org-jobs-no-package": _site.Org.Settings.Policies = new OrgPolicies { JobsPackage = false }; break;
            case "org-jobs-no-access": _site.Org.Users.Put(_site.Org.Users.First with { JobsClass = false }); break;
            case "org-jobs-not-allowed": _site.Org.Store.Schema.HideObject("CronTrigger", true); break;
            case "org-jobs-away": _site.Org.Settings.Policies = new OrgPolicies { Availability = Availability.Gone }; break;
            case "org-jobs-quota": _site.Org.Usage.Background = _site.Org.Usage.Limit; break;
            default:
                foreach (var sobject in new[] { "CronTrigger", "AsyncApexJob" })
                    foreach (var id in _site.Org.Store.Truth(sobject, ["Id"], false).Select(row => row.Id).ToList()) _site.Org.Store.HardDelete(sobject, id);
                break;
        }
        var page = await browser.OpenAsync(_site.Address);
        await Browser.SignInAsync(page, "marta@example.com");
        await page.GotoAsync("/jobs/org?connection=acme");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync(words);
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Stop job") })).ToHaveCountAsync(0);
        if (state == "org-jobs-no-package") await page.GetByText("How to install it").ClickAsync();
        await Browser.CheckLooksAsync(page, state);
    }

    [Fact]
    public async Task The_HTTP_API_does_a_change_once_however_often_it_is_sent()
    {
        var token = await _site.Service<ApiTokens>().IssueAsync(await _site.UserAsync("marta@example.com", Role.Operator), new TokenWish("jobs", TokenScopes.Read | TokenScopes.Operate), Stop);
        using var client = _site.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        using var list = System.Text.Json.JsonDocument.Parse(await client.GetStringAsync("/api/v1/connections/acme/org-jobs?again=true", Stop));
        var id = list.RootElement.GetProperty("jobs").EnumerateArray().First(job => job.GetProperty("canStop").GetBoolean()).GetProperty("id").GetString();
        foreach (var replayed in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/connections/acme/org-jobs/{id}/stop") { Headers = { { "Idempotency-Key", "stop once" } } };
            using var answer = await client.SendAsync(request, Stop);
            Assert.Equal((HttpStatusCode.OK, replayed), (answer.StatusCode, answer.Headers.Contains("Idempotent-Replayed")));
            Assert.Contains("\"changed\":true", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }
        using var unknown = await client.PostAsync("/api/v1/connections/nobody/org-jobs/08e000000000001AAA/stop", null, Stop);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using var nonsense = await client.PostAsync("/api/v1/connections/acme/org-jobs/nonsense/stop", null, Stop);
        Assert.Equal(HttpStatusCode.BadRequest, nonsense.StatusCode);
    }

    private Task<Connection> ConnectAsync(string name) => _site.Service<OrgConnector>().ConnectAsync(new ConnectRequest(name, _site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, _site.Org.ClientId, new SecretText(_site.Org.ClientSecret),
        _site.Org.User, new SecretText(_site.Org.Password), new SecretText(_site.Org.SecurityToken), null), "test", Stop);
}
