using System.Globalization;

namespace Orgtap.SimulatedOrg.Bulk.V1;

/// <summary>A query job of Bulk API 1.0.</summary>
/// <param name="ContentType">CSV, JSON or XML: of the results, and of what is told about batches.</param>
/// <param name="ChunkSize">Rows of a chunk; null without PK chunking.</param>
internal sealed record AsyncJobRequest(string Operation, string SObject, string ContentType, string ConcurrencyMode, int? ChunkSize);

/// <inheritdoc cref="AsyncJobRequest"/>
internal sealed class AsyncJob(string id, AsyncJobRequest request, string userId, string version, DateTimeOffset created)
{
    private readonly Lock _gate = new();
    private readonly List<AsyncBatch> _batches = [];
    private string _state = "Open";
    private DateTimeOffset _changed = created;

    public string Id => id;
    public AsyncJobRequest Request => request;
    public string Version => version;
    public DateTimeOffset Created { get; } = created;
    public bool IsAborted { get { lock (_gate) return _state == "Aborted"; } }
    public IReadOnlyList<AsyncBatch> Batches { get { lock (_gate) return [.. _batches]; } }

    public void Add(AsyncBatch batch) { lock (_gate) _batches.Add(batch); }

    /// <exception cref="AsyncRefusal">The job does not take batches any more.</exception>
    public void CheckOpen()
    {
        lock (_gate)
            if (_state != "Open") throw new AsyncRefusal("InvalidJobState", $"Job state is {_state}; batches can be added to open jobs only");
    }

    /// <param name="state">Closed or Aborted.</param>
    /// <exception cref="AsyncRefusal">It is neither, or the job has ended otherwise.</exception>
    public void End(string state, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (state is not ("Closed" or "Aborted")) throw new AsyncRefusal("InvalidJobState", $"A job cannot be set to {state}");
            if (_state == "Aborted" || (_state == "Closed" && state == "Closed")) throw new AsyncRefusal("InvalidJobState", $"{state} already {_state} Job not allowed");
            (_state, _changed) = (state, now);
        }
    }

    public AsyncBody Info(DateTimeOffset now)
    {
        var states = Batches.Select(batch => (State: batch.State(now), Records: batch.Records(now))).ToList();
        lock (_gate)
            return new AsyncBody("jobInfo",
            [
                ("id", id), ("operation", request.Operation), ("object", request.SObject), ("createdById", userId), ("createdDate", Created), ("systemModstamp", _changed),
                ("state", _state), ("concurrencyMode", request.ConcurrencyMode), ("contentType", request.ContentType),
                ("numberBatchesQueued", Count("Queued")), ("numberBatchesInProgress", Count("InProgress")), ("numberBatchesCompleted", Count("Completed")),
                ("numberBatchesFailed", Count("Failed")), ("numberBatchesTotal", (long)states.Count), ("numberRecordsProcessed", states.Sum(batch => batch.Records)),
                ("numberRetries", 0L), ("apiVersion", decimal.Parse(version, CultureInfo.InvariantCulture)), ("numberRecordsFailed", 0L),
                ("totalProcessingTime", 0L), ("apiActiveProcessingTime", 0L), ("apexProcessingTime", 0L),
            ]);

        long Count(string state) => states.LongCount(batch => batch.State == state);
    }
}
