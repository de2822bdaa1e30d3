using System.Globalization;
using System.Text.Json;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Salesforce.Jobs;

/// <summary>What a CronTrigger starts, by <c>CronJobDetail.JobType</c> (https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_cronjobdetail.htm).</summary>
public enum OrgScheduleKind
{
    /// <summary>A type Salesforce added later.</summary>
    Other,
    DataExport,
    DashboardRefresh,
    ReportingSnapshot,
    ScheduledFlow,
    ScheduledApex,
    ReportRun,
    BatchJob,
}

/// <summary>A schedule inside the org: a CronTrigger with its CronJobDetail. Times are UTC.</summary>
/// <param name="Id">18 characters, beginning with 08e. A job that is scheduled again has another one.</param>
/// <param name="Name">As it was given in the org; any characters. Among scheduled Apex unique, among all kinds not.</param>
/// <param name="State">In Salesforce's words: WAITING, ACQUIRED, EXECUTING, COMPLETE, ERROR, DELETED, PAUSED, BLOCKED, PAUSED_BLOCKED.</param>
/// <param name="ClassName">The Apex class, with its namespace where it has one; null: it runs none, or the org does not show which (before API 53.0, or without the right to see Apex jobs).</param>
/// <param name="Cron">Salesforce's expression, in the zone beside it.</param>
/// <param name="OwnerId">Whom it runs as.</param>
/// <param name="ScheduledBy">The name of who scheduled it.</param>
public sealed record OrgSchedule(
    string Id, string Name, OrgScheduleKind Kind, string State, string? ClassName, string? Cron, string? Zone, DateTimeOffset? Next, DateTimeOffset? Previous, long Times, string? OwnerId, string? ScheduledBy)
{
    internal static readonly string[] Fields =
        ["Id", "CronJobDetail.Name", "CronJobDetail.JobType", "CronExpression", "State", "NextFireTime", "PreviousFireTime", "TimesTriggered", "TimeZoneSidKey", "OwnerId", "CreatedBy.Name"];

    /// <summary>It was taken off the schedule; the row is only not yet cleared away.</summary>
    public bool IsGone => State == "DELETED";

    /// <summary>It will not run again by itself.</summary>
    public bool HasEnded => State is "COMPLETE" or "ERROR";

    internal static OrgSchedule? Read(JsonElement row, IReadOnlyDictionary<string, string> classes)
    {
        if (row.Text("Id") is not { } id) return null;
        var detail = row.ValueKind == JsonValueKind.Object && row.TryGetProperty("CronJobDetail", out var found) ? found : default;
        return new OrgSchedule(id, detail.Text("Name") ?? id, KindOf(detail.Text("JobType")), row.Text("State") ?? "", classes.GetValueOrDefault(id), row.Text("CronExpression"), row.Text("TimeZoneSidKey"),
            OrgTime.Of(row, "NextFireTime"), OrgTime.Of(row, "PreviousFireTime"), row.Long("TimesTriggered") ?? 0, row.Text("OwnerId"), OrgTime.NameOf(row, "CreatedBy"));
    }

    private static OrgScheduleKind KindOf(string? type) => type switch
    {
        "1" => OrgScheduleKind.DataExport,
        "3" => OrgScheduleKind.DashboardRefresh,
        "4" => OrgScheduleKind.ReportingSnapshot,
        "6" => OrgScheduleKind.ScheduledFlow,
        "7" => OrgScheduleKind.ScheduledApex,
        "8" => OrgScheduleKind.ReportRun,
        "9" => OrgScheduleKind.BatchJob,
        _ => OrgScheduleKind.Other,
    };
}

/// <summary>Reads what rows of jobs have in common.</summary>
internal static class OrgTime
{
    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm:ss.fffzz'00'", "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.fffzzz"];

    public static DateTimeOffset? Of(JsonElement row, string name) =>
        row.Text(name) is { } text && DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var at) ? at : null;

    public static string? NameOf(JsonElement row, string relation) => row.ValueKind == JsonValueKind.Object && row.TryGetProperty(relation, out var other) ? other.Text("Name") : null;

    /// <summary>A class as Apex finds it by name: <c>Name</c>, or <c>namespace.Name</c>.</summary>
    public static string? ClassOf(JsonElement row) => NameOf(row, "ApexClass") is { } name
        ? row.GetProperty("ApexClass").Text("NamespacePrefix") is { Length: > 0 } prefix ? $"{prefix}.{name}" : name
        : null;
}
