using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>One aggregate function over one group; nulls do not count.</summary>
internal sealed class Accumulator(string function, Accessor? field)
{
    private readonly HashSet<object> _distinct = [];
    private long _count;
    private decimal _sum;
    private object? _extreme;
    private long _place;

    public object? Result => function switch
    {
        "COUNT" => _count,
        "COUNT_DISTINCT" => (long)_distinct.Count,
        "SUM" => _count == 0 ? null : _sum,
        "AVG" => _count == 0 ? null : _sum / _count,
        _ => _extreme,
    };

    public void Add(scoped in RowRef row, Scratch scratch)
    {
        if (field is null)
        {
            _count++;
            return;
        }
        var cell = field.Read(row, scratch);
        if (cell.IsNull) return;
        _count++;
        switch (function)
        {
            case "SUM" or "AVG":
                _sum += cell.ToDecimal();
                break;
            case "COUNT_DISTINCT":
                _distinct.Add(RowValues.Value(cell, field.Field) is string text ? text.ToUpperInvariant() : RowValues.Value(cell, field.Field)!);
                break;
            case "MIN" or "MAX":
                // Stamps compare as they are: millions of rows make no objects.
                if (cell.Kind is CellKind.DateTime or CellKind.Date && _extreme is not null && (function == "MIN" ? cell.Bits >= _place : cell.Bits <= _place)) break;
                _place = cell.Bits;
                var value = RowValues.Value(cell, field.Field);
                var order = _extreme is null ? 0 : Sorter.CompareKeys(value, _extreme, descending: false, nullsLast: false);
                if (_extreme is null || (function == "MIN" ? order < 0 : order > 0)) _extreme = value;
                break;
        }
    }
}
