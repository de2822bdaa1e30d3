using System.Text;
using System.Text.Json;
using Orgtap.Records;

namespace Orgtap.Tests.Records;

public sealed class RowBatchWriterTests
{
    private static readonly ObjectSchema Schema = new("Case",
        [new("Id", ColumnType.Id), new("Subject", ColumnType.Text), new("Amount", ColumnType.Decimal, 18, 2), new("IsClosed", ColumnType.Boolean), new("CreatedDate", ColumnType.DateTime)]);

    private readonly ByteBudget _budget = new(16 << 20);

    [Fact]
    public void Cells_read_back_as_they_were_written()
    {
        using var writer = new RowBatchWriter(Schema, _budget);
        Append(writer, "500000000000001", "Hello", "1.50", "true", "2026-01-02T03:04:05Z");
        Append(writer, "500000000000002", "", "", "", "");
        using var batch = writer.Take();
        Assert.Equal(2, batch.RowCount);
        Assert.Equal(["500000000000001AAA", "Hello", "1.5", "true", "2026-01-02T03:04:05.000Z"], Row(batch, 0));
        Assert.Equal(["500000000000002AAA", null, null, null, null], Row(batch, 1));
        Assert.Equal(18 + 5 + 3 + 4 + 24 + 18, batch.ByteCount);
    }

    [Fact]
    public void A_refused_row_leaves_no_trace_and_says_which_field_it_was()
    {
        using var writer = new RowBatchWriter(Schema, _budget);
        Append(writer, "500000000000001", "kept", "1", "true", "");
        Assert.True(writer.Append("500000000000002"u8));
        Assert.True(writer.Append("secret"u8));
        Assert.False(writer.Append("12 EUR"u8));
        Assert.Equal(new RejectedRow("500000000000002AAA", "Amount", "is not a number"), writer.RejectRow());
        Append(writer, "500000000000003", "kept too", "3", "false", "");
        using var batch = writer.Take();
        Assert.Equal("500000000000001AAA", Row(batch, 0)[0]);
        Assert.Equal("500000000000003AAA", Row(batch, 1)[0]);
        Assert.DoesNotContain("secret", Encoding.UTF8.GetString(batch.Bytes()));
    }

    [Fact]
    public void A_row_must_have_all_its_columns_and_no_more()
    {
        using var writer = new RowBatchWriter(Schema, _budget);
        writer.AppendNull();
        Assert.Throws<InvalidOperationException>(writer.EndRow);
        Assert.Throws<InvalidOperationException>(() => writer.Take());
        for (var i = 1; i < Schema.Columns.Count; i++) writer.AppendNull();
        Assert.Throws<InvalidOperationException>(() => writer.AppendNull());
    }

    [Fact]
    public void JSON_gives_the_same_cells_as_CSV()
    {
        using var writer = new RowBatchWriter(Schema, _budget);
        Append(writer, "500000000000001", "a \"b\"\r\n\U0001F600", "1234567890123456.70", "true", "2026-01-02T03:04:05.000Z");
        var json = """{"Id":"500000000000001AAA","Subject":"a \"b\"\r\n\uD83D\uDE00","Amount":1234567890123456.70,"IsClosed":true,"CreatedDate":"2026-01-02T03:04:05.000+0000"}"""u8;
        AppendJson(writer, json);
        using var batch = writer.Take();
        Assert.Equal(Row(batch, 0), Row(batch, 1));
    }

    [Fact]
    public void JSON_null_and_empty_text_are_NULL_and_structures_are_refused()
    {
        using var writer = new RowBatchWriter(Schema, _budget);
        var reader = new Utf8JsonReader("""["500000000000001AAA", "", null, {}]"""u8);
        reader.Read();
        for (var i = 0; i < 3; i++)
        {
            reader.Read();
            Assert.True(writer.AppendJson(ref reader));
        }
        reader.Read();
        Assert.False(writer.AppendJson(ref reader));
        Assert.True(writer.PendingCell(1).IsEmpty);
        Assert.Equal("IsClosed", writer.RejectRow().Field);
    }

