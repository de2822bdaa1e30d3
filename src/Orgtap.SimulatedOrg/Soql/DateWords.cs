using System.Globalization;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>
/// Date literals as ranges of UTC days; the simulated user lives in UTC and weeks begin on Sunday
/// (https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm).
/// </summary>
internal static class DateWords
{
    private static readonly string[] Units = ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"];

    public static bool IsPlain(string word) => word.ToUpperInvariant() is var upper && (upper is "TODAY" or "YESTERDAY" or "TOMORROW" or "LAST_90_DAYS" or "NEXT_90_DAYS"
        || Units[1..].Any(unit => upper == "THIS_" + unit || upper == "LAST_" + unit || upper == "NEXT_" + unit));

    public static bool IsCounted(string word) => word.ToUpperInvariant() is var upper
        && Units.Any(unit => upper == $"LAST_N_{unit}S" || upper == $"NEXT_N_{unit}S" || upper == $"N_{unit}S_AGO");

    /// <returns>The first day, and the first day after the range.</returns>
    public static (DateOnly From, DateOnly Until) Range(string word, int count, DateOnly today)
    {
        switch (word)
        {
            case "TODAY": return (today, today.AddDays(1));
            case "YESTERDAY": return (today.AddDays(-1), today);
            case "TOMORROW": return (today.AddDays(1), today.AddDays(2));
            case "LAST_90_DAYS": return (today.AddDays(-90), today.AddDays(1));
            case "NEXT_90_DAYS": return (today.AddDays(1), today.AddDays(91));
        }
        var parts = word.Split('_');
        if (parts is ["N", var ago, "AGO"]) return (Start(ago[..^1], today, -count), Start(ago[..^1], today, -count + 1));
        if (parts is [var way, "N", var many])
        {
            var each = many[..^1];
            if (way == "NEXT") return (Start(each, today, 1), Start(each, today, count + 1));
            // The last n days take today in; the last n weeks, months … end before the running one.
            return (Start(each, today, -count), each == "DAY" ? today.AddDays(1) : Start(each, today, 0));
        }
        var shift = parts[0] switch { "LAST" => -1, "NEXT" => 1, _ => 0 };
        return (Start(parts[1], today, shift), Start(parts[1], today, shift + 1));
    }

    private static DateOnly Start(string unit, DateOnly day, int shift) => unit switch
    {
        "DAY" => day.AddDays(shift),
        "WEEK" => day.AddDays(-(int)day.DayOfWeek + (7 * shift)),
        "MONTH" => new DateOnly(day.Year, day.Month, 1).AddMonths(shift),
        "QUARTER" => new DateOnly(day.Year, ((day.Month - 1) / 3 * 3) + 1, 1).AddMonths(3 * shift),
        "YEAR" => new DateOnly(day.Year, 1, 1).AddYears(shift),
        _ => throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"no unit {unit}"), nameof(unit)),
    };
}
