using System.Globalization;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.Bulk;

/// <summary><c>/jobs/query</c>: create, look at, list, abort, delete. The results are served by <see cref="BulkResults"/>.</summary>
internal sealed class BulkResources(BulkJobs jobs, TimeProvider time, Oldness oldness)
{
    private const int ListedAtOnce = 1_000;

    public IEnumerable<RestResource> Resources =>
    [
        new("bulk.create", "POST", "jobs/query", Create, Alone: true),
        new("bulk.list", "GET", "jobs/query", List, Alone: true),
        new("bulk.get", "GET", "jobs/query/{job}", Get, Alone: true),
        new("bulk.abort", "PATCH", "jobs/query/{job}", Abort, Alone: true),
        new("bulk.delete", "DELETE", "jobs/query/{job}", Delete, Alone: true),
    ];

    private RestReply Create(RestCall call)
    {
        var job = jobs.Create(call, call.VersionPath + "/jobs/query");
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            job.WriteHead(writer, BulkJobState.UploadComplete, job.Created, withJobType: false);
            writer.WriteEndObject();
        });
    }

    private RestReply Get(RestCall call) => Info(jobs.Find(call["job"]));

    private RestReply Info(BulkJob job)
    {
        var now = time.GetUtcNow();
        return RestReply.Of(writer => job.WriteInfo(writer, now, withCount: !oldness.NoProcessedCount));
    }

    private RestReply Abort(RestCall call)
    {
        var job = jobs.Find(call["job"]);
        if (call.Body.ValueKind != JsonValueKind.Object || !call.Body.TryGetProperty("state", out var state) || !state.ValueEquals("Aborted"))
            throw new RestException(400, "INVALIDJOBSTATE", "Only the state Aborted can be set");
        if (job.State(time.GetUtcNow()) is var current and not BulkJobState.InProgress)
            throw new RestException(400, "INVALIDJOBSTATE", $"Aborting already {current} Job not allowed");
        job.Abort(time.GetUtcNow());
        return Info(job);
    }

    private RestReply Delete(RestCall call)
    {
        var job = jobs.Find(call["job"]);
        if (job.State(time.GetUtcNow()) is BulkJobState.InProgress)
            throw new RestException(400, "API_ERROR", "Error encountered when deleting the job because the job is not terminated");
        jobs.Delete(job);
        return new RestReply(204);
    }

    private RestReply List(RestCall call)
    {
        var from = call.Parameter("queryLocator") is { } locator && int.TryParse(locator, NumberStyles.None, CultureInfo.InvariantCulture, out var row) ? row : 0;
        var wanted = call.Parameter("jobType") is null or "V2Query"
            && (call.Parameter("concurrencyMode") is not { } mode || mode.Equals("parallel", StringComparison.OrdinalIgnoreCase));
        var all = wanted ? jobs.All : [];
        var page = all.Skip(from).Take(ListedAtOnce).ToArray();
        var now = time.GetUtcNow();
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            var done = from + page.Length >= all.Count;
            writer.WriteBoolean("done", done);
            writer.WriteStartArray("records");
            foreach (var job in page)
            {
                writer.WriteStartObject();
                job.WriteHead(writer, job.State(now), now, withJobType: true);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteString("nextRecordsUrl",
                done ? null : string.Create(CultureInfo.InvariantCulture, $"{call.VersionPath}/jobs/query?queryLocator={from + page.Length}"));
            writer.WriteEndObject();
        });
    }
}
