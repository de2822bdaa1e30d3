using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Rendering;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Groups as records of type AggregateResult, which have no address.</summary>
internal sealed class AggregateReader(IReadOnlyList<AggregateOutput> outputs, IReadOnlyList<object?[]> results) : RowReader
{
    private int _at = -1;

    public override bool Read() => ++_at < results.Count;

    public override void WriteCsv(IBufferWriter<byte> output, CsvDialect dialect)
    {
        var line = new LineBuffer();
        for (var i = 0; i < outputs.Count; i++)
        {
            if (i > 0) line.Add(dialect.Delimiter);
            CsvCell.Write(line, Cell.OfText(Encoding.UTF8.GetBytes(Text(results[_at][outputs[i].Index], outputs[i].IsInteger, "Z"))),
                dialect.Delimiter, dialect.QuoteAll, dialect.ShortIds, outputs[i].IsInteger);
        }
        output.Write(line.Written);
        output.Write(dialect.CrLf ? "\r\n"u8 : "\n"u8);
    }

    public override void WriteJson(Utf8JsonWriter writer, string versionPath)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("attributes");
        writer.WriteString("type", "AggregateResult");
        writer.WriteEndObject();
        foreach (var output in outputs)
        {
            writer.WritePropertyName(output.Name);
            var value = results[_at][output.Index];
            switch (value)
            {
                case null: writer.WriteNullValue(); break;
                case bool flag: writer.WriteBooleanValue(flag); break;
                case long or decimal: writer.WriteRawValue(Text(value, output.IsInteger, "+0000")); break;
                default: writer.WriteStringValue(Text(value, output.IsInteger, "+0000")); break;
            }
        }
        writer.WriteEndObject();
    }

    private static string Text(object? value, bool isInteger, string zone) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        decimal number => number.ToString(isInteger ? "0" : "0.0###############", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture) + zone,
        TimeOnly time => time.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture) + "Z",
        _ => value.ToString()!,
    };
}
