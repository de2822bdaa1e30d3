namespace Orgtap.SimulatedOrg.Data;

/// <summary>What <c>getDeleted</c> answers from.</summary>
internal static class DeleteLog
{
    public static IReadOnlyList<(string Id, DateTimeOffset At)> Between(ObjectRows rows, DateTimeOffset start, DateTimeOffset end)
    {
        var found = new List<(string Id, DateTimeOffset At)>();
        var (from, to) = (start.ToUnixTimeMilliseconds(), end.ToUnixTimeMilliseconds());
        for (var ordinal = 0L; ordinal < rows.OrdinalCount; ordinal++)
        {
            var row = rows.Row(ordinal);
            if (row.Overlay is { Hidden: true } || !rows.Sharing.Shows(row)) continue;
            if (When(row) is { } at && at >= from && at < to)
                found.Add((SalesforceId.Text(rows.KeyPrefix, ordinal), DateTimeOffset.FromUnixTimeMilliseconds(at)));
        }
        found.Sort(static (left, right) => left.At != right.At ? left.At.CompareTo(right.At) : string.CompareOrdinal(left.Id, right.Id));
        return found;
    }

    /// <summary>A base row's deletion was its last change.</summary>
    private static long? When(RowRef row)
    {
        if (row.Overlay is { DeletedAt: { } at }) return at.ToUnixTimeMilliseconds();
        return ObjectRows.IsDeleted(row) ? row.Rows.Clock.ModStamp(row.Ordinal, row.Hash) : null;
    }
}
