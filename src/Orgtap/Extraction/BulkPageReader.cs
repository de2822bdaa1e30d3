using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Salesforce.Bulk;

namespace Orgtap.Extraction;

/// <summary>One page of a Bulk result in memory.</summary>
/// <param name="Next">Where Salesforce says the next page begins; null: this is the last.</param>
internal sealed record BulkPage(IReadOnlyList<RowBatch> Batches, PageCounts Counts, IReadOnlyList<RejectedRow> Rejected, string? Next, int MaxRecords) : IDisposable
{
    public void Dispose()
    {
        foreach (var batch in Batches) batch.Dispose();
    }
}

/// <summary>Reads pages, each again from its own locator when it was cut or came short.</summary>
internal sealed class BulkPageReader(BulkQueryApi bulk, ObjectSchema schema, ByteBudget budget, ExtractionOptions options, string jobId, string apiVersion)
{
    /// <summary>Starts reading. Pages must be started in the order in which they are going to be committed (<see cref="ByteBudget"/>).</summary>
    /// <param name="maySplit">Whether a stall may be answered with a smaller page; not where the page's end is fixed.</param>
    public Task<BulkPage> StartAsync(string? locator, int maxRecords, bool maySplit, CancellationToken cancellationToken)
    {
        var writer = new RowBatchWriter(schema, budget);
        return Task.Run(async () =>
        {
            using (writer) return await ReadAsync(writer, locator, maxRecords, maySplit, cancellationToken);
        }, CancellationToken.None);
    }

    private async Task<BulkPage> ReadAsync(RowBatchWriter writer, string? locator, int maxRecords, bool maySplit, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var (batches, rejected) = (new List<RowBatch>(), new List<RejectedRow>());
            var kept = false;
            // A request that fails was tried again by the HTTP pipeline; here it is the body that is read again.
            await using var results = await bulk.ResultsAsync(jobId, apiVersion, locator, maxRecords, cancellationToken);
            try
            {
                var parsed = await CsvRows.ReadAsync(results.Body, schema, writer, batches, rejected, cancellationToken);
                // Fewer or more rows than reported may be a cut that looks like an end. If it stays so, the page is handed on and the receipt names the difference.
                if (results.NumberOfRecords is { } reported && reported != parsed && attempt < options.PageRetries) continue;
                kept = true;
                return new BulkPage(batches, new PageCounts(results.NumberOfRecords, parsed, rejected.Count, results.BytesRead), rejected, results.NextLocator, maxRecords);
            }
            catch (OrgtapException failure) when (failure.Kind == FailureKind.Transient && attempt < options.PageRetries)
            {
                if (maySplit) maxRecords = PageFit.Smaller(maxRecords, options);
            }
            finally
            {
                if (!kept)
                {
                    foreach (var batch in batches) batch.Dispose();
                    writer.DiscardRow();
                    writer.Take().Dispose();
                }
            }
        }
    }
}
