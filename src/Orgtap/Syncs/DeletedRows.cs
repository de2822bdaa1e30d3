using System.Globalization;
using System.Text;
using Orgtap.Records;
using Orgtap.Salesforce.Replication;

namespace Orgtap.Syncs;

/// <summary>A page of Ids that Salesforce lists as deleted, each with the moment up to which the row may have been changed before.</summary>
internal static class DeletedRows
{
    // Stamp and deletion are set by different clocks of Salesforce, and the list gives whole seconds.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    public static async Task<Page> PageAsync(string sobject, string stamp, IReadOnlyList<DeletedRecord> records, Checkpoint covers, ByteBudget budget, CancellationToken cancellationToken)
    {
        var schema = new ObjectSchema(sobject, [new Column("Id", ColumnType.Id), new Column(stamp, ColumnType.DateTime)]);
        var (batches, rejected) = (new List<RowBatch>(), new List<RejectedRow>());
        using var writer = new RowBatchWriter(schema, budget);
        try
        {
            if (records.Count > 0) await writer.ReadyAsync(cancellationToken);
            foreach (var record in records)
            {
                var at = (record.At + Tolerance).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
                if (writer.Append(Encoding.ASCII.GetBytes(record.Id)) && writer.Append(Encoding.ASCII.GetBytes(at))) writer.EndRow();
                else rejected.Add(writer.RejectRow());
                if (!writer.IsFull) continue;
                batches.Add(writer.Take());
                await writer.ReadyAsync(cancellationToken);
            }
            if (writer.RowCount > 0) batches.Add(writer.Take());
        }
        catch
        {
            foreach (var batch in batches) batch.Dispose();
            throw;
        }
        return new Page(batches, covers, new PageCounts(records.Count, records.Count, rejected.Count, 0), rejected);
    }
}