    [Fact]
    public void JSON_half_a_surrogate_pair_is_refused_and_not_a_crash()
    {
        using var writer = new RowBatchWriter(Schema, _budget);
        writer.AppendNull();
        var reader = new Utf8JsonReader("\"\\uD83D\""u8);
        reader.Read();
        Assert.False(writer.AppendJson(ref reader));
    }

    [Fact]
    public void Batches_stay_within_their_standard_memory_and_say_when_they_are_full()
    {
        using var writer = new RowBatchWriter(Schema, _budget);
        var text = new string('x', 2000);
        var rows = 0;
        for (; !writer.IsFull; rows++) Append(writer, "500000000000001", text, "", "", "");
        Assert.InRange(rows, 500, 524);
        Assert.Equal(RowBatch.StandardMemory, _budget.Held);
        using var batch = writer.Take();
        Assert.Equal(rows, batch.RowCount);
        Assert.Equal(text, Row(batch, rows - 1)[1]);
    }

    [Fact]
    public void One_giant_cell_grows_its_batch_and_the_budget_knows()
    {
        using var writer = new RowBatchWriter(Schema, _budget);
        var giant = new string('\u00e9', 3 << 20);
        Append(writer, "500000000000001", "first", "", "", "");
        Append(writer, "500000000000002", giant, "7", "", "");
        Assert.True(_budget.Held > 6 << 20);
        using (var batch = writer.Take())
        {
            Assert.Equal("first", Row(batch, 0)[1]);
            Assert.Equal(giant, Row(batch, 1)[1]);
        }
        Assert.Equal(0, _budget.Held);
    }

    [Fact]
    public void More_rows_than_a_standard_batch_has_ends_for_are_still_kept()
    {
        using var writer = new RowBatchWriter(Schema, _budget);
        for (var i = 0; i < 60_000; i++)
        {
            for (var column = 0; column < Schema.Columns.Count; column++) writer.AppendNull();
            writer.EndRow();
        }
        using var batch = writer.Take();
        Assert.Equal(60_000, batch.RowCount);
        Assert.True(batch.IsNull(59_999, 4));
    }

    [Fact]
    public void No_row_allocates()
    {
        using var writer = new RowBatchWriter(Schema, _budget);
        AppendManyBytes(writer, 100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        AppendManyBytes(writer, 2000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void AppendManyBytes(RowBatchWriter writer, int rows)
    {
        for (var i = 0; i < rows; i++)
        {
            writer.Append("500000000000001"u8);
            writer.Append("text"u8);
            writer.Append("12.30"u8);
            writer.AppendBoolean(true);
            writer.Append("2026-01-02T03:04:05.000+0000"u8);
            writer.EndRow();
        }
    }

    private static void AppendJson(RowBatchWriter writer, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
            if (reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.StartObject or JsonTokenType.EndObject)) Assert.True(writer.AppendJson(ref reader));
        writer.EndRow();
    }

    private static void Append(RowBatchWriter writer, params string[] cells)
    {
        foreach (var cell in cells) Assert.True(writer.Append(Encoding.UTF8.GetBytes(cell)), writer.LastReason);
        writer.EndRow();
    }

    private static IReadOnlyList<string?> Row(RowBatch batch, int row) =>
        [.. Enumerable.Range(0, batch.ColumnCount).Select(column => batch.IsNull(row, column) ? null : Encoding.UTF8.GetString(batch.Cell(row, column)))];
}

internal static class RowBatchContent
{
    public static byte[] Bytes(this RowBatch batch)
    {
        var bytes = new List<byte>();
        for (var row = 0; row < batch.RowCount; row++)
            for (var column = 0; column < batch.ColumnCount; column++) bytes.AddRange(batch.Cell(row, column));
        return [.. bytes];
    }
}
