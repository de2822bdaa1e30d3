using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Bulk;

/// <summary>What makes two results the same bytes.</summary>
/// <param name="Rows">The fingerprint of the rows: queries that differ only in conditions which keep the same rows share a result.</param>
internal sealed record SpoolKey(string SObject, string Columns, string Rows, CsvDialect Dialect, long StoreVersion);

/// <summary>
/// Rendered results. Jobs that ask for the same columns of the same rows of an unchanged org share one; results no job holds any more are kept for the next such job,
/// up to 2 GB, and dropped once the org has changed. Thread-safe.
/// </summary>
internal sealed class SpoolShelf(string folder, OrgStore store) : IDisposable
{
    private const long KeptUnheldBytes = 2L << 30;
    private readonly Lock _gate = new();
    private readonly Dictionary<SpoolKey, Slot> _slots = [];
    private readonly CancellationTokenSource _closing = new();
    private long _lastFolder;

    /// <summary>A result that jobs hold; the last one to let go leaves it to the shelf.</summary>
    internal sealed class Slot(SpoolKey key, long rowCount, Lazy<ResultSpool> spool)
    {
        public long RowCount => rowCount;
        public SpoolKey Key => key;
        public ResultSpool Spool => spool.Value;
        public bool IsRendered => spool.IsValueCreated;
        public int Holders { get; set; }
    }

    /// <summary>The result for a query; rendered by the first who asks for <see cref="Slot.Spool"/>.</summary>
    public Slot Hold(PreparedQuery query, CsvDialect dialect)
    {
        // Before the rows: a change in between makes the result one for an older org, never the other way round.
        var version = store.Version;
        var rows = query.Run();
        lock (_gate)
        {
            var target = Path.Combine(folder, $"{++_lastFolder}");
            // Aggregates have no fingerprint (and no place in Bulk); their folder's number keeps them apart.
            var key = new SpoolKey(query.From.Name, string.Join(',', query.Columns), rows.Fingerprint ?? target, dialect, version);
            DropUnheld(slot => slot.Key.StoreVersion != version);
            if (!_slots.TryGetValue(key, out var slot))
                _slots[key] = slot = new Slot(key, rows.Count, new Lazy<ResultSpool>(() => ResultSpool.Render(target, rows, query.Columns, dialect, _closing.Token)));
            slot.Holders++;
            return slot;
        }
    }

    public void Release(Slot slot)
    {
        lock (_gate)
        {
            if (--slot.Holders > 0) return;
            DropUnheld(_ => UnheldBytes() > KeptUnheldBytes);
        }
    }

    public void Dispose()
    {
        _closing.Cancel();
        lock (_gate)
        {
            foreach (var slot in _slots.Values)
            {
                try
                {
                    // Waits for one that is being rendered; it stops within a thousand rows.
                    slot.Spool.Dispose();
                }
                catch (OperationCanceledException)
                {
                    // It never came to be.
                }
            }
            _slots.Clear();
        }
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        _closing.Dispose();
    }

    private long UnheldBytes() => _slots.Values.Where(slot => slot is { Holders: 0, IsRendered: true }).Sum(slot => slot.Spool.Length);

    private void DropUnheld(Predicate<Slot> unwanted)
    {
        foreach (var slot in _slots.Values.Where(slot => slot.Holders == 0).ToArray())
        {
            if (!unwanted(slot)) continue;
            _slots.Remove(slot.Key);
            if (slot.IsRendered) slot.Spool.Dispose();
        }
    }
}
