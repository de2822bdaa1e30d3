using System.Runtime.CompilerServices;
using Orgtap.Records;
using Orgtap.Salesforce;

namespace Orgtap.Extraction;

/// <summary>Reads rows that the replica lacks by their Ids, a few hundred to a call. Ids that the org no longer shows are forgotten with their page.</summary>
/// <param name="missing">The next Ids in order behind one (null: from the beginning), at most as many as asked for.</param>
public sealed class MendExtractor(SalesforceClient client, ByteBudget budget, Func<string?, int, CancellationToken, Task<IReadOnlyList<string>>> missing) : IExtractor
{
    // A request line and its headers may hold 16,384 bytes; an Id in quotes, escaped, takes 27.
    private const int LongestQuery = 14_000, BytesPerId = 27, MostIds = 400;

    public async IAsyncEnumerable<Page> ReadAsync(ExtractionPlan plan, Checkpoint from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var load = from;
        var atOnce = Math.Clamp((LongestQuery - plan.Schema.Columns.Sum(column => column.Name.Length + 3)) / BytesPerId, 1, MostIds);
        var rows = new JsonRows(plan.Schema);
        string? last = null;
        long expected = 0;
        while (await missing(last, atOnce, cancellationToken) is { Count: > 0 } ids)
        {
            last = ids[^1];
            var (batches, rejected) = (new List<RowBatch>(), new List<RejectedRow>());
            long parsed = 0, told = 0, bytes = 0;
            try
            {
                await foreach (var answer in client.QueryAsync(LoadQuery.ByIds(plan, ids).ToString(), includeDeleted: true, cancellationToken))
                {
                    using (answer)
                    using (var writer = new RowBatchWriter(plan.Schema, budget))
                    {
                        told = answer.TotalSize;
                        bytes += answer.Bytes;
                        parsed += await rows.ReadAsync(answer.Records, writer, batches, rejected, cancellationToken);
                    }
                }
            }
            catch
            {
                foreach (var batch in batches) batch.Dispose();
                throw;
            }
            expected += told;
            load = load with { Position = new KeysetPosition(last), Expected = expected };
            yield return new Page(batches, load, new PageCounts(told, parsed, rejected.Count, bytes), rejected);
        }
        yield return Loads.End(load with { Expected = expected });
    }
}
