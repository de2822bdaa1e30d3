using System.Net;
using System.Text.Json;

namespace Orgtap.Tests.SimulatedOrg.Jobs;

public sealed class OrgJobTests : IAsyncLifetime
{
    private const string List = "SELECT Id, CronJobDetailId, CronJobDetail.Name, CronJobDetail.JobType, CronExpression, State, StartTime, EndTime, NextFireTime, PreviousFireTime, TimesTriggered, TimeZoneSidKey, OwnerId, CreatedDate FROM CronTrigger ORDER BY NextFireTime";
    private RunningOrg _org = null!;

    public async ValueTask InitializeAsync() => _org = await RunningOrg.StartAsync(options => options with
    {
        Records = new Dictionary<string, long> { ["User"] = 5, ["CronTrigger"] = 12, ["CronJobDetail"] = 12, ["ApexClass"] = 8, ["AsyncApexJob"] = 40 },
        SessionLife = TimeSpan.FromDays(9),
    });

    public ValueTask DisposeAsync() => _org.DisposeAsync();

    [Fact]
    public async Task Triggers_are_listed_with_their_details_and_wait_for_their_time()
    {
        var triggers = await RecordsAsync(List);
        Assert.Equal(12, triggers.Count);
        Assert.All(triggers, trigger => Assert.StartsWith("08e", Text(trigger, "Id"), StringComparison.Ordinal));
        Assert.Equal(["3", "6", "7", "8"], triggers.Select(trigger => trigger.GetProperty("CronJobDetail").GetProperty("JobType").GetString()).Distinct().Order());
        Assert.All(triggers.Where(trigger => Text(trigger, "State") == "WAITING"), trigger => Assert.True(string.CompareOrdinal(Text(trigger, "NextFireTime"), "2026-06-01T12:00:00") > 0));
        Assert.Contains(triggers, trigger => Text(trigger, "State") == "PAUSED");
        Assert.All(triggers, trigger => Assert.True(trigger.GetProperty("TimesTriggered").GetInt64() >= 0));
    }

    [Fact]
    public async Task The_class_is_found_through_the_queued_job()
    {
        var jobs = await RecordsAsync("SELECT CronTriggerId, ApexClass.Name, Status FROM AsyncApexJob WHERE JobType = 'ScheduledApex'");
        var apex = (await RecordsAsync("SELECT Id FROM CronTrigger WHERE CronJobDetail.JobType = '7'")).Select(row => Text(row, "Id")).Order();
        Assert.Equal(apex, jobs.Select(job => Text(job, "CronTriggerId")).Order());
        Assert.All(jobs, job => Assert.Equal("Queued", Text(job, "Status")));
        Assert.All(jobs, job => Assert.NotNull(job.GetProperty("ApexClass").GetProperty("Name").GetString()));
    }

    [Fact]
    public async Task The_clock_runs_a_scheduled_job_from_waiting_over_executing_to_waiting()
    {
        var id = await ScheduleAsync("Hourly", "0 0 * * * ?");
        Assert.Equal(("WAITING", 0), await StateAsync(id));
        _org.Host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(("ACQUIRED", 1), await StateAsync(id));
        _org.Host.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(("EXECUTING", 1), await StateAsync(id));
        var run = (await RecordsAsync("SELECT Id, Status, ApexClass.Name, CreatedDate, CompletedDate FROM AsyncApexJob WHERE JobType = 'BatchApex' ORDER BY CreatedDate DESC LIMIT 1"))[0];
        Assert.Equal(("Preparing", "2026-06-01T13:00:00.000+0000"), (Text(run, "Status"), Text(run, "CreatedDate")));
        _org.Host.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(("WAITING", 1), await StateAsync(id));
        var ended = (await RecordsAsync($"SELECT Status, CompletedDate, JobItemsProcessed, TotalJobItems FROM AsyncApexJob WHERE Id = '{Text(run, "Id")}'"))[0];
        Assert.Contains(Text(ended, "Status"), (string[])["Completed", "Failed"]);
        Assert.Equal(ended.GetProperty("TotalJobItems").GetInt64(), ended.GetProperty("JobItemsProcessed").GetInt64());
        _org.Host.Clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(25, (await StateAsync(id)).Times);
    }

    [Fact]
    public async Task A_job_that_outlasts_its_period_is_blocked()
    {
        _org.Host.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Contains(await RecordsAsync(List), trigger => Text(trigger, "State") == "BLOCKED");
        _org.Host.Clock.Advance(TimeSpan.FromMinutes(40));
        Assert.Contains(await RecordsAsync(List), trigger => Text(trigger, "State") == "EXECUTING");
    }

    [Fact]
    public async Task An_aborted_trigger_is_gone_and_the_same_name_can_be_scheduled_again()
    {
        var old = await ScheduleAsync("Sync", "0 30 6 ? * MON-FRI");
        var twice = await ExecuteAsync("System.schedule('Sync', '0 0 1 * * ?', new NightlySync());");
        Assert.False(twice.GetProperty("success").GetBoolean());
        Assert.True(twice.GetProperty("compiled").GetBoolean());
        Assert.Equal("System.AsyncException: The Apex job named \"Sync\" is already scheduled for execution.", twice.GetProperty("exceptionMessage").GetString());

        var restarted = await ExecuteAsync($"System.abortJob('{old}');\nSystem.schedule('Sync', '0 0 1 * * ?', new NightlySync()); // again");
        Assert.Equal((true, -1), (restarted.GetProperty("success").GetBoolean(), restarted.GetProperty("line").GetInt32()));
        var now = (await RecordsAsync("SELECT Id, CronExpression FROM CronTrigger WHERE CronJobDetail.Name = 'Sync'"))[0];
        Assert.NotEqual(old, Text(now, "Id"));
        Assert.Equal("0 0 1 * * ?", Text(now, "CronExpression"));
        Assert.Empty(await RecordsAsync($"SELECT Id FROM CronTrigger WHERE Id = '{old}'"));
    }

