using System.Text.RegularExpressions;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Bulk;

/// <summary>What makes two results the same bytes.</summary>
internal sealed record SpoolKey(string Soql, bool IncludeDeleted, CsvDialect Dialect, long StoreVersion);

/// <summary>
/// Rendered results. Jobs with the same query on an unchanged org share one; results no job holds any more are kept for the next such job,
/// up to 2 GB, and dropped once the org has changed. Thread-safe.
/// </summary>
internal sealed partial class SpoolShelf(string folder, OrgStore store) : IDisposable
{
    private const long KeptUnheldBytes = 2L << 30;
    private readonly Lock _gate = new();
    private readonly Dictionary<SpoolKey, Slot> _slots = [];
    private readonly HashSet<Slot> _all = [];
    private readonly CancellationTokenSource _closing = new();
    private long _lastFolder;

    /// <summary>A result that jobs hold; the last one to let go leaves it to the shelf.</summary>
    internal sealed class Slot(SpoolKey key, long rowCount, Lazy<ResultSpool> spool, bool reusable)
    {
        public long RowCount => rowCount;
        public SpoolKey Key => key;
        public ResultSpool Spool => spool.Value;
        public bool IsRendered => spool.IsValueCreated;
        public bool Reusable => reusable;
        public int Holders { get; set; }
    }

    /// <summary>The result for a query; rendered by the first who asks for <see cref="Slot.Spool"/>.</summary>
    public Slot Hold(string soql, bool includeDeleted, CsvDialect dialect, PreparedQuery query)
    {
        lock (_gate)
        {
            var key = new SpoolKey(soql, includeDeleted, dialect, store.Version);
            DropUnheld(slot => slot.Key.StoreVersion != key.StoreVersion);
            var reusable = !RelativeDate.IsMatch(soql);
            if (!reusable || !_slots.TryGetValue(key, out var slot))
            {
                var rows = query.Run();
                var target = Path.Combine(folder, $"{++_lastFolder}");
                slot = new Slot(key, rows.Count, new Lazy<ResultSpool>(() => ResultSpool.Render(target, rows, query.Columns, dialect, _closing.Token)), reusable);
                if (reusable) _slots[key] = slot;
                _all.Add(slot);
            }
            slot.Holders++;
            return slot;
        }
    }

    public void Release(Slot slot)
    {
        lock (_gate)
        {
            if (--slot.Holders > 0) return;
            if (slot.Reusable) DropUnheld(_ => UnheldBytes() > KeptUnheldBytes);
            else Drop(slot);
        }
    }

    public void Dispose()
    {
        _closing.Cancel();
        lock (_gate)
        {
            foreach (var slot in _all)
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
            _all.Clear();
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
            Drop(slot);
        }
    }

    private void Drop(Slot slot)
    {
        _all.Remove(slot);
        if (slot.IsRendered) slot.Spool.Dispose();
    }

    // TODAY, LAST_N_DAYS:3 and their like mean something else tomorrow.
    [GeneratedRegex(@"\b(TODAY|YESTERDAY|TOMORROW|(LAST|THIS|NEXT|N)_\w+)\b", RegexOptions.IgnoreCase)]
    private static partial Regex RelativeDate { get; }
}
