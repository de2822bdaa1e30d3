using Orgtap.Primitives;
using Orgtap.Salesforce.Jobs;
using Orgtap.Scheduling;

namespace Orgtap.Tests.Scheduling;

/// <summary>What is shown of jobs inside an org, and what may be done with each.</summary>
public sealed class OrgJobListTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly JobsPackage Allowing = new JobsPackage.Installed(new Dictionary<string, bool>(StringComparer.OrdinalIgnoreCase) { ["NightlySync"] = true, ["LeadScorer"] = false });

    [Fact]
    public void Scheduled_Apex_of_an_allowed_class_can_be_stopped_and_everything_else_says_why_not()
    {
        Assert.True(Only(Schedule("08e1", "Nightly", "NightlySync"), Allowing).CanStop);
        Assert.Equal("The package’s allowlist in the org does not name LeadScorer.", Only(Schedule("08e1", "Score", "LeadScorer"), Allowing).WhyNot);
        Assert.Contains("does not show which class", Only(Schedule("08e1", "Hidden", null), Allowing).WhyNot, StringComparison.Ordinal);
        Assert.Contains("Setup › Flows", Only(Schedule("08e1", "Flow", null) with { Kind = OrgScheduleKind.ScheduledFlow }, Allowing).WhyNot, StringComparison.Ordinal);
        Assert.Contains("Setup › Data Export", Only(Schedule("08e1", "Export", null) with { Kind = OrgScheduleKind.DataExport }, Allowing).WhyNot, StringComparison.Ordinal);
        Assert.Contains("has ended", Only(Schedule("08e1", "Once", "NightlySync") with { State = "COMPLETE" }, Allowing).WhyNot, StringComparison.Ordinal);
        foreach (var kind in Enum.GetValues<OrgScheduleKind>().Where(kind => kind != OrgScheduleKind.ScheduledApex))
            Assert.False(string.IsNullOrEmpty(Only(Schedule("08e1", "Other", null) with { Kind = kind }, Allowing).WhyNot));
    }

    [Fact]
    public void Without_the_package_nothing_can_be_stopped_and_the_reason_names_it()
    {
        Assert.Contains("is not installed", Only(Schedule("08e1", "Nightly", "NightlySync"), new JobsPackage.Missing()).WhyNot, StringComparison.Ordinal);
        Assert.Contains("may not use", Only(Schedule("08e1", "Nightly", "NightlySync"), new JobsPackage.NoAccess()).WhyNot, StringComparison.Ordinal);
        Assert.Contains("did not answer", Only(Schedule("08e1", "Nightly", "NightlySync"), new JobsPackage.Silent(new OrgtapException(FailureKind.Transient, "m", "n"))).WhyNot, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_job_is_listed_until_the_org_has_it_again()
    {
        var kept = Kept("08e1", "Nightly", "NightlySync");
        var stopped = Assert.Single(List([], [kept]).Jobs);
        Assert.True(stopped.CanStart);
        Assert.Equal((OrgJobActivity.Stopped, "marta@example.com", "0 0 2 * * ? (Europe/Berlin)", "Starts as ann@example.com, in that user’s time zone"), (stopped.Activity, stopped.StoppedBy, stopped.Often, stopped.Change));
        // Killed between keeping and aborting: it was never stopped.
        Assert.Equal(OrgJobActivity.Waiting, Assert.Single(List([Schedule("08e1", "Nightly", "NightlySync")], [kept]).Jobs).Activity);
        // Somebody scheduled it in Setup, or the answer of our start was lost.
        Assert.Equal("08e2", Assert.Single(List([Schedule("08e2", "nightly", "NightlySync")], [kept]).Jobs).Id);
        Assert.Empty(List([], [kept with { StartedAs = "08e2" }]).Jobs);
    }

    [Fact]
    public void A_stopped_job_whose_name_another_class_has_taken_says_so()
    {
        var jobs = List([Schedule("08e2", "Nightly", "LeadScorer")], [Kept("08e1", "Nightly", "NightlySync")]).Jobs;
        Assert.Equal(2, jobs.Count);
        Assert.Contains("Another class", jobs.Single(job => job.Activity == OrgJobActivity.Stopped).WhyNot, StringComparison.Ordinal);
    }

    [Fact]
    public void Jobs_of_one_name_are_told_apart_by_their_Ids()
    {
        var jobs = List([Schedule("08e1", "Twin", "NightlySync"), Schedule("08e2", "Twin", null) with { Kind = OrgScheduleKind.ScheduledFlow }], []).Jobs;
        Assert.Equal([("08e1", OrgJobGroup.ScheduledApex), ("08e2", OrgJobGroup.OtherSchedules)], jobs.Select(job => (job.Id, job.Group)));
    }

    [Theory]
    [InlineData("WAITING", OrgJobActivity.Waiting)]
    [InlineData("ACQUIRED", OrgJobActivity.Running)]
    [InlineData("EXECUTING", OrgJobActivity.Running)]
    [InlineData("BLOCKED", OrgJobActivity.Running)]
    [InlineData("PAUSED", OrgJobActivity.Paused)]
    [InlineData("PAUSED_BLOCKED", OrgJobActivity.Paused)]
    [InlineData("COMPLETE", OrgJobActivity.Ended)]
    [InlineData("ERROR", OrgJobActivity.Failed)]
    public void Salesforces_states_have_a_word(string state, OrgJobActivity activity) => Assert.Equal(activity, Only(Schedule("08e1", "Nightly", "NightlySync") with { State = state }, Allowing).Activity);

    [Fact]
    public void A_run_can_be_ended_until_it_has_ended_unless_it_is_Salesforces_own()
    {
        var batch = new ApexRun("7071", "BatchApex", "NightlySync", null, "Processing", null, 1, 3, 1_200, Noon, null, "Ann");
        var shown = Only(batch);
        Assert.Equal((true, OrgJobGroup.Running, "NightlySync", "Batch Apex, started by Ann", "Processing, 3 of 1,200 batches, 1 error"), (shown.CanStop, shown.Group, shown.Name, shown.Does, shown.LastWords));
        Assert.False(shown.CanStart);
        Assert.Equal("NightlySync.runLater", Only(batch with { JobType = "Future", MethodName = "runLater" }).Name);
        Assert.Contains("allowlist", Only(batch with { ClassName = "LeadScorer" }).WhyNot, StringComparison.Ordinal);
        Assert.Contains("Salesforce’s own", Only(batch with { JobType = "SharingRecalculation" }).WhyNot, StringComparison.Ordinal);
        // The package names only classes that have a schedule; of others the org itself says whether it lets them be stopped.
        Assert.True(Only(batch with { ClassName = "OnlyABatch" }).CanStop);
        var failed = Only(batch with { Status = "Failed", Said = "First error: too slow" });
        Assert.Equal((OrgJobActivity.Failed, OrgJobGroup.Ended, false), (failed.Activity, failed.Group, failed.CanStop));
        Assert.Contains("First error: too slow", failed.LastWords, StringComparison.Ordinal);
    }

    private static OrgJob Only(OrgSchedule schedule, JobsPackage package) => Assert.Single(List([schedule], [], package).Jobs);

    private static OrgJob Only(ApexRun run) => Assert.Single(OrgJobList.Of(new OrgJobsSeen([], [run], null, Allowing, false, Noon, 2), [], null).Jobs);

    private static OrgJobList List(IReadOnlyList<OrgSchedule> schedules, IReadOnlyList<StoppedOrgJob> kept, JobsPackage? package = null) => OrgJobList.Of(new OrgJobsSeen(schedules, [], null, package ?? Allowing, false, Noon, 2), kept, "ann@example.com");

    private static OrgSchedule Schedule(string id, string name, string? className) => new(id, name, OrgScheduleKind.ScheduledApex, "WAITING", className, "0 0 2 * * ?", "Europe/Berlin", Noon.AddHours(12), null, 0, "005", "Erik Solberg");

    private static StoppedOrgJob Kept(string id, string name, string className) => new(id, name, className, "0 0 2 * * ?", "Europe/Berlin", "005", "Erik Solberg", Noon, "marta@example.com", null);
}
