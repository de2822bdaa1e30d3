using System.Text.Json;
using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Rendering;

/// <summary>Writes values as REST does: instants with +0000, numbers of floating types always with a point.</summary>
internal static class JsonCell
{
    public static void Write(Utf8JsonWriter writer, Cell cell, bool isInteger)
    {
        Span<byte> span = stackalloc byte[64];
        switch (cell.Kind)
        {
            case CellKind.Text or CellKind.Id: writer.WriteStringValue(cell.Text); break;
            case CellKind.Boolean: writer.WriteBooleanValue(cell.Bits != 0); break;
            case CellKind.Date: writer.WriteStringValue(span[..Instants.WriteDate(span, cell.Bits)]); break;
            case CellKind.DateTime: writer.WriteStringValue(span[..Instants.WriteDateTime(span, cell.Bits, "+0000"u8)]); break;
            case CellKind.Time: writer.WriteStringValue(span[..Instants.WriteTime(span, cell.Bits, "Z"u8)]); break;
            case CellKind.Number:
                // REST has whole int fields plain; the 0.0 of CSV is the Bulk API's own.
                var scale = isInteger && cell.Bits == 0 ? 0 : cell.Scale;
                writer.WriteRawValue(span[..Numbers.Write(span, cell.Bits, scale, isInteger)], skipInputValidation: true);
                break;
            default: writer.WriteNullValue(); break;
        }
    }
}
