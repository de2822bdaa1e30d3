using System.Buffers;
using System.Text.Json;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Rendering;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Reads rows as they are now, in the order the run fixed.</summary>
internal sealed class RecordReader(OrdinalCursor ordinals, ObjectRows rows, IReadOnlyList<Accessor> columns, JsonShape shape) : RowReader
{
    private readonly Accessor[] _columns = [.. columns];
    private readonly bool[] _integers = [.. columns.Select(static column => column.Field.Type is "int" or "long")];
    private readonly Scratch _scratch = new();
    private RowRef _row;

    public override bool Read()
    {
        var ordinal = ordinals.Next();
        if (ordinal < 0) return false;
        _row = rows.Row(ordinal);
        return true;
    }

    public override void WriteCsv(IBufferWriter<byte> output, CsvDialect dialect)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            if (i > 0) Write(output, dialect.Delimiter);
            _scratch.Reset();
            CsvCell.Write(output, _columns[i].Read(_row, _scratch), dialect.Delimiter, dialect.QuoteAll, dialect.ShortIds, _integers[i]);
        }
        if (dialect.CrLf) Write(output, (byte)'\r');
        Write(output, (byte)'\n');
    }

    public override void WriteJson(Utf8JsonWriter writer, string versionPath) => shape.Write(writer, _row, versionPath, _scratch);

    private static void Write(IBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
