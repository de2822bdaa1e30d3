using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary>The one look of tables on the terminal.</summary>
internal static class CliTable
{
    public static Table New(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple, UseSafeBorder = true };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(Markup.Escape(column.TrimStart('#'))) { Alignment = column.StartsWith('#') ? Justify.Right : Justify.Left, NoWrap = column.StartsWith('#') });
        return table;
    }

    public static string Count(long? number) => number is { } value ? value.ToString("N0", CultureInfo.InvariantCulture) : "–";

    /// <summary>Today without the day, in the terminal's zone.</summary>
    public static string Time(DateTimeOffset? at, TimeProvider time)
    {
        if (at is not { } known) return "–";
        var local = TimeZoneInfo.ConvertTime(known, time.LocalTimeZone);
        return local.ToString(local.Date == time.GetLocalNow().Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    }
}

/// <summary>How verbs write JSON: one document, names like the HTTP API's.</summary>
internal static class CliJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };
}
