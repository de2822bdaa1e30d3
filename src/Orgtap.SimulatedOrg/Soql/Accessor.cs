using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>A resolved field path: from a row over its parents to a value.</summary>
internal sealed class Accessor
{
    private readonly OrgStore _store;
    private readonly BoundField[] _hops;
    private readonly Dictionary<ObjectRows, BoundField> _last;
    private readonly BoundField? _only;

    /// <param name="last">The last field, by each object the path may end in.</param>
    public Accessor(OrgStore store, string name, BoundField[] hops, Dictionary<ObjectRows, BoundField> last)
    {
        _store = store;
        Name = name;
        _hops = hops;
        _last = last;
        _only = last.Count == 1 ? last.Values.First() : null;
        Field = (_only ?? last.Values.First()).Field;
    }

    /// <summary>In describe's spelling: <c>Account.Name</c>.</summary>
    public string Name { get; }
    public FieldType Field { get; }
    public bool IsDirect => _hops.Length == 0;
    public IReadOnlyList<BoundField> Hops => _hops;

    public Cell Read(scoped in RowRef row, Scratch scratch)
    {
        if (_hops.Length == 0) return _only!.Read(row, scratch);
        var current = row;
        foreach (var hop in _hops)
        {
            if (Parent(_store, hop.Read(current, scratch)) is not { } parent) return Cell.Null;
            current = parent;
        }
        return LastOf(current.Rows) is { } last ? last.Read(current, scratch) : Cell.Null;
    }

    /// <summary>The last field as the object <paramref name="rows"/> has it.</summary>
    public BoundField? LastOf(ObjectRows rows) => _only ?? _last.GetValueOrDefault(rows);

    /// <returns>Null when the reference is empty or its row is gone for good; rows in the recycle bin still answer.</returns>
    public static RowRef? Parent(OrgStore store, scoped Cell id)
    {
        if (id.IsNull || store.RowsOfId(id.Text) is not { } rows || rows.Find(id.Text) is not { } ordinal) return null;
        var row = rows.Row(ordinal);
        return row.Overlay is { HardDeleted: true } ? null : row;
    }
}