    [Fact]
    public async Task A_running_job_is_aborted_and_an_ended_one_stays_as_it_is()
    {
        await ScheduleAsync("Hourly", "0 0 * * * ?");
        _org.Host.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(8));
        var run = Text((await RecordsAsync("SELECT Id FROM AsyncApexJob WHERE Status = 'Processing' AND JobType = 'BatchApex' ORDER BY CreatedDate DESC LIMIT 1"))[0], "Id");
        Assert.True((await ExecuteAsync($"System.abortJob('{run}');")).GetProperty("success").GetBoolean());
        Assert.Equal("Aborted", Text((await RecordsAsync($"SELECT Status FROM AsyncApexJob WHERE Id = '{run}'"))[0], "Status"));
        var done = Text((await RecordsAsync("SELECT Id FROM AsyncApexJob WHERE Status = 'Completed' LIMIT 1"))[0], "Id");
        Assert.True((await ExecuteAsync($"System.abortJob('{done}');")).GetProperty("success").GetBoolean());
        Assert.Equal("Completed", Text((await RecordsAsync($"SELECT Status FROM AsyncApexJob WHERE Id = '{done}'"))[0], "Status"));
    }

    [Theory]
    [InlineData("System.schedule('A', '0 0 1 * * ?', new NoSuchClass());", false, "Invalid type: NoSuchClass", 1, 1)]
    [InlineData("\n  System.schedule('A', '0 0 1 * * ?', new InvoiceHelperController());", false, "incorrect signature", 2, 3)]
    [InlineData("delete [SELECT Id FROM Account];", false, "System.abortJob", 1, 1)]
    [InlineData("System.schedule('A', '0 * 1 * * ?', new NightlySync());", true, "System.StringException: Seconds and minutes must be specified as integers: 0 * 1 * * ?", 1, 1)]
    [InlineData("System.schedule('A', '0 0 1 1 1 ? 2020', new NightlySync());", true, "System.AsyncException: Based on configured schedule, the given trigger 'A' will never fire.", 1, 1)]
    [InlineData("System.schedule('It\\'s', '0 0 1 * * ?', new NightlySync()); System.abortJob('08e000000000000AAA');", true, "System.AsyncException: Invalid job id", 1, 61)]
    public async Task A_failure_is_told_in_a_200_and_nothing_of_the_block_happens(string apex, bool compiled, string message, int line, int column)
    {
        var outcome = await ExecuteAsync(apex);
        Assert.Equal((compiled, false), (outcome.GetProperty("compiled").GetBoolean(), outcome.GetProperty("success").GetBoolean()));
        Assert.Contains(message, outcome.GetProperty(compiled ? "exceptionMessage" : "compileProblem").GetString(), StringComparison.Ordinal);
        Assert.Equal((line, column), (outcome.GetProperty("line").GetInt32(), outcome.GetProperty("column").GetInt32()));
        Assert.Equal(12, (await RecordsAsync(List)).Count);
    }

    [Fact]
    public async Task A_hundred_scheduled_jobs_are_the_most()
    {
        var block = string.Concat(Enumerable.Range(0, 94).Select(number => $"System.schedule('J{number}', '0 0 1 * * ?', new NightlySync());"));
        Assert.True((await ExecuteAsync(block)).GetProperty("success").GetBoolean());
        Assert.Contains("exceeded the maximum number (100)", (await ExecuteAsync("System.schedule('Z', '0 0 1 * * ?', new NightlySync());")).GetProperty("exceptionMessage").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tooling_query_lists_the_same_rows()
    {
        using var reply = await _org.QueryAsync("SELECT Id FROM ApexClass", "tooling/query");
        var records = (await RunningOrg.JsonAsync(reply, HttpStatusCode.OK)).GetProperty("records");
        Assert.Equal(8, records.GetArrayLength());
        Assert.StartsWith(RunningOrg.Root + "/tooling/sobjects/ApexClass/01p", records[0].GetProperty("attributes").GetProperty("url").GetString(), StringComparison.Ordinal);
    }

    private async Task<string> ScheduleAsync(string name, string cron)
    {
        var outcome = await ExecuteAsync($"System.schedule('{name}', '{cron}', new NightlySync());");
        Assert.True(outcome.GetProperty("success").GetBoolean(), outcome.ToString());
        return Text((await RecordsAsync($"SELECT Id FROM CronTrigger WHERE CronJobDetail.Name = '{name}'"))[0], "Id");
    }

    private async Task<(string State, long Times)> StateAsync(string id)
    {
        var trigger = (await RecordsAsync($"SELECT State, TimesTriggered FROM CronTrigger WHERE Id = '{id}'"))[0];
        return (Text(trigger, "State"), trigger.GetProperty("TimesTriggered").GetInt64());
    }

    private Task<JsonElement> ExecuteAsync(string apex) => _org.GetJsonAsync($"{RunningOrg.Root}/tooling/executeAnonymous/?anonymousBody={Uri.EscapeDataString(apex)}");

    private static string Text(JsonElement record, string field) => record.GetProperty(field).GetString()!;

    private async Task<IReadOnlyList<JsonElement>> RecordsAsync(string soql) => [.. (await _org.QueryJsonAsync(soql, HttpStatusCode.OK)).GetProperty("records").EnumerateArray()];
}
