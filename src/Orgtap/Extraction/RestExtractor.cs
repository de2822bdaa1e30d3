using System.Runtime.CompilerServices;
using System.Text;
using Orgtap.Records;
using Orgtap.Salesforce;

namespace Orgtap.Extraction;

/// <summary>Loads through REST queries in order of Id, so that it can go on behind any row.</summary>
public sealed class RestExtractor(SalesforceClient client, ByteBudget budget) : IExtractor
{
    private static readonly ColumnType IdType = ColumnType.Id;

    public async IAsyncEnumerable<Page> ReadAsync(ExtractionPlan plan, Checkpoint from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var load = from;
        var position = load.Position as KeysetPosition;
        var rows = new JsonRows(plan.Schema);
        long reported = 0;
        var first = true;
        await foreach (var answer in client.QueryAsync(LoadQuery.Keyset(plan, position?.LastId).ToString(), includeDeleted: true, cancellationToken))
        {
            using (answer)
            {
                if (first && position is null && answer.TotalSize > plan.MoveToBulkAbove) throw new LargerThanPlannedException(plan.SObject, answer.TotalSize);
                if (first) load = load with { Expected = load.Tally.Parsed + answer.TotalSize };
                first = false;

                var (batches, rejected) = (new List<RowBatch>(), new List<RejectedRow>());
                long parsed;
                using (var writer = new RowBatchWriter(plan.Schema, budget))
                {
                    try
                    {
                        parsed = await rows.ReadAsync(answer.Records, writer, batches, rejected, cancellationToken);
                    }
                    catch
                    {
                        foreach (var batch in batches) batch.Dispose();
                        throw;
                    }
                }
                position = LastId(answer.Records) is { } last ? new KeysetPosition(last) : position;
                // REST counts the whole query only; what is left of that count falls to its last page.
                var told = answer.Done ? answer.TotalSize - reported : parsed;
                reported += told;
                yield return new Page(batches, load with { Position = position }, new PageCounts(told, parsed, rejected.Count, answer.Bytes), rejected);
            }
        }
        yield return Loads.End(load with { Position = position });
    }

    /// <summary>In its canonical form, which sorts as Salesforce sorts.</summary>
    private static string? LastId(System.Text.Json.JsonElement records)
    {
        if (records.GetArrayLength() == 0) return null;
        var raw = Encoding.UTF8.GetBytes(records[records.GetArrayLength() - 1].GetProperty("Id").GetString()!);
        Span<byte> form = stackalloc byte[Canonical.LongestForm(IdType, raw.Length)];
        return Canonical.TryWrite(IdType, raw, form, out var written) ? Encoding.ASCII.GetString(form[..written]) : null;
    }
}
