using Orgtap.Salesforce.Jobs;

namespace Orgtap.Scheduling;

/// <summary>Where an org job stands in the list.</summary>
public enum OrgJobGroup
{
    /// <summary>Scheduled Apex: what can be stopped and started again.</summary>
    ScheduledApex,

    /// <summary>Apex that runs or waits to run once.</summary>
    Running,

    /// <summary>Flows, dashboards, reports: the org's own schedules.</summary>
    OtherSchedules,

    /// <summary>Apex that ran.</summary>
    Ended,
}

/// <summary>How an org job is.</summary>
public enum OrgJobActivity
{
    Waiting,
    Running,

    /// <summary>Paused by Salesforce or in Setup; it stays on the schedule.</summary>
    Paused,

    /// <summary>Stopped from here; the org no longer has it.</summary>
    Stopped,
    Ended,
    Failed,
}

/// <summary>A job inside the org, as people see it (product E3). Times are UTC.</summary>
/// <param name="Id">What it is stopped and started by: of a CronTrigger (08e…) or an AsyncApexJob (707…).</param>
/// <param name="Name">Any characters, not unique; a run has its class's.</param>
/// <param name="Does">Kind, class and whose, for people.</param>
/// <param name="State">Salesforce's own word; null for one that the org no longer has.</param>
/// <param name="Last">When it ran last, or began.</param>
/// <param name="LastWords">How that went, for people.</param>
/// <param name="Often">The expression with its zone; null: it runs once.</param>
/// <param name="WhyNot">Why it cannot be stopped or started from here, and where it can, for people; null: it can.</param>
/// <param name="Change">What starting it changes, for people; null: nothing.</param>
public sealed record OrgJob(
    string Id, string Name, OrgJobGroup Group, string Does, string? ClassName, OrgJobActivity Activity, string? State, DateTimeOffset? Last, string? LastWords, DateTimeOffset? Next, string? Often,
    DateTimeOffset? StoppedAt, string? StoppedBy, string? WhyNot, string? Change)
{
    public bool CanStop => WhyNot is null && Activity is not OrgJobActivity.Stopped && Group is OrgJobGroup.ScheduledApex or OrgJobGroup.Running;

    public bool CanStart => WhyNot is null && Activity is OrgJobActivity.Stopped;
}

/// <summary>A connection's org jobs at one moment.</summary>
/// <param name="Jobs">In the order of the groups.</param>
/// <param name="Username">Whom a job runs as that is started from here; null: not known.</param>
public sealed record OrgJobList(IReadOnlyList<OrgJob> Jobs, OrgJobsSeen Seen, string? Username)
{
    /// <summary>Puts together what the org has and what was stopped from here.</summary>
    /// <param name="stopped">Kept jobs, started ones too. One whose Id the org still has was not stopped; one whose name and class it has was scheduled again by somebody else.</param>
    public static OrgJobList Of(OrgJobsSeen seen, IReadOnlyList<StoppedOrgJob> stopped, string? username)
    {
        var live = seen.Schedules.Where(schedule => schedule.Kind == OrgScheduleKind.ScheduledApex).ToList();
        var gone = stopped.Where(job => job.StartedAs is null && live.All(schedule => schedule.Id != job.Id && !IsSame(schedule, job)));
        return new OrgJobList(
        [
            .. live.Select(schedule => OrgJobRules.Of(schedule, seen.Package)).Concat(gone.Select(job => OrgJobRules.Of(job, live, seen.Package, username))).OrderBy(job => job.Name, StringComparer.OrdinalIgnoreCase).ThenBy(job => job.Id, StringComparer.Ordinal),
            .. seen.Runs.Where(run => !run.HasEnded).Select(run => OrgJobRules.Of(run, seen.Package)),
            .. seen.Schedules.Where(schedule => schedule.Kind != OrgScheduleKind.ScheduledApex).Select(schedule => OrgJobRules.Of(schedule, seen.Package)),
            .. seen.Runs.Where(run => run.HasEnded).Select(run => OrgJobRules.Of(run, seen.Package)),
        ], seen, username);
    }

    /// <summary>The org has the job again, under another Id.</summary>
    internal static bool IsSame(OrgSchedule schedule, StoppedOrgJob job) => string.Equals(schedule.Name, job.Name, StringComparison.OrdinalIgnoreCase)
        && (schedule.ClassName is null || string.Equals(schedule.ClassName, job.ClassName, StringComparison.OrdinalIgnoreCase));
}
