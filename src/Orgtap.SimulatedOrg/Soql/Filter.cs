using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>A compiled condition.</summary>
internal abstract class Filter
{
    public abstract bool Matches(scoped in RowRef row, Scratch scratch);

    /// <summary>Ordinals outside cannot match: a scan starts and ends here.</summary>
    public virtual (long From, long Until) Range => IdRanges.Everything;

    /// <summary>The only ordinals that can match, ascending; null when any within the range can.</summary>
    public virtual IReadOnlyList<long>? Candidates => null;
}

internal sealed class AllOf(IReadOnlyList<Filter> parts) : Filter
{
    private readonly Filter[] _parts = [.. parts];

    public override (long From, long Until) Range => (_parts.Max(static part => part.Range.From), _parts.Min(static part => part.Range.Until));

    public override IReadOnlyList<long>? Candidates => _parts.Select(static part => part.Candidates).FirstOrDefault(static list => list is not null);

    public override bool Matches(scoped in RowRef row, Scratch scratch)
    {
        foreach (var part in _parts)
        {
            if (!part.Matches(row, scratch)) return false;
        }
        return true;
    }
}

internal sealed class AnyOf(IReadOnlyList<Filter> parts) : Filter
{
    private readonly Filter[] _parts = [.. parts];

    public override (long From, long Until) Range => (_parts.Min(static part => part.Range.From), _parts.Max(static part => part.Range.Until));

    public override bool Matches(scoped in RowRef row, Scratch scratch)
    {
        foreach (var part in _parts)
        {
            if (part.Matches(row, scratch)) return true;
        }
        return false;
    }
}

internal sealed class Not(Filter inner) : Filter
{
    public override bool Matches(scoped in RowRef row, Scratch scratch) => !inner.Matches(row, scratch);
}

internal sealed class IsNull(Accessor field) : Filter
{
    public override bool Matches(scoped in RowRef row, Scratch scratch) => field.Read(row, scratch).IsNull;
}

/// <summary>Dates, datetimes, times and booleans against a range [from, until): one instant, or the days of a date literal.</summary>
internal sealed class InRange(Accessor field, string comparison, long from, long until) : Filter
{
    private readonly bool _outside = comparison == "!=";
    private readonly long _least = comparison switch { "<" or "<=" => long.MinValue, ">" => until, _ => from };
    private readonly long _most = comparison switch { "<" => from - 1, ">" or ">=" => long.MaxValue, _ => until - 1 };

    public override bool Matches(scoped in RowRef row, Scratch scratch)
    {
        var cell = field.Read(row, scratch);
        return cell.IsNull ? _outside : (cell.Bits >= _least && cell.Bits <= _most) != _outside;
    }
}

internal sealed class NumberComparison(Accessor field, string comparison, decimal right) : Filter
{
    public override bool Matches(scoped in RowRef row, Scratch scratch)
    {
        var cell = field.Read(row, scratch);
        return cell.IsNull ? comparison == "!=" : Compare.Holds(comparison, cell.ToDecimal().CompareTo(right));
    }
}

/// <summary>Ids and references: by their first 15 characters, with regard to case. On the row's own Id it bounds the scan.</summary>
internal sealed class IdComparison(Accessor field, string comparison, byte[] right, (long From, long Until) range) : Filter
{
    public override (long From, long Until) Range => range;

    public override bool Matches(scoped in RowRef row, Scratch scratch)
    {
        var cell = field.Read(row, scratch);
        return cell.IsNull ? comparison == "!=" : Compare.Holds(comparison, cell.Text[..15].SequenceCompareTo(right.AsSpan(0, 15)));
    }
}

internal static class Compare
{
    public static bool Holds(string comparison, int order) => comparison switch
    {
        "=" => order == 0,
        "!=" => order != 0,
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order >= 0,
    };
}
