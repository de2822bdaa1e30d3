namespace Orgtap.Extraction;

/// <summary>What a load costs in calls against the org's quota. Every HTTP request counts: creating, polling, each page, deleting.</summary>
internal static class ExtractionCost
{
    /// <summary>Records in one REST answer, at most.</summary>
    public const int RestPageRows = 2_000;

    private const int ResultPagesPerCall = 5;

    public static long Rest(long rows) => Math.Max(1, Ceiling(rows, RestPageRows));

    /// <summary>The least a Bulk job can cost: create, one poll, one page, delete.</summary>
    public static long BulkAtLeast => 4;

    /// <summary>A first load that is divided into slices: the range of Ids is asked for, and each slice is a job.</summary>
    public static long Sliced(long rows, int slices, int pageRows, bool resultPages) => slices == 1 ? Bulk(rows, pageRows, resultPages) : 2 + slices * Bulk(Ceiling(rows, slices), pageRows, resultPages);

    public static long Bulk(long rows, int pageRows, bool resultPages)
    {
        var pages = Math.Max(1, Ceiling(rows, pageRows));
        // Polls grow apart, so their number follows the logarithm of the job's size.
        var polls = 1 + (long)Math.Ceiling(Math.Log2(1 + rows / 25_000d));
        return 1 + polls + pages + (resultPages ? Lists(rows, pageRows) : 0) + 1;
    }

    /// <summary>Calls that list a result's pages; a single one needs none.</summary>
    public static long Lists(long rows, int pageRows) => rows > pageRows ? Ceiling(Ceiling(rows, pageRows), ResultPagesPerCall) : 0;

    /// <summary>The most rows for which REST costs no more calls than Bulk.</summary>
    public static long BreakEven(int pageRows, bool resultPages)
    {
        long rows = RestPageRows;
        while (rows < 1_000_000 && Rest(rows + RestPageRows) <= Bulk(rows + RestPageRows, pageRows, resultPages)) rows += RestPageRows;
        return rows;
    }

    private static long Ceiling(long value, long divisor) => (value + divisor - 1) / divisor;
}
