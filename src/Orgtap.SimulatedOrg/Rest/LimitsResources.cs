using System.Text.Json;
using Orgtap.SimulatedOrg.Bulk;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Limits;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary><c>/limits</c> and <c>/limits/recordCount</c>.</summary>
internal sealed class LimitsResources(OrgStore store, ApiUsage usage, BulkJobs jobs)
{
    // A Developer Edition's, where nothing here uses them up.
    private static readonly (string Name, long Max)[] Untouched =
    [
        ("ConcurrentAsyncGetReportInstances", 200), ("ConcurrentSyncReportRuns", 20), ("DailyAsyncApexExecutions", 250_000),
        ("DailyBulkApiBatches", 15_000), ("DailyDeliveredPlatformEvents", 10_000), ("DailyDurableStreamingApiEvents", 10_000),
        ("DailyStreamingApiEvents", 10_000), ("DailyWorkflowEmails", 390), ("DataStorageMB", 5), ("DurableStreamingApiConcurrentClients", 20),
        ("FileStorageMB", 20), ("HourlyAsyncReportRuns", 1_200), ("HourlyDashboardRefreshes", 200), ("HourlyDashboardResults", 5_000), ("HourlyDashboardStatuses", 999_999_999),
        ("HourlyODataCallout", 1_000), ("HourlySyncReportRuns", 500), ("HourlyTimeBasedWorkflow", 50), ("MassEmail", 10),
        ("MonthlyPlatformEventsUsageEntitlement", 0), ("SingleEmail", 15), ("StreamingApiConcurrentClients", 20),
    ];

    public RestResource Limits => new("limits", "GET", "limits", _ => RestReply.Of(WriteLimits));

    public RestResource RecordCount => new("recordCount", "GET", "limits/recordCount", CountRecords);

    private void WriteLimits(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        Write(writer, "DailyApiRequests", usage.Limit, usage.Limit - usage.Used);
        Write(writer, "DailyBulkV2QueryJobs", jobs.DailyJobs, jobs.DailyJobs - jobs.CreatedToday);
        Write(writer, "DailyBulkV2QueryFileStorageMB", jobs.DailyStorageMegabytes, jobs.DailyStorageMegabytes - jobs.MegabytesToday);
        foreach (var (name, max) in Untouched) Write(writer, name, max, max);
        writer.WriteStartObject("PermissionSets");
        writer.WriteNumber("Max", 1_500);
        writer.WriteNumber("Remaining", 1_499);
        Write(writer, "CreateCustom", 1_000, 999);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, long max, long remaining)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("Max", max);
        writer.WriteNumber("Remaining", Math.Max(0, remaining));
        writer.WriteEndObject();
    }

    private RestReply CountRecords(RestCall call)
    {
        var names = call.Parameter("sObjects") is { } asked
            ? asked.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [.. store.Schema.Objects.Select(sobject => sobject.Name)];
        // Objects the user cannot see are left out, without an error.
        var counts = names.Select(store.Schema.Find).OfType<Schema.SObjectType>().Select(sobject => (sobject.Name, store.Count(sobject.Name, includeDeleted: false))).ToArray();
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("sObjects");
            foreach (var (name, count) in counts)
            {
                writer.WriteStartObject();
                writer.WriteNumber("count", count);
                writer.WriteString("name", name);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }
}
