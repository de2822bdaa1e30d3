using System.Globalization;
using System.Text;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.Tests.SimulatedOrg.Rendering;

/// <summary>A plain CSV reader and the canonical forms, written apart from the code under test.</summary>
internal static class CsvText
{
    public static List<string[]> Parse(string text, char delimiter = ',')
    {
        var records = new List<string[]>();
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"') cell.Append(text[++i]);
            else if (c == '"') quoted = !quoted;
            else if (!quoted && c == delimiter) End();
            else if (!quoted && c == '\r' && i + 1 < text.Length && text[i + 1] == '\n') continue;
            else if (!quoted && c == '\n')
            {
                End();
                records.Add([.. cells]);
                cells.Clear();
            }
            else cell.Append(c);
        }
        Assert.False(quoted);
        Assert.Empty(cells);
        return records;

        void End()
        {
            cells.Add(cell.ToString());
            cell.Clear();
        }
    }

    /// <summary>A CSV or JSON text of a value in the truth export's form.</summary>
    public static string? Canonical(FieldType field, string text) => field.Type switch
    {
        _ when text.Length == 0 => null,
        "int" or "long" or "double" or "currency" or "percent" =>
            decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture).ToString("0.############################", CultureInfo.InvariantCulture),
        "time" => text[..^1],
        _ => text,
    };
}
