using System.Globalization;
using System.Text.Json;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.Bulk;

internal enum BulkJobState
{
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

/// <summary>A query job. Its state follows from the clock, from whether its result is rendered, and from the fault it was created under.</summary>
internal sealed class BulkJob(string id, string userId, string version, BulkJobRequest request, string sobject, SpoolShelf.Slot slot, FaultEffect? fault, DateTimeOffset created, TimeSpan delay)
{
    private readonly Lock _gate = new();
    private DateTimeOffset? _rendered;
    private DateTimeOffset? _aborted;
    private string? _broken;

    public string Id => id;
    public string UserId => userId;
    public string SObject => sobject;

    /// <summary>The API version it was created with, e.g. 66.0; its results are served to that one only.</summary>
    public string Version => version;
    public DateTimeOffset Created => created;
    public SpoolShelf.Slot Slot => slot;

    public BulkJobState State(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_aborted is not null) return BulkJobState.Aborted;
            if (_broken is not null) return BulkJobState.Failed;
            if (fault is FaultEffect.StickBulkJob || _rendered is null || now < created + delay) return BulkJobState.InProgress;
            return fault is FaultEffect.FailBulkJob ? BulkJobState.Failed : BulkJobState.JobComplete;
        }
    }

    public void RenderedAt(DateTimeOffset now) { lock (_gate) _rendered = now; }

    public void BrokenBy(Exception cause) { lock (_gate) _broken = cause.Message; }

    public void Abort(DateTimeOffset now) { lock (_gate) _aborted = now; }

    /// <summary>The members that create and list answers share.</summary>
    public void WriteHead(Utf8JsonWriter writer, BulkJobState state, DateTimeOffset now, bool withJobType)
    {
        writer.WriteString("id", id);
        writer.WriteString("operation", request.IncludeDeleted ? "queryAll" : "query");
        writer.WriteString("object", sobject);
        writer.WriteString("createdById", userId);
        writer.WriteString("createdDate", SalesforceTime.Rest(created));
        writer.WriteString("systemModstamp", SalesforceTime.Rest(Ended(state) ?? (state == BulkJobState.UploadComplete ? created : now)));
        writer.WriteString("state", state.ToString());
        writer.WriteString("concurrencyMode", "Parallel");
        writer.WriteString("contentType", "CSV");
        writer.WritePropertyName("apiVersion");
        writer.WriteRawValue(version);
        if (withJobType) writer.WriteString("jobType", "V2Query");
        writer.WriteString("lineEnding", request.LineEnding);
        writer.WriteString("columnDelimiter", request.ColumnDelimiter);
    }

    public void WriteInfo(Utf8JsonWriter writer, DateTimeOffset now, bool withCount)
    {
        var state = State(now);
        writer.WriteStartObject();
        WriteHead(writer, state, now, withJobType: true);
        if (withCount) writer.WriteNumber("numberRecordsProcessed", state == BulkJobState.JobComplete ? slot.Spool.Count : 0);
        writer.WriteNumber("retries", 0);
        writer.WriteNumber("totalProcessingTime", (long)Math.Max(0, ((Ended(state) ?? now) - created).TotalMilliseconds));
        if (decimal.Parse(version, CultureInfo.InvariantCulture) >= 60) writer.WriteBoolean("isPkChunkingSupported", true);
        if (state == BulkJobState.Failed && (_broken ?? (fault as FaultEffect.FailBulkJob)?.ErrorMessage) is { } message) writer.WriteString("errorMessage", message);
        writer.WriteEndObject();
    }

    private DateTimeOffset? Ended(BulkJobState state)
    {
        lock (_gate)
            return state switch
            {
                BulkJobState.Aborted => _aborted,
                BulkJobState.JobComplete or BulkJobState.Failed => _rendered is { } rendered && rendered > created + delay ? rendered : created + delay,
                _ => null,
            };
    }
}
