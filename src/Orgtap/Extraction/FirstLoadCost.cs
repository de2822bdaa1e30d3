namespace Orgtap.Extraction;

/// <summary>What loading a whole table costs, for people who are still choosing; the plan of a sync knows more (<see cref="ExtractionPlanner"/>).</summary>
public static class FirstLoadCost
{
    private static readonly ExtractionOptions Usual = new();

    /// <param name="rows">Rows of the table, about.</param>
    /// <returns>API calls through whichever interface costs fewer.</returns>
    public static long Calls(long rows) => Math.Min(ExtractionCost.Rest(rows), ExtractionCost.Bulk(rows, Usual.PageRows, resultPages: true));
}
