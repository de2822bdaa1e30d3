using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Orgtap.Records;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Query;

namespace Orgtap.Extraction;

/// <summary>
/// Loads through REST queries in order of Id, so that it can go on behind any row. Where the fields make a query too long they are asked for in parts
/// (<see cref="PartedRows"/>); where Salesforce finds the rows too many at once, they are asked for in spans of Ids (<see cref="IdSpan"/>).
/// </summary>
public sealed class RestExtractor(SalesforceClient client, ByteBudget budget, OrgCapabilities org) : IExtractor
{
    private static readonly ColumnType IdType = ColumnType.Id;

    public async IAsyncEnumerable<Page> ReadAsync(ExtractionPlan plan, Checkpoint from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var load = from;
        var span = new IdSpan((from.Position as KeysetPosition)?.LastId);
        var trouble = new RestTrouble(client, plan, org, span);
        var parsed = from.Tally.Parsed;
        for (var ended = false; !ended;)
        {
            var rows = new PartedRows(client, plan, org.LongestQuery);
            var query = LoadQuery.Keyset(plan, rows.Parts[0].Selected, span.After, span.UpTo).ToString();
            // All rows of this question, those that vanished while it was being read, and how many were read before it.
            var (seen, gone, before) = (0L, 0L, parsed);
            await using var answers = client.QueryAsync(query, includeDeleted: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                var (read, refusal) = await NextAsync(plan, answers, rows, span, load.Position is null, cancellationToken);
                if (refusal is not null)
                {
                    await trouble.MendAsync(refusal, cancellationToken);
                    break;
                }
                trouble.Progress();
                gone += read!.Gone;
                // REST counts the whole question only; what is left of that count falls to its last page.
                var told = read.Done ? read.Total - seen - read.Gone : read.Parsed;
                seen += read.Records;
                parsed += read.Parsed;
                // What other spans have is told when they are asked for; until then the whole is not known.
                load = load with { Position = span.After is null ? null : new KeysetPosition(span.After), Expected = span.UpTo is null ? before + read.Total - gone : null };
                yield return new Page(read.Batches, load, new PageCounts(told, read.Parsed, read.Rejected.Count, read.Bytes), read.Rejected);
                if (!read.Done) continue;
                ended = !span.MoveOn();
                break;
            }
        }
        yield return Loads.End(load);
    }

    private sealed record Answer(IReadOnlyList<RowBatch> Batches, IReadOnlyList<RejectedRow> Rejected, long Records, long Parsed, long Gone, long Total, bool Done, long Bytes);

    /// <returns>The next answer with its other parts, or why there is none although another question may have one.</returns>
    private async Task<(Answer?, SalesforceException?)> NextAsync(
        ExtractionPlan plan, IAsyncEnumerator<QueryPage> answers, PartedRows rows, IdSpan span, bool first, CancellationToken cancellationToken)
    {
        try
        {
            if (!await answers.MoveNextAsync()) throw SalesforceException.Unexpected(plan.SObject, "a query without an end");
            using var answer = answers.Current;
            if (first && span.UpTo is null && answer.TotalSize > plan.MoveToBulkAbove) throw new LargerThanPlannedException(plan.SObject, answer.TotalSize);
            using var page = new PageRows(plan.Schema, budget);
            var last = LastId(answer.Records);
            var joined = await rows.ReadAsync(page, answer.Records, span.After, last, cancellationToken);
            if (last is not null) span.Read(last);
            return (new Answer(page.Take(), page.Rejected, answer.Records.GetArrayLength(), page.Parsed, joined.Gone, answer.TotalSize, answer.Done, answer.Bytes + joined.Bytes), null);
        }
        catch (SalesforceException refusal) when (RestTrouble.CanMend(plan, refusal))
        {
            return (null, refusal);
        }
    }

    /// <summary>In its canonical form, which sorts as Salesforce sorts.</summary>
    private static string? LastId(JsonElement records)
    {
        if (records.GetArrayLength() == 0) return null;
        var raw = Encoding.UTF8.GetBytes(records[records.GetArrayLength() - 1].GetProperty("Id").GetString()!);
        Span<byte> form = stackalloc byte[Canonical.LongestForm(IdType, raw.Length)];
        return Canonical.TryWrite(IdType, raw, form, out var written) ? Encoding.ASCII.GetString(form[..written]) : null;
    }
}
