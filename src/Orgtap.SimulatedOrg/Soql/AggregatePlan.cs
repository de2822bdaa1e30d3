using System.Globalization;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>A result column of an aggregate query: its name, and where in a group's values it is found.</summary>
internal sealed record AggregateOutput(string Name, int Index, bool IsInteger);

/// <summary>Grouping and aggregate functions.</summary>
internal sealed class AggregatePlan
{
    private readonly NameBinder _names;
    private readonly SelectSyntax _syntax;
    private readonly List<(Operand Operand, Accessor? Field)> _terms = [];
    private readonly int _groups;

    public AggregatePlan(NameBinder names, SelectSyntax syntax)
    {
        _names = names;
        _syntax = syntax;
        foreach (var group in syntax.GroupBy)
        {
            var field = names.Field(group.Path ?? throw SoqlErrors.Malformed(names.Soql, group.At, "unexpected token: 'COUNT'"));
            if (group.Function is null && !field.Field.Groupable)
                throw SoqlErrors.Field(names.Soql, group.At, $"field '{field.Field.Name}' can not be grouped in a query call");
            _terms.Add((group, field));
        }
        _groups = _terms.Count;
        var expression = 0;
        foreach (var item in syntax.Items)
        {
            var (operand, alias) = item switch
            {
                FieldItem field => (new Operand(null, field.Path, field.At), field.Alias),
                FunctionItem function => (function.Operand, function.Alias),
                _ => throw SoqlErrors.Malformed(names.Soql, item.At, "Grouped query cannot use FIELDS or child relationships in the SELECT list"),
            };
            var index = IndexOf(operand);
            var name = alias ?? (operand.Function is null ? _terms[index].Field!.Field.Name : "expr" + (expression++).ToString(CultureInfo.InvariantCulture));
            Outputs.Add(new AggregateOutput(name, index, IsInteger(_terms[index])));
        }
        foreach (var term in syntax.OrderBy) IndexOf(term.Operand);
        if (syntax.Having is { } having) GroupFilter.Check(having, operand => IndexOf(operand), names.Soql);
    }

    public List<AggregateOutput> Outputs { get; } = [];

    public List<object?[]> Run(IEnumerable<long> ordinals)
    {
        var groups = new Dictionary<object?[], Accumulator[]>(new GroupKeys());
        if (_groups == 0) groups[[]] = NewSums();
        var scratch = new Scratch();
        var keys = new object?[_groups];
        foreach (var ordinal in ordinals)
        {
            var row = _names.Rows.Row(ordinal);
            for (var i = 0; i < _groups; i++)
            {
                scratch.Reset();
                keys[i] = GroupKey(_terms[i].Operand.Function, _terms[i].Field!, row, scratch);
            }
            if (!groups.TryGetValue(keys, out var sums)) groups[[.. keys]] = sums = NewSums();
            foreach (var sum in sums)
            {
                scratch.Reset();
                sum.Add(row, scratch);
            }
        }
        IEnumerable<object?[]> results = groups.Select(static group => (object?[])[.. group.Key, .. group.Value.Select(static sum => sum.Result)]);
        if (_syntax.Having is { } having) results = results.Where(values => GroupFilter.Holds(having, operand => values[IndexOf(operand)]));
        var sorted = results.ToList();
        Sort(sorted);
        return [.. sorted.Skip(_syntax.Offset).Take(_syntax.Limit ?? int.MaxValue)];
    }

    private Accumulator[] NewSums() => [.. _terms.Skip(_groups).Select(static term => new Accumulator(term.Operand.Function!, term.Field))];

    private void Sort(List<object?[]> results)
    {
        if (_syntax.OrderBy.Count == 0) return;
        var ordered = results.Order(Comparer<object?[]>.Create((left, right) =>
        {
            foreach (var term in _syntax.OrderBy)
            {
                var index = IndexOf(term.Operand);
                var order = Sorter.CompareKeys(left[index], right[index], term.Descending, term.NullsLast);
                if (order != 0) return order;
            }
            return 0;
        })).ToList();
        results.Clear();
        results.AddRange(ordered);
    }

    /// <summary>The place of a grouped field or an aggregate; an aggregate met for the first time gets one.</summary>
    private int IndexOf(Operand operand)
    {
        var resolved = operand;
        if (operand.Function is null && _syntax.Items.OfType<FunctionItem>().FirstOrDefault(item => string.Equals(item.Alias, operand.Path!.Text, StringComparison.OrdinalIgnoreCase)) is { } aliased)
            resolved = aliased.Operand;
        var field = resolved.Path is null ? null : _names.Field(resolved.Path);
        var index = _terms.FindIndex(term => term.Operand.Function == resolved.Function && term.Field?.Name == field?.Name);
        if (index >= 0) return index;
        if (!resolved.IsAggregate) throw new SoqlException("MALFORMED_QUERY", $"{SoqlErrors.Context(_names.Soql, operand.At)}Field must be grouped or aggregated: {operand.Path?.Text ?? operand.Function}");
        if (field is { Field.Aggregatable: false } && resolved.Function != "COUNT")
            throw SoqlErrors.Field(_names.Soql, operand.At, $"field {field.Name} does not support aggregate operator {resolved.Function}");
        if (resolved.Function is "SUM" or "AVG" && field!.Field.Type is not ("int" or "long" or "double" or "currency" or "percent"))
            throw SoqlErrors.Field(_names.Soql, operand.At, $"field {field.Name} does not support aggregate operator {resolved.Function}");
        _terms.Add((resolved, field));
        return _terms.Count - 1;
    }

    private static bool IsInteger((Operand Operand, Accessor? Field) term) => term.Operand.Function switch
    {
        null or "MIN" or "MAX" => term.Field!.Field.Type is "int" or "long",
        "SUM" or "AVG" => false,
        _ => true,
    };

    private static object? GroupKey(string? function, Accessor field, RowRef row, Scratch scratch)
    {
        var value = RowValues.Value(field.Read(row, scratch), field.Field);
        if (function is null || value is null) return value;
        var time = value switch
        {
            DateTimeOffset instant => instant.UtcDateTime,
            DateOnly date => date.ToDateTime(TimeOnly.MinValue),
            _ => throw new SoqlException("INVALID_FIELD", $"{function} needs a date: {field.Name}"),
        };
        return function switch
        {
            "CALENDAR_YEAR" => (long)time.Year,
            "CALENDAR_QUARTER" => (time.Month + 2L) / 3,
            "CALENDAR_MONTH" => (long)time.Month,
            "DAY_IN_MONTH" => (long)time.Day,
            "DAY_IN_WEEK" => (long)time.DayOfWeek + 1,
            "HOUR_IN_DAY" => (long)time.Hour,
            _ => DateOnly.FromDateTime(time),
        };
    }
}
