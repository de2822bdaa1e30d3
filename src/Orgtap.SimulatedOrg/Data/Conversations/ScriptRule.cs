using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>A field that tells one aspect of a row's story. All fields of a row see the same story, which is worked out once per reader and row.</summary>
/// <param name="script">The story of a base row; pure.</param>
/// <param name="aspect">A value the overlay could hold: null, text, flag, number or time.</param>
internal sealed class ScriptRule<T>(FieldType field, Func<RowRef, T> script, Func<T, object?> aspect) : ValueRule
    where T : class
{
    public override Cell Value(scoped in RowRef row, Scratch scratch) =>
        OverlayValue.Cell(aspect(scratch.Remember(row, script)), field, scratch);
}

/// <summary>Children in groups: rows 0…n−1 belong to the first parent, the next n to the second. Parents in the recycle bin pass theirs on.</summary>
internal sealed class GroupRule(int perParent, params IReadOnlyList<ObjectRows> parents) : ValueRule
{
    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        if (Parent(row.Ordinal) is not var (rows, ordinal)) return Cell.Null;
        var room = scratch.Take(SalesforceId.Length);
        SalesforceId.Write(rows.KeyPrefix, ordinal, room);
        return Cell.OfId(room);
    }

    /// <summary>The row's place among those of its parent, as long as no other parent was skipped.</summary>
    public int Place(long ordinal) => (int)(ordinal % perParent);

    /// <returns>Null where there are no parents.</returns>
    public (ObjectRows Rows, long Ordinal)? Parent(long child)
    {
        var total = 0L;
        foreach (var candidate in parents) total += candidate.BaseCount;
        if (total == 0) return null;
        var at = child / perParent % total;
        foreach (var rows in parents)
        {
            if (at < rows.BaseCount) return rows.LiveBaseOrdinalFrom(at, rows.BaseCount) is { } ordinal ? (rows, ordinal) : null;
            at -= rows.BaseCount;
        }
        return null;
    }
}
