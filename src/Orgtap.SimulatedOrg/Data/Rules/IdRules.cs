using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Rules;

/// <summary>The row's own Id.</summary>
internal sealed class IdRule : ValueRule
{
    public override bool Derived => true;

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var room = scratch.Take(SalesforceId.Length);
        SalesforceId.Write(row.Rows.KeyPrefix, row.Ordinal, room);
        return Cell.OfId(room);
    }
}

/// <summary>A live base row of one of the targets; hierarchies have no cycles, because a row never points at a later row of its own object.</summary>
internal sealed class ReferenceRule(FieldType field, int setPercent, IReadOnlyList<ObjectRows> targets) : ValueRule
{
    private readonly ulong _salt = Hash.Of(field.Name);
    private readonly ulong _setBelow = setPercent >= 100 ? ulong.MaxValue : (ulong)setPercent * (ulong.MaxValue / 100);

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var hash = Hash.Mix(row.Hash ^ _salt);
        if (hash >= _setBelow || targets.Count == 0) return Cell.Null;
        var chance = Hash.Mix(hash);
        var target = targets.Count == 1 ? targets[0] : targets[(int)(hash % (ulong)targets.Count)];
        var below = field.Nillable && ReferenceEquals(target, row.Rows) ? row.Ordinal : target.BaseCount;
        if (target.LiveBaseOrdinal(chance, below) is not { } ordinal) return Cell.Null;
        var room = scratch.Take(SalesforceId.Length);
        SalesforceId.Write(target.KeyPrefix, ordinal, room);
        return Cell.OfId(room);
    }
}

/// <summary>Whether a base row lies in the recycle bin.</summary>
internal sealed class IsDeletedRule : ValueRule
{
    public override bool Derived => true;

    public override Cell Value(scoped in RowRef row, Scratch scratch) => Cell.OfBoolean(ObjectRows.IsDeleted(row));
}

/// <summary>An address that ends with the row's Id.</summary>
internal sealed class PathRule(string prefix) : ValueRule
{
    private readonly byte[] _prefix = System.Text.Encoding.ASCII.GetBytes(prefix);

    public override bool Derived => true;

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var room = scratch.Take(_prefix.Length + SalesforceId.Length);
        _prefix.CopyTo(room);
        SalesforceId.Write(row.Rows.KeyPrefix, row.Ordinal, room[_prefix.Length..]);
        return Cell.OfText(room);
    }
}

/// <summary>Fields that no base row fills, and those whose value is not a value: compounds and base64 content.</summary>
internal sealed class FixedRule(CellKind kind) : ValueRule
{
    public override bool Derived => kind != CellKind.Null;

    public override Cell Value(scoped in RowRef row, Scratch scratch) => kind switch
    {
        CellKind.Compound => Cell.Compound,
        CellKind.Blob => Cell.Blob,
        _ => Cell.Null,
    };
}
