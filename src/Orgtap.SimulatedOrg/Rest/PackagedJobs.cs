using System.Text.Json;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Data.Jobs;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>
/// <c>/services/apexrest/orgjobs/jobs</c>: an Apex REST resource as an installed package brings it along (facts §8). GET lists scheduled jobs, POST stops one
/// (<c>{"action":"abort","id"}</c>) or starts one (<c>{"action":"schedule","name","cron","className"}</c>), both for classes on the package's allowlist only. Who calls needs access to the
/// Apex class and nothing else: no Author Apex.
/// </summary>
internal sealed class PackagedJobs(OrgStore store, OrgUsers users, OrgSettings settings)
{
    private const string ClassName = "OrgJobsResource";

    public RestResource Resource => new("apexrest", "*", "orgjobs/jobs", Answer, Alone: true);

    private RestReply Answer(RestCall call)
    {
        var policies = settings.Policies;
        if (!policies.JobsPackage || !call["path"].Trim('/').Equals("orgjobs/jobs", StringComparison.OrdinalIgnoreCase))
            throw new RestException(StatusCodes.Status404NotFound, "NOT_FOUND", "Could not find a match for URL");
        if (users.ById(call.Session.UserId) is { JobsClass: false })
            throw new RestException(StatusCodes.Status403Forbidden, "FORBIDDEN", $"You do not have access to the Apex class named: {ClassName}");
        return call.Method switch
        {
            "GET" => RestReply.Of(List),
            "POST" => Act(call),
            _ => throw new RestException(StatusCodes.Status405MethodNotAllowed, "METHOD_NOT_ALLOWED", $"HTTP Method '{call.Method}' not allowed. Allowed are GET,POST"),
        };
    }

    private void List(Utf8JsonWriter writer)
    {
        var classes = Jobs().Where(job => job.Trigger is not null).ToDictionary(job => job.Trigger!, job => job.ClassName);
        writer.WriteStartArray();
        foreach (var trigger in store.Truth("CronTrigger", ["CronJobDetailId", "CronExpression", "TimeZoneSidKey", "State", "NextFireTime"], includeDeleted: false))
        {
            var className = classes.GetValueOrDefault(trigger.Id);
            writer.WriteStartObject();
            writer.WriteString("id", trigger.Id);
            writer.WriteString("name", store.Jobs.NameOf(trigger.Id));
            writer.WriteString("className", className);
            writer.WriteString("cron", trigger.Values[1]);
            writer.WriteString("timeZone", trigger.Values[2]);
            writer.WriteString("state", trigger.Values[3]);
            writer.WriteString("nextFireTime", trigger.Values[4]);
            writer.WriteBoolean("allowed", className is not null && IsAllowed(className));
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private RestReply Act(RestCall call)
    {
        var (action, id, name, cron, className) = (Text(call, "action"), Text(call, "id"), Text(call, "name"), Text(call, "cron"), Text(call, "className"));
        try
        {
            switch (action)
            {
                case "abort" when id is not null:
                    store.Jobs.CheckAbort(id);
                    Check(Jobs().FirstOrDefault(job => job.Trigger == SalesforceId.Normalize(id) || job.Id == SalesforceId.Normalize(id)).ClassName);
                    store.Jobs.Abort(id);
                    return RestReply.Of(writer => Outcome(writer, id));
                case "schedule" when name is not null && cron is not null && className is not null:
                    Check(className);
                    if (store.Jobs.IsSchedulable(className) is not true) throw new ApexException($"System.TypeException: {className} is no Schedulable");
                    var trigger = store.Jobs.Schedule(name, cron, className, call.Session.UserId);
                    return RestReply.Of(writer => Outcome(writer, trigger));
                default:
                    throw new ApexException("OrgJobsResource.JobException: action must be abort (with id) or schedule (with name, cron and className)");
            }
        }
        catch (ApexException failure)
        {
            // What Apex throws and does not catch.
            throw new RestException(StatusCodes.Status500InternalServerError, "APEX_ERROR", $"{failure.Message}\n\nClass.{ClassName}.doPost: line 1, column 1");
        }
    }

    private void Check(string? className)
    {
        if (className is null || !IsAllowed(className)) throw new ApexException($"OrgJobsResource.JobException: {className ?? "this job"} is not on the package's allowlist");
    }

    private bool IsAllowed(string className) => settings.Policies.JobsAllowlist is not { } allowed || allowed.Contains(className, StringComparer.OrdinalIgnoreCase);

    private IEnumerable<(string Id, string? Trigger, string? ClassName)> Jobs()
    {
        var names = store.Truth("ApexClass", ["Name"], includeDeleted: false).ToDictionary(row => row.Id, row => row.Values[0]);
        return store.Truth("AsyncApexJob", ["CronTriggerId", "ApexClassId"], includeDeleted: false)
            .Select(row => (row.Id, row.Values[0], row.Values[1] is { } apexClass ? names.GetValueOrDefault(apexClass) : null));
    }

    private static string? Text(RestCall call, string member) =>
        call.Body.ValueKind == JsonValueKind.Object && call.Body.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void Outcome(Utf8JsonWriter writer, string id)
    {
        writer.WriteStartObject();
        writer.WriteString("id", id);
        writer.WriteEndObject();
    }
}
