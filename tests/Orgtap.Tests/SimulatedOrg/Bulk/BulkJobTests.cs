using System.Net;
using System.Text.Json;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Bulk;

public sealed class BulkJobTests
{
    [Fact]
    public async Task Creating_and_polling_answer_with_the_members_of_recorded_jobs_in_their_order()
    {
        await using var org = await StartAsync();
        var created = await org.CreateJobAsync("SELECT Id, Name FROM Account", root: "/services/data/v53.0");
        var info = await org.GetJsonAsync("/services/data/v53.0/jobs/query/" + created.GetProperty("id").GetString());
        Assert.Equal(("UploadComplete", "JobComplete"), (created.GetProperty("state").GetString(), info.GetProperty("state").GetString()));
        Assert.Equal(53.0m, created.GetProperty("apiVersion").GetDecimal());
        Assert.Equal(org.Host.Store.Count("Account", includeDeleted: false), info.GetProperty("numberRecordsProcessed").GetInt64());
        Compare(created, "wiremock-java-bulk-query-create.json");
        Compare(info, "wiremock-java-bulk-query-get-info.json");

        static void Compare(JsonElement ours, string name)
        {
            var recorded = JsonSerializer.Deserialize<JsonElement>(Fixture(name).GetProperty("response").GetProperty("body").GetString()!);
            Assert.Equal(recorded.EnumerateObject().Select(member => (member.Name, member.Value.ValueKind)), ours.EnumerateObject().Select(member => (member.Name, member.Value.ValueKind)));
        }
    }

    [Fact]
    public async Task A_job_is_in_progress_until_its_delay_on_the_clock_is_over()
    {
        await using var org = await StartAsync(options => options with { BulkDelay = TimeSpan.FromMinutes(2) });
        var id = (await org.CreateJobAsync("SELECT Id FROM Contact")).GetProperty("id").GetString();
        Assert.Equal("InProgress", await StateAsync(org, id));
        Assert.Equal((412, "JOB_NOT_COMPLETE"), await Refusal(org.GetAsync($"{Root}/jobs/query/{id}/results")));
        org.Host.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("JobComplete", await StateAsync(org, id));
    }

