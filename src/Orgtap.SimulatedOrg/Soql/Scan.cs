using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Finds the rows of a query.</summary>
internal static class Scan
{
    /// <summary>Rows by Id, from either end, up to a limit.</summary>
    public static RowSet ById(ObjectRows rows, Filter? filter, bool includeDeleted, bool descending, long skip, long take)
    {
        var (from, until) = Bounds(rows, filter);
        var candidates = filter?.Candidates;
        var steps = candidates?.Count ?? until - from;
        var set = new BitRowSet(from, descending);
        var scratch = new Scratch();
        for (var i = 0L; i < steps && set.Count < take; i++)
        {
            var step = descending ? steps - 1 - i : i;
            var ordinal = candidates is null ? from + step : candidates[(int)step];
            if (ordinal < from || ordinal >= until) continue;
            if (!Matches(rows, ordinal, filter, includeDeleted, scratch)) continue;
            if (skip > 0) skip--;
            else set.Add(ordinal);
        }
        return set.Seal();
    }

    public static long Count(ObjectRows rows, Filter? filter, bool includeDeleted)
    {
        if (filter is null) return rows.Count(includeDeleted);
        var count = 0L;
        foreach (var _ in Ordinals(rows, filter, includeDeleted, new Scratch())) count++;
        return count;
    }

    public static IEnumerable<long> Ordinals(ObjectRows rows, Filter? filter, bool includeDeleted, Scratch scratch)
    {
        var (from, until) = Bounds(rows, filter);
        var candidates = filter?.Candidates;
        var steps = candidates?.Count ?? until - from;
        for (var step = 0L; step < steps; step++)
        {
            var ordinal = candidates is null ? from + step : candidates[(int)step];
            if (ordinal < from || ordinal >= until) continue;
            if (Matches(rows, ordinal, filter, includeDeleted, scratch)) yield return ordinal;
        }
    }

    private static (long From, long Until) Bounds(ObjectRows rows, Filter? filter)
    {
        var range = filter?.Range ?? IdRanges.Everything;
        var until = Math.Min(range.Until, rows.OrdinalCount);
        return (Math.Min(range.From, until), until);
    }

    private static bool Matches(ObjectRows rows, long ordinal, Filter? filter, bool includeDeleted, Scratch scratch)
    {
        var row = rows.Row(ordinal);
        if (!ObjectRows.IsVisible(row, includeDeleted)) return false;
        if (filter is null) return true;
        scratch.Reset();
        return filter.Matches(row, scratch);
    }
}
