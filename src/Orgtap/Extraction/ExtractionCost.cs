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

    /// <param name="slices">Jobs that the load is divided into; where they are several, the range of Ids is asked for first.</param>
    /// <param name="pageRows">Rows of Salesforce's own pages.</param>
    /// <param name="fitting">Rows of the pages that extraction comes down to (<see cref="PageFit"/>). Where these are fewer, the list of Salesforce's own is asked for in vain, once.</param>
    public static long Bulk(long rows, int slices, int pageRows, int fitting, bool resultPages)
    {
        var each = Ceiling(rows, slices);
        var lists = resultPages ? Lists(each, pageRows) * (fitting == pageRows ? slices : 1) : 0;
        return (slices > 1 ? 2 : 0) + slices * Job(each, fitting) + lists;
    }

    /// <summary>Create, polls, pages, delete.</summary>
    private static long Job(long rows, int pageRows)
    {
        // Polls grow apart, so their number follows the logarithm of the job's size.
        var polls = 1 + (long)Math.Ceiling(Math.Log2(1 + rows / 25_000d));
        return 1 + polls + Math.Max(1, Ceiling(rows, pageRows)) + 1;
    }

    /// <summary>Calls that list a result's pages; a single one needs none.</summary>
    private static long Lists(long rows, int pageRows) => rows > pageRows ? Ceiling(Ceiling(rows, pageRows), ResultPagesPerCall) : 0;

    /// <summary>The most rows for which REST costs no more calls than Bulk.</summary>
    public static long BreakEven(int pageRows, int fitting, bool resultPages)
    {
        long rows = RestPageRows;
        while (rows < 1_000_000 && Rest(rows + RestPageRows) <= Bulk(rows + RestPageRows, 1, pageRows, fitting, resultPages)) rows += RestPageRows;
        return rows;
    }

    private static long Ceiling(long value, long divisor) => (value + divisor - 1) / divisor;
}
