using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>The rows of one page of a REST query, from the parsed document's own bytes into row batches.</summary>
internal sealed class JsonRows(ObjectSchema schema)
{
    private readonly byte[][] _names = [.. schema.Columns.Select(column => Encoding.UTF8.GetBytes(column.Name))];
    private byte[] _unescaped = ArrayPool<byte>.Shared.Rent(4096);

    /// <returns>Records seen, rejected ones included.</returns>
    public async Task<long> ReadAsync(JsonElement records, RowBatchWriter writer, List<RowBatch> batches, List<RejectedRow> rejected, CancellationToken cancellationToken)
    {
        long count = 0;
        await writer.ReadyAsync(cancellationToken);
        foreach (var record in records.EnumerateArray())
        {
            count++;
            if (Append(record, writer, 0, _names.Length)) writer.EndRow();
            else rejected.Add(writer.RejectRow());
            if (!writer.IsFull) continue;
            batches.Add(writer.Take());
            await writer.ReadyAsync(cancellationToken);
        }
        if (writer.RowCount > 0) batches.Add(writer.Take());
        return count;
    }

    /// <summary>Appends a row whose columns lie in several records.</summary>
    /// <returns>False: it can only be rejected.</returns>
    public bool Append(JsonElement[] records, IReadOnlyList<FieldPart> parts, RowBatchWriter writer)
    {
        for (var i = 0; i < parts.Count; i++)
            if (!Append(records[i], writer, parts[i].From, parts[i].Until)) return false;
        return true;
    }

    private bool Append(JsonElement record, RowBatchWriter writer, int from, int until)
    {
        // Salesforce answers in the order of the question, so one walk finds every field; a field out of turn is searched for.
        var column = from;
        foreach (var property in record.EnumerateObject())
        {
            if (column == until) break;
            if (!property.NameEquals(_names[column])) continue;
            if (!AppendValue(property.Value, writer)) return false;
            column++;
        }
        for (; column < until; column++)
        {
            // What has no value may be left out altogether.
            if (!(record.TryGetProperty(_names[column], out var value) ? AppendValue(value, writer) : writer.AppendNull())) return false;
        }
        return true;
    }

    private bool AppendValue(JsonElement value, RowBatchWriter writer)
    {
        if (value.ValueKind == JsonValueKind.Null) return writer.AppendNull();
        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (value.ValueKind != JsonValueKind.String) return writer.Append(raw);
        if (raw.IndexOf((byte)'\\') < 0) return writer.Append(raw[1..^1]);

        if (_unescaped.Length < raw.Length)
        {
            ArrayPool<byte>.Shared.Return(_unescaped);
            _unescaped = ArrayPool<byte>.Shared.Rent(raw.Length);
        }
        var reader = new Utf8JsonReader(raw);
        reader.Read();
        return writer.Append(_unescaped.AsSpan(0, reader.CopyString(_unescaped)));
    }
}
