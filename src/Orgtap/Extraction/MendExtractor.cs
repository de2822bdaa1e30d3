using System.Runtime.CompilerServices;
using Orgtap.Records;
using Orgtap.Salesforce;

namespace Orgtap.Extraction;

/// <summary>Reads rows that the replica lacks by their Ids, a few hundred to a call. Ids that the org no longer shows are forgotten with their page.</summary>
/// <param name="missing">The next Ids in order behind one (null: from the beginning), at most as many as asked for.</param>
public sealed class MendExtractor(
    SalesforceClient client, ByteBudget budget, OrgCapabilities org, Func<string?, int, CancellationToken, Task<IReadOnlyList<string>>> missing) : IExtractor
{
    public async IAsyncEnumerable<Page> ReadAsync(ExtractionPlan plan, Checkpoint from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var load = from;
        string? last = null;
        long expected = 0;
        while (true)
        {
            // Fields and Ids share the address.
            var rows = new PartedRows(client, plan, org.LongestQuery * 2 / 3);
            var ids = await missing(last, PartedRows.IdsAtOnce(rows.Parts, org.LongestQuery), cancellationToken);
            if (ids.Count == 0) break;
            using var page = new PageRows(plan.Schema, budget);
            if (await ReadAsync(plan.SObject, rows, page, ids, cancellationToken) is not var (told, bytes)) continue;
            last = ids[^1];
            expected += told;
            load = load with { Position = new KeysetPosition(last), Expected = expected };
            yield return new Page(page.Take(), load, new PageCounts(told, page.Parsed, page.Rejected.Count, bytes), page.Rejected);
        }
        yield return Loads.End(load with { Expected = expected });
    }

    /// <returns>Null: the query was too long; the next one is shorter.</returns>
    private async Task<(long Told, long Bytes)?> ReadAsync(string sobject, PartedRows rows, PageRows page, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        try
        {
            return await rows.ReadByIdsAsync(page, ids, cancellationToken);
        }
        catch (SalesforceException refusal) when (RestTrouble.IsTooLong(refusal))
        {
            return org.ShortenQueries() ? null : throw ExtractionFailures.QueryTooLong(sobject, refusal);
        }
    }
}
