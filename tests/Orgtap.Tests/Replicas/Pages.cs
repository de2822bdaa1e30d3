using System.Globalization;
using System.Text;
using Orgtap.Records;

namespace Orgtap.Tests.Replicas;

/// <summary>Pages as an extractor would make them.</summary>
internal static class Pages
{
    public static readonly ObjectSchema Account = new("Account",
        [new("Id", ColumnType.Id), new("Name", ColumnType.Text), new("Employees", ColumnType.Integer), new("IsDeleted", ColumnType.Boolean)]);

    public static readonly ObjectSchema CaseStatus = new("CaseStatus", [new("Id", ColumnType.Id), new("Label", ColumnType.Text)]);

    private static readonly ByteBudget Budget = new(256 << 20);

    public static string Id(int number) => "001" + number.ToString("D12", CultureInfo.InvariantCulture) + "AAA";

    public static Checkpoint Backfill(ObjectSchema schema, string? lastId = null, bool finished = false) => new()
    {
        Mode = LoadMode.Backfill,
        Window = new Window(null, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)),
        Fields = [.. schema.Columns.Select(column => column.Name)],
        Position = lastId is null ? null : new KeysetPosition(lastId),
        Finished = finished,
    };

    public static Checkpoint Snapshot(ObjectSchema schema, int day, bool finished) => new()
    {
        Mode = LoadMode.Snapshot,
        Window = new Window(null, new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero)),
        Fields = [.. schema.Columns.Select(column => column.Name)],
        Finished = finished,
    };

    public static Page Of(ObjectSchema schema, Checkpoint covers, IEnumerable<string?[]> rows)
    {
        using var writer = new RowBatchWriter(schema, Budget);
        var (batches, count) = (new List<RowBatch>(), 0);
        foreach (var row in rows)
        {
            foreach (var cell in row) Assert.True(writer.Append(Encoding.UTF8.GetBytes(cell ?? "")), writer.LastReason);
            writer.EndRow();
            count++;
            if (writer.IsFull) batches.Add(writer.Take());
        }
        batches.Add(writer.Take());
        return new Page(batches, covers, new PageCounts(count, count, 0, 0), []);
    }

    public static Page Of(ObjectSchema schema, params string?[][] rows) => Of(schema, Backfill(schema), rows);
}
