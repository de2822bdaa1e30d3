using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>How large a page of a Bulk result may be. Pure.</summary>
internal static class PageFit
{
    // Names, addresses and descriptions come first; most of the other fields of an object with many are codes, or empty.
    private const int FirstTexts = 10, FirstTextBytes = 20, OtherTextBytes = 4, QuotesAndComma = 3, OtherFieldBytes = 11;

    /// <summary>A page that takes most of the memory of all leaves none for overlapping download, parsing and loading.</summary>
    /// <param name="memory">Of all pages in flight, bytes.</param>
    public static bool IsTooLarge(long bytes, long memory) => bytes > memory / 3 * 2;

    /// <summary>The next size to try when a page was too large, or stalled.</summary>
    public static int Smaller(int rows, ExtractionOptions options) => Math.Max(options.SmallestPageRows, rows / 2);

    /// <summary>Rows of a page, about, that extraction comes down to for rows of so many bytes. An estimate for forecasts: what pages really hold is seen only when they come.</summary>
    /// <param name="memory">Null: there is plenty.</param>
    public static int RowsFor(long width, ExtractionOptions options, long? memory)
    {
        var rows = options.PageRows;
        if (memory is not { } limit) return rows;
        while (rows > options.SmallestPageRows && IsTooLarge(width * rows, limit)) rows = Smaller(rows, options);
        return rows;
    }

    /// <summary>Bytes of such a row in CSV, about.</summary>
    public static long WidthOf(ObjectSchema schema)
    {
        var (width, texts) = (0L, 0);
        foreach (var column in schema.Columns)
            width += QuotesAndComma + column.Type switch
            {
                ColumnType.Id => 18,
                ColumnType.Boolean or ColumnType.Integer => 5,
                ColumnType.Decimal => 8,
                ColumnType.Date => 10,
                ColumnType.Time => 13,
                ColumnType.DateTime => 24,
                _ => texts++ < FirstTexts ? FirstTextBytes : OtherTextBytes,
            };
        return width;
    }

    /// <summary>Bytes of a row in CSV, about, of which only the number of fields is known.</summary>
    public static long WidthOf(long fields) => Math.Min(fields, FirstTexts) * (FirstTextBytes + QuotesAndComma) + Math.Max(fields - FirstTexts, 0) * OtherFieldBytes;
}
