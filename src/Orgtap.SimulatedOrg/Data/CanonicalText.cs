using System.Globalization;
using System.Text;

namespace Orgtap.SimulatedOrg.Data;

/// <summary>The truth export: plain .NET formatting, shared with no reply.</summary>
internal static class CanonicalText
{
    public static IEnumerable<TruthRow> Rows(ObjectRows rows, BoundField[] columns, bool includeDeleted)
    {
        var scratch = new Scratch();
        var count = rows.OrdinalCount;
        for (var ordinal = 0L; ordinal < count; ordinal++)
        {
            if (Row(rows.Row(ordinal), columns, includeDeleted, scratch) is { } row) yield return row;
        }
    }

    private static TruthRow? Row(RowRef row, BoundField[] columns, bool includeDeleted, Scratch scratch)
    {
        if (!ObjectRows.IsVisible(row, includeDeleted)) return null;
        var values = new string?[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            scratch.Reset();
            values[i] = Of(columns[i].Read(row, scratch));
        }
        return new TruthRow(SalesforceId.Text(row.Rows.KeyPrefix, row.Ordinal), values);
    }

    public static string? Of(Cell cell) => cell.Kind switch
    {
        CellKind.Null => null,
        CellKind.Text or CellKind.Id => Encoding.UTF8.GetString(cell.Text),
        CellKind.Boolean => cell.Bits != 0 ? "true" : "false",
        CellKind.Number => cell.ToDecimal().ToString("0.############################", CultureInfo.InvariantCulture),
        CellKind.Date => DateOnly.FromDayNumber((int)cell.Bits + BaseClock.Epoch.DayNumber).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        CellKind.DateTime => DateTimeOffset.FromUnixTimeMilliseconds(cell.Bits).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        CellKind.Time => new TimeOnly(cell.Bits * TimeSpan.TicksPerMillisecond).ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
        _ => throw new ArgumentException("compound and base64 fields have no text of their own"),
    };
}
