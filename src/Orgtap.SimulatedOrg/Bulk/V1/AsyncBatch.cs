using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Bulk.V1;

/// <summary>One query of a job. Its state follows from the clock, from whether its result is rendered, and from what is wrong with it.</summary>
/// <param name="soql">As it runs: of a chunk, with its span of Ids.</param>
internal sealed class AsyncBatch(string id, AsyncJob job, string soql, DateTimeOffset created, TimeSpan delay)
{
    private readonly Lock _gate = new();
    private DateTimeOffset? _rendered;
    private string? _problem;

    public string Id => id;
    public string Soql => soql;
    public AsyncJob Job => job;
    public DateTimeOffset Created => created;
    /// <summary>Null where the query cannot run.</summary>
    public SpoolShelf.Slot? Slot { get; init; }
    public PreparedQuery? Query { get; init; }
    /// <summary>The query that was cut into chunks, and does not run itself.</summary>
    public bool IsOriginal { get; init; }
    /// <summary>It never ends.</summary>
    public bool Sticks { get; init; }

    public void RenderedAt(DateTimeOffset now) { lock (_gate) _rendered = now; }

    public void FailedBy(string problem) { lock (_gate) _problem = problem; }

    public string State(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (IsOriginal) return "NotProcessed";
            if (Sticks) return "InProgress";
            if (now < created + (delay / 2)) return "Queued";
            if (now < created + delay) return "InProgress";
            if (_problem is not null) return "Failed";
            if (_rendered is null) return job.IsAborted ? "NotProcessed" : "InProgress";
            return "Completed";
        }
    }

    public long Records(DateTimeOffset now) => State(now) == "Completed" ? Slot!.Spool.Count : 0;

    public AsyncBody Info(DateTimeOffset now)
    {
        var state = State(now);
        var ended = state is "Completed" or "Failed" ? created + delay : now;
        var members = new List<(string, object)> { ("id", id), ("jobId", job.Id), ("state", state) };
        lock (_gate)
            if (state == "Failed") members.Add(("stateMessage", _problem!));
        members.AddRange(
        [
            ("createdDate", created), ("systemModstamp", ended), ("numberRecordsProcessed", Records(now)), ("numberRecordsFailed", 0L),
            ("totalProcessingTime", 0L), ("apiActiveProcessingTime", 0L), ("apexProcessingTime", 0L),
        ]);
        return new AsyncBody("batchInfo", members);
    }
}
