using System.Text;
using System.Text.Json;
using Orgtap.Records;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Query;

namespace Orgtap.Extraction;

/// <summary>What reading rows came to.</summary>
/// <param name="Gone">Rows that Salesforce gave in the first part and no longer has.</param>
/// <param name="Bytes">Of the answers to further questions.</param>
internal readonly record struct JoinedCounts(long Gone, long Bytes);

/// <summary>
/// Rows of a table whose fields make a query too long: the same closed range of Ids is asked for part by part, and the parts are joined on Id. A row whose parts do not
/// belong together (it was changed or deleted between two questions) is read again by its Id; no row is dropped that Salesforce still has.
/// </summary>
internal sealed class PartedRows(SalesforceClient client, ExtractionPlan plan, int longest)
{
    // A row that changes that often has a stamp behind the load's window: the next load reads it whole again.
    private const int Attempts = 3;

    // Beside a part as long as may be there is room for a few dozen Ids.
    private const int RoomForIds = 1_500;

    private readonly JsonRows _rows = new(plan.Schema);
    private readonly byte[]? _stamp = plan.ChangeField is { } stamp ? Encoding.ASCII.GetBytes(stamp) : null;

    /// <summary>One, where everything fits into one query.</summary>
    public IReadOnlyList<FieldPart> Parts { get; } = FieldPart.Split(plan.Schema, plan.ChangeField, longest);

    /// <summary>Adds the rows of one answer to the first part's query.</summary>
    /// <param name="after">The Id behind which the answer begins.</param>
    /// <param name="last">The last Id in it; null: it has no records.</param>
    public async Task<JoinedCounts> ReadAsync(PageRows page, JsonElement records, string? after, string? last, CancellationToken cancellationToken)
    {
        if (Parts.Count == 1 || last is null)
        {
            await page.ReadAsync(_rows, records, cancellationToken);
            return default;
        }
        var others = Parts.Skip(1).Select(part => new PartCursor(client, LoadQuery.Rest(plan, part.Selected, after, last), cancellationToken)).ToList();
        var apart = new List<string>();
        long bytes = 0;
        try
        {
            var row = new JsonElement[Parts.Count];
            foreach (var record in records.EnumerateArray())
            {
                row[0] = record;
                var together = true;
                for (var i = 0; i < others.Count && together; i++)
                {
                    together = await others[i].FindAsync(record) && HaveOneStamp(record, others[i].Current);
                    if (together) row[i + 1] = others[i].Current;
                }
                if (together) await page.AddAsync(_rows, row, Parts, cancellationToken);
                else apart.Add(Encoding.ASCII.GetString(PartCursor.IdOf(record)));
            }
        }
        finally
        {
            foreach (var other in others)
            {
                bytes += other.Bytes;
                await other.DisposeAsync();
            }
        }

        long gone = 0;
        foreach (var ids in apart.Chunk(IdsAtOnce(Parts, longest + RoomForIds)))
        {
            var (found, more) = await ReadByIdsAsync(page, ids, cancellationToken);
            gone += ids.Length - found;
            bytes += more;
        }
        return new JoinedCounts(gone, bytes);
    }

    /// <summary>Adds the rows of these Ids, at most <see cref="IdsAtOnce"/>. Those that Salesforce does not show are left out.</summary>
    /// <returns>Rows that Salesforce said it has, and bytes read.</returns>
    public async Task<(long Told, long Bytes)> ReadByIdsAsync(PageRows page, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        long told = 0, bytes = 0;
        for (var attempt = 1; ids.Count > 0; attempt++)
        {
            var answers = new List<QueryPage>();
            try
            {
                var found = new Dictionary<string, JsonElement[]>(StringComparer.Ordinal);
                for (var i = 0; i < Parts.Count; i++)
                {
                    long total = 0;
                    await foreach (var answer in client.QueryAsync(LoadQuery.ByIds(plan, Parts[i].Selected, ids).ToString(), includeDeleted: true, cancellationToken))
                    {
                        answers.Add(answer);
                        total = answer.TotalSize;
                        foreach (var record in answer.Records.EnumerateArray()) Row(found, record)[i] = record;
                    }
                    if (i == 0) told += total;
                }
                var again = new List<string>();
                foreach (var (id, row) in found)
                {
                    var complete = Array.TrueForAll(row, part => part.ValueKind == JsonValueKind.Object);
                    var together = complete && Array.TrueForAll(row, part => HaveOneStamp(row[0], part));
                    if (together || (complete && attempt == Attempts)) await page.AddAsync(_rows, row, Parts, cancellationToken);
                    else
                    {
                        // It is counted when it is read again.
                        if (row[0].ValueKind == JsonValueKind.Object) told--;
                        if (attempt < Attempts) again.Add(id);
                    }
                }
                bytes += answers.Sum(answer => answer.Bytes);
                ids = again;
            }
            finally
            {
                foreach (var answer in answers) answer.Dispose();
            }
        }
        return (told, bytes);
    }

    /// <summary>So many Ids fit beside the fields.</summary>
    /// <param name="longest">Bytes of fields and Ids in one query, about.</param>
    public static int IdsAtOnce(IReadOnlyList<FieldPart> parts, int longest)
    {
        // Between quotes, escaped, an Id of 18 characters takes 27 bytes.
        const int bytesPerId = 27, most = 400;
        return Math.Clamp((longest - parts.Max(part => part.Bytes)) / bytesPerId, 1, most);
    }

    private JsonElement[] Row(Dictionary<string, JsonElement[]> found, JsonElement record)
    {
        var id = Encoding.ASCII.GetString(PartCursor.IdOf(record));
        if (!found.TryGetValue(id, out var row)) found.Add(id, row = new JsonElement[Parts.Count]);
        return row;
    }

    private bool HaveOneStamp(JsonElement one, JsonElement other) => _stamp is null || PartCursor.RawOf(one, _stamp).SequenceEqual(PartCursor.RawOf(other, _stamp));
}
