namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>One HTTP request that the org answered, or a subrequest of a composite one.</summary>
/// <param name="Kind">What it asked for: token, query, queryMore, bulk.results …; other = no such resource.</param>
/// <param name="Path">Path and query as sent. OAuth forms and tokens are not kept.</param>
/// <param name="Calls">How many calls it counted against the org's limit.</param>
/// <param name="Status">The HTTP status; 0 where the connection was cut before an answer.</param>
/// <param name="Within">composite or batch for a subrequest, else null.</param>
public sealed record RequestEntry(DateTimeOffset At, string Kind, string Method, string Path, long Calls, int Status, string? Within);

/// <summary>What was asked of the org: the last requests in full, and a count per kind of all of them. Thread-safe.</summary>
public sealed class RequestLog
{
    private const int Kept = 20_000;
    private readonly Lock _gate = new();
    private readonly Queue<RequestEntry> _entries = new();
    private readonly Dictionary<string, long> _counts = [];

    /// <summary>The last 20,000 entries, oldest first.</summary>
    public IReadOnlyList<RequestEntry> Entries { get { lock (_gate) return [.. _entries]; } }

    /// <summary>Kind → number of requests since start or <see cref="Clear"/>.</summary>
    public IReadOnlyDictionary<string, long> Counts { get { lock (_gate) return new Dictionary<string, long>(_counts); } }

    /// <summary>Number of requests of one kind since start or <see cref="Clear"/>.</summary>
    public long Count(string kind) { lock (_gate) return _counts.GetValueOrDefault(kind); }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
            _counts.Clear();
        }
    }

    internal void Add(RequestEntry entry)
    {
        lock (_gate)
        {
            if (_entries.Count == Kept) _entries.Dequeue();
            _entries.Enqueue(entry);
            _counts[entry.Kind] = _counts.GetValueOrDefault(entry.Kind) + 1;
        }
    }
}
