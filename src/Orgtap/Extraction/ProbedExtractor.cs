using System.Runtime.CompilerServices;
using System.Text.Json;
using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>What changed in one table, asked for together with other tables (<c>/composite</c>) and complete in that answer.</summary>
/// <param name="Plan">The load it answers; it is valid for no other window.</param>
/// <param name="Body">The answer of the query.</param>
public sealed record ProbedLoad(ExtractionPlan Plan, JsonElement Body, long TotalSize)
{
    // An answer is held in memory with those of four other tables.
    private const int MostCells = 50_000, MostRows = 1_000, FewestRows = 50;

    /// <summary>Rows that are asked for at most; one more tells that there are more.</summary>
    public static int RowsFor(ExtractionPlan plan) => Math.Clamp(MostCells / plan.Schema.Columns.Count, FewestRows, MostRows);
}

/// <summary>Hands on the rows of a <see cref="ProbedLoad"/>; makes no call.</summary>
public sealed class ProbedExtractor(ProbedLoad probed, ByteBudget budget) : IExtractor
{
    public async IAsyncEnumerable<Page> ReadAsync(ExtractionPlan plan, Checkpoint from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var load = @from with { Expected = probed.TotalSize };
        var (batches, rejected) = (new List<RowBatch>(), new List<RejectedRow>());
        long parsed;
        using (var writer = new RowBatchWriter(plan.Schema, budget))
        {
            try
            {
                parsed = await new JsonRows(plan.Schema).ReadAsync(probed.Body.GetProperty("records"), writer, batches, rejected, cancellationToken);
            }
            catch
            {
                foreach (var batch in batches) batch.Dispose();
                throw;
            }
        }
        if (parsed > 0) yield return new Page(batches, load, new PageCounts(probed.TotalSize, parsed, rejected.Count, 0), rejected);
        yield return Loads.End(load);
    }
}
