using System.Text;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data;

/// <summary>Rows as ordinary .NET values, for the control API and for tests.</summary>
internal static class RowValues
{
    public static IReadOnlyDictionary<string, object?> Read(RowRef row, SObjectType type)
    {
        var scratch = new Scratch();
        var values = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in type.AllFields)
        {
            scratch.Reset();
            values[field.Name] = Value(row.Rows.Bind(field).Read(row, scratch), field);
        }
        return values;
    }

    public static object? Value(Cell cell, FieldType field) => cell.Kind switch
    {
        CellKind.Text or CellKind.Id => Encoding.UTF8.GetString(cell.Text),
        CellKind.Boolean => cell.Bits != 0,
        CellKind.Number when field.Type is "int" or "long" => (long)cell.ToDecimal(),
        CellKind.Number => cell.ToDecimal(),
        CellKind.Date => DateOnly.FromDayNumber((int)cell.Bits + BaseClock.Epoch.DayNumber),
        CellKind.DateTime => DateTimeOffset.FromUnixTimeMilliseconds(cell.Bits),
        CellKind.Time => new TimeOnly(cell.Bits * TimeSpan.TicksPerMillisecond),
        _ => null,
    };
}
