using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>The columns that one of several queries asks for, because all of them together make it too long for an address. Pure.</summary>
/// <param name="From">The first column.</param>
/// <param name="Until">Behind the last one.</param>
/// <param name="Selected">What the query selects: Id first, and the stamp, by which the parts of a row are seen to belong together.</param>
internal sealed record FieldPart(int From, int Until, IReadOnlyList<string> Selected)
{
    /// <summary>Bytes of names in one query. Address and headers may have 16,384 bytes together; conditions, token and the rest take about 1,500.</summary>
    public const int Longest = 12_000;

    /// <summary>Shorter queries than this are not worth trying: whatever refuses them refuses everything.</summary>
    public const int Shortest = 500;

    /// <param name="stamp">Null where the object has none.</param>
    /// <param name="longest">Bytes of names in one query, about.</param>
    /// <returns>One part with everything where that fits.</returns>
    public static IReadOnlyList<FieldPart> Split(ObjectSchema schema, string? stamp, int longest)
    {
        var columns = schema.Columns;
        if (BytesOf(columns.Select(column => column.Name)) <= longest) return [new FieldPart(0, columns.Count, [.. columns.Select(column => column.Name)])];
        var parts = new List<FieldPart>();
        var companions = BytesOf(stamp is null ? ["Id"] : ["Id", stamp]);
        for (int from = 0, until; from < columns.Count; from = until)
        {
            var bytes = companions;
            for (until = from; until < columns.Count && (until == from || bytes + BytesOf(columns[until].Name) <= longest); until++) bytes += BytesOf(columns[until].Name);
            parts.Add(new FieldPart(from, until, Select(columns, from, until, stamp)));
        }
        return parts;
    }

    /// <summary>Bytes that the names take in an address.</summary>
    public int Bytes => BytesOf(Selected);

    private static IReadOnlyList<string> Select(IReadOnlyList<Column> columns, int from, int until, string? stamp)
    {
        var names = columns.Skip(from).Take(until - from).Select(column => column.Name).ToList();
        // Salesforce refuses a field that is named twice.
        if (stamp is not null && !names.Contains(stamp, StringComparer.OrdinalIgnoreCase)) names.Insert(from == 0 ? 1 : 0, stamp);
        if (from > 0) names.Insert(0, columns[0].Name);
        return names;
    }

    private static int BytesOf(IEnumerable<string> names) => names.Sum(BytesOf);

    // The comma before it is escaped to three bytes.
    private static int BytesOf(string name) => name.Length + 3;
}
