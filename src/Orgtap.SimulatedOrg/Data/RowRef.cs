using System.Collections.Frozen;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data;

/// <summary>One row: where it lies and what has changed in it since the base.</summary>
internal readonly struct RowRef(ObjectRows rows, long ordinal, ulong hash, OverlayRow? overlay)
{
    public ObjectRows Rows { get; } = rows;
    public long Ordinal { get; } = ordinal;
    public ulong Hash { get; } = hash;
    public OverlayRow? Overlay { get; } = overlay;
}

/// <summary>A field with the rule that computes its base values.</summary>
internal sealed class BoundField(FieldType field, ValueRule rule)
{
    public FieldType Field { get; } = field;

    public Cell Read(scoped in RowRef row, Scratch scratch)
    {
        if (row.Overlay is not { } overlay) return rule.Value(row, scratch);
        if (overlay.Values.TryGetValue(Field.Name, out var changed)) return OverlayValue.Cell(changed, Field, scratch);
        return overlay.Inserted && !rule.Derived ? Cell.Null : rule.Value(row, scratch);
    }
}

/// <summary>The single source of a field's base values.</summary>
internal abstract class ValueRule
{
    /// <summary>True where the value follows from the row's other values or its place, so inserted rows have it as well.</summary>
    public virtual bool Derived => false;

    public abstract Cell Value(scoped in RowRef row, Scratch scratch);
}

/// <summary>What has changed in one row. Immutable: a change replaces it.</summary>
/// <param name="Inserted">The row has no base values.</param>
/// <param name="Values">By field name, case-insensitive; null values stand for emptied fields.</param>
/// <param name="HardDeleted">The row is gone for every query; runs that already hold it still read it.</param>
/// <param name="DeletedAt">Entry in the delete log.</param>
internal sealed record OverlayRow(bool Inserted, IReadOnlyDictionary<string, object?> Values, bool HardDeleted, DateTimeOffset? DeletedAt)
{
    /// <summary>Sharing hides it: no query shows it, and no list of deleted records names it.</summary>
    public bool Hidden { get; init; }

    /// <summary>Users from whom alone sharing hides it; null: nobody.</summary>
    public FrozenSet<string>? HiddenFrom { get; init; }

    public bool? IsDeleted => Values.TryGetValue("IsDeleted", out var deleted) ? (bool?)deleted : null;
}
