using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Jobs;
using Orgtap.Scheduling;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.OAuth;
using Orgtap.Tests.App.Cli;

namespace Orgtap.Tests.Scheduling;

/// <summary>Jobs of the simulated org, looked at, stopped and started over loopback.</summary>
public sealed class OrgJobsTests : IAsyncLifetime
{
    private ServedInstallation _served = null!;
    private Connection _connection = null!;
    private OrgJobs _jobs = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _served = await ServedInstallation.StartAsync(serving: true, records: new Dictionary<string, long> { ["User"] = 5, ["CronTrigger"] = 12, ["CronJobDetail"] = 12, ["ApexClass"] = 8, ["AsyncApexJob"] = 40 });
        await _served.ConnectAsync();
        _connection = await _served.Service<ConnectionStore>().GetAsync("acme", Stop);
        _jobs = new OrgJobs(_served.Service<OrgClients>(), _served.Service<StoppedOrgJobs>(), TimeProvider.System) { Fresh = TimeSpan.Zero };
    }

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task A_look_shows_every_job_for_two_calls_and_is_kept()
    {
        Assert.Null(await _jobs.LastAsync(_connection, Stop));
        var before = _served.Org.Usage.Used;
        var list = await _jobs.LookAsync(_connection, Stop);
        Assert.Equal(before + 2, _served.Org.Usage.Used);
        Assert.Equal(2, list.Seen.ApiCalls);
        Assert.Equal(_served.Org.Store.Truth("CronTrigger", ["State"], false).Select(row => row.Id).Order(), list.Seen.Schedules.Select(schedule => schedule.Id).Order());
        var apex = list.Jobs.Where(job => job.Group == OrgJobGroup.ScheduledApex).ToList();
        Assert.Equal(6, apex.Count);
        Assert.All(apex, job => Assert.True(job is { CanStop: true, ClassName: not null, Often: not null }));
        Assert.Contains(list.Jobs, job => job is { Group: OrgJobGroup.OtherSchedules, CanStop: false, WhyNot: not null });
        Assert.Contains(list.Jobs, job => job is { Group: OrgJobGroup.Ended });
        // Pieces of a batch and the rows that only stand for a schedule are no jobs of their own.
        Assert.DoesNotContain(list.Seen.Runs, run => run.JobType is "BatchApexWorker" or "ScheduledApex");
        Assert.NotNull(await _jobs.LastAsync(_connection, Stop));
        Assert.Equal(before + 2, _served.Org.Usage.Used);
    }

    [Fact]
    public async Task A_second_look_within_seconds_asks_nothing()
    {
        var patient = new OrgJobs(_served.Service<OrgClients>(), _served.Service<StoppedOrgJobs>(), TimeProvider.System) { Fresh = TimeSpan.FromHours(1) };
        var before = _served.Org.Usage.Used;
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => patient.LookAsync(_connection, Stop)));
        Assert.Equal(before + 2, _served.Org.Usage.Used);
    }

    [Fact]
    public async Task A_stopped_job_is_gone_from_the_org_and_comes_back_as_it_was()
    {
        var job = await FirstAsync();
        var stopped = await _jobs.StopAsync(_connection, job.Id, "marta@example.com", Stop);
        Assert.Equal((job.Name, true), (stopped.Name, stopped.Changed));
        Assert.DoesNotContain(_served.Org.Store.Truth("CronTrigger", ["State"], false), row => row.Id == job.Id);
        var listed = Assert.Single((await _jobs.LookAsync(_connection, Stop)).Jobs, each => each.Id == job.Id);
        Assert.Equal((OrgJobActivity.Stopped, "marta@example.com", true), (listed.Activity, listed.StoppedBy, listed.CanStart));
        // Pressed twice: nothing more is done, and the answer says so.
        Assert.False((await _jobs.StopAsync(_connection, job.Id, "other@example.com", Stop)).Changed);

        var started = await _jobs.StartAsync(_connection, job.Id, Stop);
        Assert.True(started.Changed);
        Assert.NotEqual(job.Id, started.Id);
        Assert.Equal((job.Name, job.ClassName), (started.Schedule!.Name, started.Schedule.ClassName));
        Assert.Equal(job.Often!.Split(" (")[0], started.Schedule.Cron);
        var again = await _jobs.StartAsync(_connection, job.Id, Stop);
        Assert.Equal((started.Id, false), (again.Id, again.Changed));
        var jobs = (await _jobs.LookAsync(_connection, Stop)).Jobs;
        Assert.Single(jobs, each => each.Name == job.Name && each.Group == OrgJobGroup.ScheduledApex);
        // What came back is stopped under its new Id, and what it was before is forgotten.
        await _jobs.StopAsync(_connection, started.Id, "marta@example.com", Stop);
        Assert.Equal(started.Id, Assert.Single(await _served.Service<StoppedOrgJobs>().ListAsync(_connection.Id, Stop)).Id);
    }

    [Fact]
    public async Task A_run_is_ended_once_and_cannot_be_started_again()
    {
        var id = _served.Org.Store.Insert("AsyncApexJob", new Dictionary<string, object?> { ["JobType"] = "BatchApex", ["Status"] = "Queued", ["ApexClassId"] = _served.Org.Store.Truth("ApexClass", ["Name"], false).First().Id });
        var job = Assert.Single((await _jobs.LookAsync(_connection, Stop)).Jobs, each => each.Id == id);
        Assert.True(job.CanStop);
        Assert.True((await _jobs.StopAsync(_connection, id, "test", Stop)).Changed);
        Assert.Equal("Aborted", _served.Org.Store.Truth("AsyncApexJob", ["Status"], false).Single(row => row.Id == id).Values[0]);
        Assert.False((await _jobs.StopAsync(_connection, id, "test", Stop)).Changed);
        Assert.Contains("cannot be started again", (await Assert.ThrowsAsync<InvalidInputException>(() => _jobs.StartAsync(_connection, id, Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_is_gone_or_is_none_gets_a_clear_answer()
    {
        var job = await FirstAsync();
        _served.Org.Store.HardDelete("CronTrigger", job.Id);
        var gone = await Assert.ThrowsAsync<InvalidInputException>(() => _jobs.StopAsync(_connection, job.Id, "test", Stop));
        Assert.StartsWith("The job is no longer in the org", gone.Message, StringComparison.Ordinal);
        Assert.Empty(await _served.Service<StoppedOrgJobs>().ListAsync(_connection.Id, Stop));
        // The list forgets it without asking anew.
        Assert.DoesNotContain((await _jobs.LastAsync(_connection, Stop))!.Jobs, each => each.Id == job.Id);
        Assert.Contains("was stopped from here", (await Assert.ThrowsAsync<InvalidInputException>(() => _jobs.StartAsync(_connection, job.Id, Stop))).Message, StringComparison.Ordinal);
        foreach (var nonsense in new[] { "", "sync", "001000000000001AAA", "08e' OR Id != '" })
            Assert.Contains("is no Id of a job", (await Assert.ThrowsAsync<InvalidInputException>(() => _jobs.StopAsync(_connection, nonsense, "test", Stop))).Message, StringComparison.Ordinal);
        var flow = (await _jobs.LookAsync(_connection, Stop)).Jobs.First(each => each.Group == OrgJobGroup.OtherSchedules);
        Assert.Contains("cannot be stopped from here", (await Assert.ThrowsAsync<InvalidInputException>(() => _jobs.StopAsync(_connection, flow.Id, "test", Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_any_characters_goes_to_the_org_and_back_unharmed()
    {
        const string name = """O'Brien's "nightly" \ <b>42%</b> – ночь';System.abortJob('x""";
        var id = _served.Org.Store.Insert("CronJobDetail", new Dictionary<string, object?> { ["Name"] = name, ["JobType"] = "7" });
        var job = await FirstAsync();
        _served.Org.Store.Update("CronTrigger", job.Id, new Dictionary<string, object?> { ["CronJobDetailId"] = id });
        Assert.Equal(name, (await _jobs.StopAsync(_connection, job.Id, "test", Stop)).Name);
        Assert.Equal(name, (await _jobs.StartAsync(_connection, job.Id, Stop)).Schedule!.Name);
    }

    [Fact]
    public async Task A_user_who_may_not_see_Setup_is_told_which_permission_is_missing()
    {
        _served.Org.Store.Schema.HideObject("CronTrigger", true);
        var refused = await Assert.ThrowsAsync<SalesforceException>(() => _jobs.LookAsync(_connection, Stop));
        Assert.Equal((FailureKind.Permission, "The connected user may not see the org's scheduled jobs."), (refused.Kind, refused.Message));
        Assert.Contains("View Setup and Configuration", refused.NextStep, StringComparison.Ordinal);
        _served.Org.Store.Schema.HideObject("CronTrigger", false);
        _served.Org.Store.Schema.HideObject("AsyncApexJob", true);
        var list = await _jobs.LookAsync(_connection, Stop);
        Assert.Contains("Apex jobs", list.Seen.RunsRefused!.Message, StringComparison.Ordinal);
        Assert.All(list.Jobs, job => Assert.False(job.CanStop));
    }

    [Fact]
    public async Task Without_the_package_jobs_are_seen_and_a_press_says_what_is_missing()
    {
        var job = await FirstAsync();
        _served.Org.Settings.Policies = new OrgPolicies { JobsPackage = false };
        var list = await _jobs.LookAsync(_connection, Stop);
        Assert.IsType<JobsPackage.Missing>(list.Seen.Package);
        Assert.All(list.Jobs, each => Assert.NotNull(each.WhyNot));
        var refused = await Assert.ThrowsAsync<SalesforceException>(() => _jobs.StopAsync(_connection, job.Id, "test", Stop));
        Assert.Equal((FailureKind.Permission, "The org has no package for jobs, so nothing in it can be stopped or started from here."), (refused.Kind, refused.Message));

        _served.Org.Settings.Policies = new OrgPolicies();
        _served.Org.Users.Put(_served.Org.Users.First with { JobsClass = false });
        Assert.IsType<JobsPackage.NoAccess>((await _jobs.LookAsync(_connection, Stop)).Seen.Package);
        Assert.Contains("OrgJobsResource", (await Assert.ThrowsAsync<SalesforceException>(() => _jobs.StopAsync(_connection, job.Id, "test", Stop))).NextStep, StringComparison.Ordinal);

        _served.Org.Users.Put(_served.Org.Users.First with { JobsClass = true });
        _served.Org.Settings.Policies = new OrgPolicies { JobsAllowlist = ["NoSuchClass"] };
        Assert.Contains("allowlist", (await Assert.ThrowsAsync<SalesforceException>(() => _jobs.StopAsync(_connection, job.Id, "test", Stop))).Message, StringComparison.Ordinal);
        // None of the refusals left anything that looks stopped.
        Assert.Empty(await _served.Service<StoppedOrgJobs>().ListAsync(_connection.Id, Stop));
        Assert.Contains(_served.Org.Store.Truth("CronTrigger", ["State"], false), row => row.Id == job.Id);
    }

    [Fact]
    public async Task No_call_is_made_when_the_quota_is_used_up()
    {
        var job = await FirstAsync();
        _served.Org.Usage.Background = _served.Org.Usage.Limit;
        await Assert.ThrowsAsync<QuotaStopException>(() => _jobs.LookAsync(_connection, Stop));
        var used = _served.Org.Usage.Used;
        Assert.Contains("API calls of the last 24 hours", (await Assert.ThrowsAsync<QuotaStopException>(() => _jobs.StopAsync(_connection, job.Id, "test", Stop))).Message, StringComparison.Ordinal);
        Assert.Equal(used, _served.Org.Usage.Used);
        Assert.NotNull(await _jobs.LastAsync(_connection, Stop));
    }

    [Fact]
    public async Task A_stop_whose_answer_is_lost_is_told_from_one_that_was_not_done()
    {
        var job = await FirstAsync();
        // The org does it, and the answer does not arrive.
        var cut = _served.Org.Faults.Add("POST /services/apexrest/*", new FaultEffect.CutBody(3));
        Assert.True((await _jobs.StopAsync(_connection, job.Id, "test", Stop)).Changed);
        Assert.True((await _jobs.StartAsync(_connection, job.Id, Stop)).Changed);
        _served.Org.Faults.Remove(cut);
        Assert.Single(_served.Org.Store.Truth("CronJobDetail", ["Name"], false), row => row.Values[0] == job.Name);
        // The org does not even begin.
        var other = await FirstAsync();
        _served.Org.Faults.Add("POST /services/apexrest/*", FaultEffect.Answer.Error(503, "SERVER_UNAVAILABLE", "away"));
        await Assert.ThrowsAsync<SalesforceException>(() => _jobs.StopAsync(_connection, other.Id, "test", Stop));
        Assert.DoesNotContain(await _served.Service<StoppedOrgJobs>().ListAsync(_connection.Id, Stop), kept => kept.Id == other.Id);
        Assert.Contains(_served.Org.Store.Truth("CronTrigger", ["State"], false), row => row.Id == other.Id);
    }

    [Fact]
    public async Task A_job_that_somebody_scheduled_in_Setup_meanwhile_is_not_scheduled_twice()
    {
        var job = await FirstAsync();
        await _jobs.StopAsync(_connection, job.Id, "test", Stop);
        var elsewhere = await _served.Service<OrgClients>().Open(_connection.Id, _connection.InstanceUrl!, new CallCounter()).OrgJobs.ScheduleAsync(job.Name, "0 0 5 * * ?", job.ClassName!, Stop);
        var started = await _jobs.StartAsync(_connection, job.Id, Stop);
        Assert.Equal((elsewhere, false), (started.Id, started.Changed));
    }

    private async Task<OrgJob> FirstAsync() => (await _jobs.LookAsync(_connection, Stop)).Jobs.First(job => job is { Group: OrgJobGroup.ScheduledApex, CanStop: true });
}
