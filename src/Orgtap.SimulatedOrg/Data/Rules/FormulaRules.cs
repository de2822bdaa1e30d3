using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Rules;

/// <summary>First and last name with a space between, as compound names are.</summary>
internal sealed class ConcatRule(BoundField first, BoundField second) : ValueRule
{
    public override bool Derived => true;

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var head = first.Read(row, scratch);
        var tail = second.Read(row, scratch);
        if (head.IsNull) return tail;
        if (tail.IsNull) return head;
        var room = scratch.Take(head.Text.Length + 1 + tail.Text.Length);
        head.Text.CopyTo(room);
        room[head.Text.Length] = (byte)' ';
        tail.Text.CopyTo(room[(head.Text.Length + 1)..]);
        return Cell.OfText(room);
    }
}

/// <summary>A product or quotient, rounded to the field's scale; null when an operand is.</summary>
internal sealed class ArithmeticRule(FieldType field, BoundField left, Func<decimal, decimal?> apply, BoundField? right) : ValueRule
{
    public override bool Derived => true;

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var first = left.Read(row, scratch);
        if (first.IsNull) return Cell.Null;
        decimal? result;
        if (right is null)
        {
            result = apply(first.ToDecimal());
        }
        else
        {
            var second = right.Read(row, scratch);
            result = second.IsNull || second.Bits == 0 ? null : first.ToDecimal() / second.ToDecimal();
        }
        return result is { } value && Math.Abs(value) < 1_000_000_000_000_000m
            ? Cell.OfDecimal(Math.Round(value, field.Scale, MidpointRounding.AwayFromZero)) : Cell.Null;
    }
}

/// <summary>A cross-object formula: the parent's value as it is now, so it changes without a stamp of its own.</summary>
internal sealed class ParentRule(BoundField reference, string name, ObjectRows parents, Func<string, BoundField?> parentField) : ValueRule
{
    public override bool Derived => true;

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var id = reference.Read(row, scratch);
        if (id.IsNull || parents.Find(id.Text) is not { } ordinal || parentField(name) is not { } field) return Cell.Null;
        return field.Read(parents.Row(ordinal), scratch);
    }
}

/// <summary>Whether another field is empty.</summary>
internal sealed class IsNullRule(BoundField other) : ValueRule
{
    public override bool Derived => true;

    public override Cell Value(scoped in RowRef row, Scratch scratch) => Cell.OfBoolean(other.Read(row, scratch).IsNull);
}
