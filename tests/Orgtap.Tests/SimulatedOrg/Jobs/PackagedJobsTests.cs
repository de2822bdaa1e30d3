using System.Net;
using System.Text.Json;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Jobs;

/// <summary>The Apex REST resource of an installed package, which needs no Author Apex.</summary>
public sealed class PackagedJobsTests : IAsyncLifetime
{
    private const string Path = "/services/apexrest/orgjobs/jobs";
    private RunningOrg _org = null!;

    public async ValueTask InitializeAsync() => _org = await StartAsync(options => options with
    {
        Records = new Dictionary<string, long> { ["User"] = 5, ["CronTrigger"] = 12, ["CronJobDetail"] = 12, ["ApexClass"] = 8, ["AsyncApexJob"] = 40 },
    });

    public ValueTask DisposeAsync() => _org.DisposeAsync();

    [Fact]
    public async Task Lists_stops_and_starts_jobs_for_a_user_without_Author_Apex()
    {
        var bob = await _org.BobAsync();
        await ControlAsync("/users", """{"username":"bob@example.com","authorsApex":false}""");
        using (var anonymous = await _org.AsAsync(bob, HttpMethod.Get, $"{Root}/tooling/executeAnonymous/?anonymousBody=x")) Assert.Equal((403, "INSUFFICIENT_ACCESS"), ((await ErrorAsync(anonymous)).Status, (await ErrorAsync(anonymous)).Code));

        var listed = (await JsonAsync(await _org.AsAsync(bob, HttpMethod.Get, Path), HttpStatusCode.OK)).EnumerateArray().ToList();
        Assert.Equal(12, listed.Count);
        var apex = listed.First(job => job.GetProperty("allowed").GetBoolean());
        var id = apex.GetProperty("id").GetString()!;
        Assert.Equal(id, (await JsonAsync(await PostAsync($$"""{"action":"abort","id":"{{id}}"}""", bob), HttpStatusCode.OK)).GetProperty("id").GetString());
        Assert.Equal(0, (await _org.QueryJsonAsync($"SELECT COUNT() FROM CronTrigger WHERE Id = '{id}'")).GetProperty("totalSize").GetInt32());

        var again = JsonSerializer.Serialize(new { action = "schedule", name = apex.GetProperty("name").GetString(), cron = apex.GetProperty("cron").GetString(), className = apex.GetProperty("className").GetString() });
        var started = (await JsonAsync(await PostAsync(again, bob), HttpStatusCode.OK)).GetProperty("id").GetString()!;
        Assert.StartsWith("08e", started, StringComparison.Ordinal);
        Assert.NotEqual(id, started);
        var refused = await ErrorAsync(await PostAsync(again, bob));
        Assert.Equal((500, "APEX_ERROR"), (refused.Status, refused.Code));
        Assert.Contains("is already scheduled for execution", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Touches_only_classes_on_the_allowlist()
    {
        await ControlAsync("/org", """{"jobsAllowlist":["LeadScorer"]}""");
        var listed = (await _org.GetJsonAsync(Path)).EnumerateArray().Where(job => job.GetProperty("className").ValueKind == JsonValueKind.String).ToList();
        Assert.All(listed, job => Assert.Equal(job.GetProperty("className").GetString() == "LeadScorer", job.GetProperty("allowed").GetBoolean()));
        var other = listed.First(job => !job.GetProperty("allowed").GetBoolean()).GetProperty("id").GetString();
        Assert.Contains("is not on the package's allowlist", (await ErrorAsync(await PostAsync($$"""{"action":"abort","id":"{{other}}"}"""))).Message, StringComparison.Ordinal);
        Assert.Contains("NightlySync is not on", (await ErrorAsync(await PostAsync("""{"action":"schedule","name":"N","cron":"0 0 1 * * ?","className":"NightlySync"}"""))).Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("""{"action":"schedule","name":"N","cron":"0 0 1 * * ?","className":"LeadScorer"}""")).StatusCode);
    }

    [Fact]
    public async Task Refuses_in_Salesforces_words_what_is_not_allowed_or_not_there()
    {
        Assert.Equal((404, "NOT_FOUND", "Could not find a match for URL"), await ErrorAsync(await _org.GetAsync("/services/apexrest/other/thing")));
        Assert.Equal("METHOD_NOT_ALLOWED", (await ErrorAsync(await _org.SendAsync(HttpMethod.Put, Path, "{}"))).Code);
        Assert.Equal("APEX_ERROR", (await ErrorAsync(await PostAsync("""{"action":"dance"}"""))).Code);
        Assert.Equal("APEX_ERROR", (await ErrorAsync(await PostAsync("""{"action":"abort","id":"08e000000000000AAA"}"""))).Code);
        Assert.Equal(401, (await ErrorAsync(await _org.AsAsync("nonsense", HttpMethod.Get, Path))).Status);

        await ControlAsync("/users", """{"username":"ann@example.com","jobsClass":false}""");
        Assert.Equal((403, "FORBIDDEN", "You do not have access to the Apex class named: OrgJobsResource"), await ErrorAsync(await _org.GetAsync(Path)));
        await ControlAsync("/org", """{"jobsPackage":false}""");
        Assert.Equal(404, (await ErrorAsync(await _org.GetAsync(Path))).Status);
    }

    [Fact]
    public async Task Counts_against_the_quota_like_every_call()
    {
        var before = _org.Host.Usage.Used;
        using var reply = await _org.GetAsync(Path);
        Assert.Equal(before + 1, _org.Host.Usage.Used);
        Assert.Contains("api-usage=", reply.Headers.GetValues("Sforce-Limit-Info").Single(), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> PostAsync(string json, string? token = null) => _org.AsAsync(token, HttpMethod.Post, Path, json);

    private async Task ControlAsync(string path, string json) => await JsonAsync(await _org.ControlAsync(HttpMethod.Post, path, json), HttpStatusCode.OK);
}
