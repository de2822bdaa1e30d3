using Orgtap.Salesforce.Jobs;

namespace Orgtap.Scheduling;

/// <summary>
/// What may be done with an org job, and the reason where it may not. Only Apex stops and starts jobs, only through the package's allowlist; and nothing is stopped that could not be
/// started again, except a run, which has an end anyway.
/// </summary>
public static class OrgJobRules
{
    public static OrgJob Of(OrgSchedule schedule, JobsPackage package) => new(
        schedule.Id, schedule.Name, schedule.Kind == OrgScheduleKind.ScheduledApex ? OrgJobGroup.ScheduledApex : OrgJobGroup.OtherSchedules,
        Joined(schedule.Kind == OrgScheduleKind.ScheduledApex ? schedule.ClassName is { } name ? $"Class {name}" : "Scheduled Apex" : KindOf(schedule.Kind), schedule.ScheduledBy is { } by ? $"scheduled by {by}" : null),
        schedule.ClassName, ActivityOf(schedule), schedule.State, schedule.Previous, schedule.Times switch { 0 => null, 1 => "ran once", var times => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"ran {times:N0} times") },
        schedule.Next, OftenOf(schedule.Cron, schedule.Zone), null, null, WhyNot(schedule, package), null);

    public static OrgJob Of(ApexRun run, JobsPackage package) => new(
        run.Id, run.ClassName is { } name ? run.MethodName is { Length: > 0 } method ? $"{name}.{method}" : name : KindOf(run.JobType), run.HasEnded ? OrgJobGroup.Ended : OrgJobGroup.Running,
        Joined(KindOf(run.JobType), run.StartedBy is { } by ? $"started by {by}" : null), run.ClassName,
        run.Status switch { "Processing" => OrgJobActivity.Running, "Failed" => OrgJobActivity.Failed, "Aborted" or "Completed" => OrgJobActivity.Ended, _ => OrgJobActivity.Waiting },
        run.Status, run.CreatedAt, WordsOf(run), null, null, null, null, WhyNot(run, package), null);

    /// <param name="live">Scheduled Apex that the org has.</param>
    public static OrgJob Of(StoppedOrgJob job, IReadOnlyList<OrgSchedule> live, JobsPackage package, string? username) => new(
        job.Id, job.Name, OrgJobGroup.ScheduledApex, Joined($"Class {job.ClassName}", job.ScheduledBy is { } by ? $"was scheduled by {by}" : null), job.ClassName, OrgJobActivity.Stopped, null, null, null, null,
        OftenOf(job.Cron, job.Zone), job.StoppedAt, job.StoppedBy,
        live.Any(schedule => string.Equals(schedule.Name, job.Name, StringComparison.OrdinalIgnoreCase)) ? "Another class is scheduled under this name now. Remove that in Setup › Scheduled Jobs first." : WhyNotAtAll(package, job.ClassName),
        $"Starts as {username ?? "the connected user"}, in that user’s time zone");

    /// <returns>Null: it can be stopped.</returns>
    public static string? WhyNot(OrgSchedule schedule, JobsPackage package) => schedule.Kind switch
    {
        OrgScheduleKind.ScheduledFlow => "A flow: Salesforce has no way to start it again from outside. Deactivate it in Setup › Flows.",
        OrgScheduleKind.DashboardRefresh => "A dashboard: change its schedule in Setup › Scheduled Jobs, or on the dashboard.",
        OrgScheduleKind.ReportRun or OrgScheduleKind.ReportingSnapshot => "A report: change its schedule in Setup › Scheduled Jobs, or on the report.",
        OrgScheduleKind.DataExport => "The org’s own export: change it in Setup › Data Export.",
        not OrgScheduleKind.ScheduledApex => "Salesforce has no way to start it again from outside. Use Setup › Scheduled Jobs.",
        _ when schedule.HasEnded => "It has ended and does not run again.",
        _ when WhyNotAtAll(package, null) is { } why => why,
        _ when schedule.ClassName is null || schedule.Cron is null => "The org does not show which class it runs, so it could not be started again. Use Setup › Scheduled Jobs.",
        _ => WhyNotAtAll(package, schedule.ClassName),
    };

    /// <inheritdoc cref="WhyNot(OrgSchedule, JobsPackage)"/>
    public static string? WhyNot(ApexRun run, JobsPackage package) => run switch
    {
        { HasEnded: true } => "It has ended.",
        { JobType: not ("BatchApex" or "Queueable" or "Future") } => "Salesforce’s own work: it cannot be stopped.",
        _ => WhyNotAtAll(package, run.ClassName),
    };

    private static string? WhyNotAtAll(JobsPackage package, string? className) => package switch
    {
        JobsPackage.Missing => "Only Apex in the org can do this, and the package for it is not installed.",
        JobsPackage.NoAccess => "The connected user may not use the package’s Apex class.",
        JobsPackage.Silent => "The package did not answer. Look again.",
        // Classes that have no schedule are not in its answer; the org itself says no to those.
        JobsPackage.Installed installed when className is not null && installed.Classes.TryGetValue(className, out var allowed) && !allowed => $"The package’s allowlist in the org does not name {className}.",
        _ => null,
    };

    private static OrgJobActivity ActivityOf(OrgSchedule schedule) => schedule.State switch
    {
        "ACQUIRED" or "EXECUTING" or "BLOCKED" => OrgJobActivity.Running,
        "PAUSED" or "PAUSED_BLOCKED" => OrgJobActivity.Paused,
        "COMPLETE" => OrgJobActivity.Ended,
        "ERROR" => OrgJobActivity.Failed,
        _ => OrgJobActivity.Waiting,
    };

    private static string KindOf(OrgScheduleKind kind) => kind switch
    {
        OrgScheduleKind.DataExport => "Data export",
        OrgScheduleKind.DashboardRefresh => "Dashboard refresh",
        OrgScheduleKind.ReportingSnapshot => "Reporting snapshot",
        OrgScheduleKind.ScheduledFlow => "Scheduled flow",
        OrgScheduleKind.ReportRun => "Report run",
        OrgScheduleKind.BatchJob => "Batch job",
        _ => "Schedule of another kind",
    };

    private static string KindOf(string jobType) => jobType switch
    {
        "BatchApex" => "Batch Apex",
        "Queueable" => "Queueable Apex",
        "Future" => "Future method",
        "SharingRecalculation" => "Sharing recalculation",
        "TestRequest" or "TestWorker" => "Apex tests",
        "" => "Apex",
        _ => jobType,
    };

    private static string WordsOf(ApexRun run)
    {
        var pieces = run.Total > 1 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{run.Processed:N0} of {run.Total:N0} batches") : null;
        var errors = run.Errors switch { 0 => null, 1 => "1 error", var many => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{many:N0} errors") };
        return Joined(Joined(Joined(run.Status, pieces), errors), run.Said is { Length: > 0 } said ? said : null);
    }

    private static string? OftenOf(string? cron, string? zone) => cron is null ? null : zone is null ? cron : $"{cron} ({zone})";

    private static string Joined(string first, string? second) => second is null ? first : $"{first}, {second}";
}