    [Fact]
    public async Task An_org_may_answer_204_for_results_that_are_not_there_yet()
    {
        await using var org = await StartAsync(options => options with { BulkDelay = TimeSpan.FromMinutes(2), Oldness = new Oldness { EarlyResultsAreEmpty = true } });
        var id = (await org.CreateJobAsync("SELECT Id FROM Contact")).GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.NoContent, (await org.GetAsync($"{Root}/jobs/query/{id}/results")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await org.GetAsync($"{Root}/jobs/query/{id}/resultPages")).StatusCode);
    }

    [Theory]
    [InlineData("""{"operation":"query","query":"SELEKT Id FROM Account"}""", "MALFORMED_QUERY")]
    [InlineData("""{"operation":"query","query":"SELECT Nothing FROM Account"}""", "INVALID_FIELD")]
    [InlineData("""{"operation":"query","query":"SELECT BillingAddress FROM Account"}""", null)]
    [InlineData("""{"operation":"query","query":"SELECT Id, (SELECT Id FROM Contacts) FROM Account"}""", null)]
    [InlineData("""{"operation":"query","query":"SELECT Id FROM CaseStatus"}""", "INVALIDENTITY")]
    [InlineData("""{"operation":"query","query":"SELECT Id FROM Contact"}""", "INVALIDENTITY")]
    [InlineData("""{"operation":"steal","query":"SELECT Id FROM Account"}""", "INVALIDJOB")]
    [InlineData("""{"operation":"query","query":"SELECT Id FROM Account","columnDelimiter":"SPACE"}""", "INVALIDJOB")]
    [InlineData("""{"operation":"query"}""", "INVALIDJOB")]
    [InlineData("""{"operation":""", "JSON_PARSER_ERROR")]
    public async Task What_the_Bulk_API_does_not_take_is_refused_when_the_job_is_created(string body, string? code)
    {
        await using var org = await StartAsync(options => options with { Oldness = new Oldness { NoBulk = ["Contact"] } });
        var (status, actual) = await Refusal(org.SendAsync(HttpMethod.Post, Root + "/jobs/query", body));
        Assert.Equal(400, status);
        if (code is not null) Assert.Equal(code, actual);
    }

    [Fact]
    public async Task A_job_can_be_aborted_while_it_runs_and_deleted_when_it_has_ended()
    {
        await using var org = await StartAsync(options => options with { BulkDelay = TimeSpan.FromMinutes(2) });
        var path = $"{Root}/jobs/query/{(await org.CreateJobAsync("SELECT Id FROM Contact")).GetProperty("id").GetString()}";
        Assert.Equal(HttpStatusCode.BadRequest, (await org.SendAsync(HttpMethod.Delete, path, null)).StatusCode);
        var aborted = await JsonAsync(await org.SendAsync(HttpMethod.Patch, path, """{"state":"Aborted"}"""), HttpStatusCode.OK);
        Assert.Equal("Aborted", aborted.GetProperty("state").GetString());
        var deleted = await org.SendAsync(HttpMethod.Delete, path, null);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Empty(await deleted.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal((404, "NOT_FOUND"), await Refusal(org.GetAsync(path)));
    }

    [Fact]
    public async Task Jobs_are_listed_and_gone_after_seven_days()
    {
        await using var org = await StartAsync(options => options with { SessionLife = TimeSpan.FromDays(30) });
        var first = (await org.CreateJobAsync("SELECT Id FROM Contact")).GetProperty("id").GetString();
        org.Host.Clock.Advance(TimeSpan.FromDays(1));
        var second = (await org.CreateJobAsync("SELECT Id FROM Account")).GetProperty("id").GetString();
        Assert.Equal([first, second], await ListAsync());
        org.Host.Clock.Advance(TimeSpan.FromDays(6));
        Assert.Equal([second], await ListAsync());
        Assert.Equal((404, "NOT_FOUND"), await Refusal(org.GetAsync($"{Root}/jobs/query/{first}")));

        async Task<IEnumerable<string?>> ListAsync()
        {
            var list = await org.GetJsonAsync($"{Root}/jobs/query?jobType=V2Query");
            Assert.True(list.GetProperty("done").GetBoolean());
            return list.GetProperty("records").EnumerateArray().Select(job => job.GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task A_job_of_one_object_can_fail_with_or_without_a_reason_and_another_can_hang()
    {
        await using var org = await StartAsync();
        org.Host.Faults.Add(new FaultRule("POST */jobs/query", new FaultEffect.FailBulkJob("InternalServerError: gone wrong")) { SObject = "Account", Times = 1 });
        org.Host.Faults.Add(new FaultRule("POST */jobs/query", new FaultEffect.FailBulkJob()) { SObject = "Contact" });
        org.Host.Faults.Add(new FaultRule("POST */jobs/query", new FaultEffect.StickBulkJob()) { SObject = "User" });
        var account = await InfoAsync("SELECT Id FROM Account");
        Assert.Equal(("Failed", "InternalServerError: gone wrong"), (account.GetProperty("state").GetString(), account.GetProperty("errorMessage").GetString()));
        Assert.False((await InfoAsync("SELECT Id FROM Contact")).TryGetProperty("errorMessage", out _));
        var stuck = (await InfoAsync("SELECT Id FROM User")).GetProperty("id").GetString();
        org.Host.Clock.Advance(TimeSpan.FromMinutes(100));
        Assert.Equal("InProgress", await StateAsync(org, stuck));
        Assert.Equal("JobComplete", (await InfoAsync("SELECT Id FROM Account")).GetProperty("state").GetString());

        async Task<JsonElement> InfoAsync(string soql) =>
            await org.GetJsonAsync($"{Root}/jobs/query/{(await org.CreateJobAsync(soql)).GetProperty("id").GetString()}");
    }

    [Fact]
    public async Task The_days_jobs_and_the_days_storage_are_limits_of_their_own()
    {
        await using var org = await StartAsync();
        await org.CreateJobAsync("SELECT Id FROM Account");
        using (await org.ControlAsync(HttpMethod.Post, "/quota", """{"bulkJobs":1}""")) { }
        var jobs = await ErrorAsync(await org.SendAsync(HttpMethod.Post, Root + "/jobs/query", """{"operation":"query","query":"SELECT Id FROM Contact"}"""));
        Assert.Equal((400, "LIMIT_EXCEEDED", "Max bulk v2 query jobs (1) per 24 hrs has been reached"), jobs);
        Assert.Equal(0, (await org.GetJsonAsync(Root + "/limits")).GetProperty("DailyBulkV2QueryJobs").GetProperty("Remaining").GetInt64());
        using (await org.ControlAsync(HttpMethod.Post, "/quota", """{"bulkJobs":10000,"bulkMegabytes":0}""")) { }
        var storage = await ErrorAsync(await org.SendAsync(HttpMethod.Post, Root + "/jobs/query", """{"operation":"query","query":"SELECT Id FROM Contact"}"""));
        Assert.Equal((400, "LIMIT_EXCEEDED", "Max bulk v2 query result size stored (0) kb per 24 hrs has been exceeded"), storage);
        using (await org.ControlAsync(HttpMethod.Post, "/quota", """{"bulkMegabytes":976562}""")) { }
        await org.CreateJobAsync("SELECT Id FROM Contact");
    }

    private static async Task<string?> StateAsync(RunningOrg org, string? id) => (await org.GetJsonAsync($"{Root}/jobs/query/{id}")).GetProperty("state").GetString();

    private static async Task<(int, string)> Refusal(Task<HttpResponseMessage> response)
    {
        var (status, code, _) = await ErrorAsync(await response);
        return (status, code);
    }
}
