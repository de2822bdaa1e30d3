using System.Text;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Rules;

/// <summary>One value of a picklist.</summary>
internal sealed class PickRule(FieldType field, int nullPercent) : ValueRule
{
    private readonly ulong _salt = Hash.Of(field.Name);
    private readonly ulong _nullBelow = (ulong)nullPercent * (ulong.MaxValue / 100);
    private readonly byte[][] _values = [.. field.PicklistValues.Select(entry => Encoding.UTF8.GetBytes(entry.Value))];

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var hash = Hash.Mix(row.Hash ^ _salt);
        return hash < _nullBelow ? Cell.Null : Cell.OfText(_values[Hash.Pick(hash << 16, _values.Length)]);
    }
}

/// <summary>The picklist's values one after another: rows of lookup tables.</summary>
internal sealed class ListRule(FieldType field) : ValueRule
{
    private readonly byte[][] _values = [.. field.PicklistValues.Select(entry => Encoding.UTF8.GetBytes(entry.Value))];

    public override Cell Value(scoped in RowRef row, Scratch scratch) => Cell.OfText(_values[(int)(row.Ordinal % _values.Length)]);
}

/// <summary>Up to four values in the picklist's order, joined by semicolons.</summary>
internal sealed class MultiPickRule(FieldType field, int nullPercent) : ValueRule
{
    private readonly ulong _salt = Hash.Of(field.Name);
    private readonly ulong _nullBelow = (ulong)nullPercent * (ulong.MaxValue / 100);
    private readonly byte[][] _values = [.. field.PicklistValues.Select(entry => Encoding.UTF8.GetBytes(entry.Value))];

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var hash = Hash.Mix(row.Hash ^ _salt);
        if (hash < _nullBelow) return Cell.Null;
        var room = scratch.Take(512);
        var text = new TextBuilder(room);
        var chosen = (hash & 0xFFFF) | (1UL << Hash.Pick(hash << 16, _values.Length));
        for (int i = 0, taken = 0; i < _values.Length && taken < 4; i++)
        {
            if ((chosen >> i & 1) == 0) continue;
            if (taken++ > 0) text.Add(";"u8);
            text.Add(_values[i]);
        }
        scratch.Return(room.Length - text.Length);
        return Cell.OfText(text.Written);
    }
}
