using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>What loading a whole table costs, for people who are still choosing; the plan of a sync knows more (<see cref="ExtractionPlanner"/>).</summary>
public static class FirstLoadCost
{
    private static readonly ExtractionOptions Usual = new();

    /// <param name="rows">Rows of the table, about.</param>
    /// <param name="fields">How many are chosen; null: not known.</param>
    /// <param name="memory">For pages in flight, bytes.</param>
    /// <returns>API calls through whichever interface costs fewer.</returns>
    public static long Calls(long rows, long? fields, long memory)
    {
        var fitting = fields is { } count ? PageFit.RowsFor(PageFit.WidthOf(count), Usual, memory) : Usual.PageRows;
        return Math.Min(ExtractionCost.Rest(rows), ExtractionCost.Bulk(rows, ExtractionPlanner.SlicesOf(LoadMode.Backfill, rows, Usual), Usual.PageRows, fitting, resultPages: true));
    }
}
