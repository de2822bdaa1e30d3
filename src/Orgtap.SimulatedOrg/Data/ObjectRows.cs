using System.Collections.Concurrent;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data;

/// <summary>The rows of one object, by ordinal: first the base, then what was inserted. Reading takes no lock.</summary>
internal sealed class ObjectRows
{
    private const ulong Golden = 0x9E3779B97F4A7C15UL;
    private readonly ConcurrentDictionary<FieldType, BoundField> _bound = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<long, OverlayRow> _overlay = new();
    private readonly Func<ObjectRows, FieldType, ValueRule> _rules;
    private readonly ulong _seed;
    private readonly bool _deletes;
    private readonly Lazy<long> _baseDeleted;
    private long _inserted;
    private volatile bool _hasChanges;

    /// <param name="first">The first ordinal in use: Ids begin there.</param>
    public ObjectRows(SObjectType type, long baseCount, ulong seed, DateTimeOffset now, Func<ObjectRows, FieldType, ValueRule> rules, long first = 0)
    {
        Name = type.Name;
        KeyPrefix = type.KeyPrefix ?? "000";
        BaseCount = first + baseCount;
        First = first;
        Clock = new BaseClock(now, baseCount, first);
        _seed = Hash.Mix(seed ^ Hash.Of(type.Name));
        _rules = rules;
        _deletes = type.HasIsDeleted;
        _baseDeleted = new Lazy<long>(CountBaseDeleted);
    }

    /// <summary>Who sees which of the rows.</summary>
    public required Sharing Sharing { get; init; }

    public string Name { get; }
    public string KeyPrefix { get; }
    /// <summary>Where base rows end: their ordinals are <see cref="First"/> up to it.</summary>
    public long BaseCount { get; }
    public long First { get; }
    public BaseClock Clock { get; }
    /// <summary>Ordinals in use, also of rows that are deleted.</summary>
    public long OrdinalCount => BaseCount + Interlocked.Read(ref _inserted);

    public RowRef Row(long ordinal) => new(this, ordinal, HashOf(ordinal), OverlayOf(ordinal));

    public OverlayRow? OverlayOf(long ordinal) => _hasChanges ? _overlay.GetValueOrDefault(ordinal) : null;

    public BoundField Bind(FieldType field) => _bound.GetOrAdd(field, static (added, rows) => new BoundField(added, rows._rules(rows, added)), this);

    public static bool IsDeleted(scoped in RowRef row) => row.Overlay?.IsDeleted ?? row.Rows.IsBaseDeleted(row.Hash);

    /// <summary>Whether a query sees the row.</summary>
    public static bool IsVisible(scoped in RowRef row, bool includeDeleted) =>
        row.Ordinal < row.Rows.First || row.Overlay is { HardDeleted: true } or { Hidden: true } || !row.Rows.Sharing.Shows(row) ? false : includeDeleted || !IsDeleted(row);

    /// <summary>About one row in fifty of objects that have a recycle bin.</summary>
    public bool IsBaseDeleted(ulong hash) => _deletes && Hash.Mix(hash ^ 0xD1E7EDUL) < ulong.MaxValue / 50;

    /// <summary>A live base row, for references.</summary>
    /// <returns>Null when there is none.</returns>
    public long? LiveBaseOrdinal(ulong chance, long below)
    {
        return below <= 0 ? null : LiveBaseOrdinalFrom(Hash.PickLong(chance, below), below);
    }

    /// <summary>The first live base row at or after a place, going round at <paramref name="below"/>.</summary>
    public long? LiveBaseOrdinalFrom(long start, long below)
    {
        for (var i = 0L; i < Math.Min(below, 1000); i++)
        {
            var ordinal = start + i < below ? start + i : start + i - below;
            if (!IsBaseDeleted(HashOf(ordinal))) return ordinal;
        }
        return null;
    }

    public long Count(bool includeDeleted)
    {
        if (Sharing.Narrows(Name))
        {
            var seen = 0L;
            for (var ordinal = First; ordinal < OrdinalCount; ordinal++)
                if (IsVisible(Row(ordinal), includeDeleted)) seen++;
            return seen;
        }
        var count = BaseCount - First - (includeDeleted ? 0 : _baseDeleted.Value);
        foreach (var (ordinal, overlay) in _overlay)
        {
            var row = Row(ordinal);
            if (IsVisible(row, includeDeleted)) count++;
            if (!overlay.Inserted && (includeDeleted || !IsBaseDeleted(row.Hash))) count--;
        }
        return count;
    }

    /// <returns>The ordinal of an Id of this object whose row exists or existed.</returns>
    public long? Find(ReadOnlySpan<byte> id)
    {
        if (SalesforceId.OrdinalOf(id) is not { } ordinal || ordinal >= OrdinalCount) return null;
        return id[0] == KeyPrefix[0] && id[1] == KeyPrefix[1] && id[2] == KeyPrefix[2] ? ordinal : null;
    }

    /// <summary>Adds a row; the caller holds the store's lock.</summary>
    public long Append(OverlayRow row)
    {
        var ordinal = OrdinalCount;
        _hasChanges = true;
        _overlay[ordinal] = row;
        Interlocked.Increment(ref _inserted);
        return ordinal;
    }

    /// <summary>Replaces what has changed in a row; the caller holds the store's lock.</summary>
    public void Put(long ordinal, OverlayRow row)
    {
        _hasChanges = true;
        _overlay[ordinal] = row;
    }

    private ulong HashOf(long ordinal) => Hash.Mix(_seed + ((ulong)ordinal * Golden));

    private long CountBaseDeleted()
    {
        if (!_deletes) return 0;
        var count = 0L;
        for (var ordinal = 0L; ordinal < BaseCount; ordinal++)
        {
            if (IsBaseDeleted(HashOf(ordinal))) count++;
        }
        return count;
    }
}
