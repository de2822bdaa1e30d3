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
    private readonly LineBuffer _line = new();
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
        _line.Clear();
        for (var i = 0; i < _columns.Length; i++)
        {
            if (i > 0) _line.Add(dialect.Delimiter);
            _scratch.Reset();
            var cell = _columns[i].Read(_row, _scratch);
            if (_integers[i] && cell is { Kind: CellKind.Number, Bits: 0 } && !dialect.DecimalZeroes) cell = Cell.OfNumber(0, 0);
            CsvCell.Write(_line, cell, dialect.Delimiter, dialect.QuoteAll, dialect.ShortIds, _integers[i]);
        }
        if (dialect.CrLf) _line.Add((byte)'\r');
        _line.Add((byte)'\n');
        output.Write(_line.Written);
    }

    public override void WriteJson(Utf8JsonWriter writer, string versionPath) => shape.Write(writer, _row, versionPath, _scratch);
}
