using System.Collections.Frozen;
using System.Globalization;

namespace Orgtap.Conversations.Parsing;

/// <summary>
/// Reads the first line of a chat, e.g. <c>Chat Started: Monday, December 17, 2018, 23:27:57 (-0500)</c>, in whatever language it is written: a time of day and an offset from UTC are digits everywhere, and
/// the day comes from a month's name that is known or else from the row's own StartTime.
/// </summary>
internal static class ChatStart
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // Months by name, in the languages whose names are no digits. In order of the calendar.
    private static readonly string[] Names =
    [
        "january february march april may june july august september october november december",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "januari februari mars april maj juni juli augusti september oktober november december",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    ];

    private static readonly FrozenDictionary<string, int> Months = Names
        .SelectMany(line => line.Split(' ').Select((name, month) => (name, month: month + 1))).DistinctBy(pair => pair.name).ToFrozenDictionary(pair => pair.name, pair => pair.month, StringComparer.OrdinalIgnoreCase);

    /// <param name="line">Decoded.</param>
    /// <param name="near">The row's StartTime; the day of a line in an unknown language is taken from it.</param>
    /// <returns>Null where no time can be read.</returns>
    public static DateTimeOffset? Parse(string line, DateTimeOffset? near)
    {
        if (TimeOfDay(line) is not { } time || Zone(line) is not { } zone) return null;
        if (Date(line[..time.At]) is { } date) return new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue) + time.Value, zone).ToUniversalTime();
        if (near is not { } hint) return null;
        // The instant nearest to the hint at which clocks of that zone show this time.
        var local = hint.ToOffset(zone);
        var that = new DateTimeOffset(local.Date + time.Value, zone);
        if (that - hint > Day / 2) that -= Day;
        else if (hint - that > Day / 2) that += Day;
        return that.ToUniversalTime();
    }

    private static (TimeSpan Value, int At)? TimeOfDay(string line)
    {
        for (var colon = line.IndexOf(':', StringComparison.Ordinal); colon > 0; colon = line.IndexOf(':', colon + 1))
        {
            var from = colon;
            while (from > 0 && from > colon - 2 && char.IsAsciiDigit(line[from - 1])) from--;
            if (from == colon || colon + 5 >= line.Length || line[colon + 3] != ':') continue;
            if (!int.TryParse(line.AsSpan(from, colon - from), NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
                || !int.TryParse(line.AsSpan(colon + 1, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
                || !int.TryParse(line.AsSpan(colon + 4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) continue;
            var rest = line.AsSpan(colon + 6).TrimStart();
            if (rest.StartsWith("PM", StringComparison.OrdinalIgnoreCase) && hours < 12) hours += 12;
            else if (rest.StartsWith("AM", StringComparison.OrdinalIgnoreCase) && hours == 12) hours = 0;
            if (hours < 24 && minutes < 60 && seconds < 60) return (new TimeSpan(hours, minutes, seconds), from);
        }
        return null;
    }

    private static TimeSpan? Zone(string line)
    {
        var open = line.LastIndexOf('(');
        if (open < 0 || open + 5 >= line.Length || line[open + 1] is not ('+' or '-')) return null;
        var digits = line.AsSpan(open + 2);
        var end = digits.IndexOf(')');
        if (end is not (4 or 5)) return null;
        if (!int.TryParse(digits[..2], NumberStyles.None, CultureInfo.InvariantCulture, out var hours) || !int.TryParse(digits[(end - 2)..end], NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
            || hours > 14 || minutes > 59) return null;
        var zone = new TimeSpan(hours, minutes, 0);
        if (zone > TimeSpan.FromHours(14)) return null;
        return line[open + 1] == '-' ? -zone : zone;
    }

    private static DateOnly? Date(string line)
    {
        int? year = null, month = null, day = null;
        for (var at = 0; at < line.Length;)
        {
            var from = at;
            if (char.IsAsciiDigit(line[at]))
            {
                while (at < line.Length && char.IsAsciiDigit(line[at])) at++;
                if (at - from > 4) return null;
                var number = int.Parse(line.AsSpan(from, at - from), NumberStyles.None, CultureInfo.InvariantCulture);
                var sign = at < line.Length ? line[at] : ' ';
                if (at - from == 4) year = number;
                else if (sign is '月' or '월') month = number;
                else day ??= number;
            }
            else if (char.IsLetter(line[at]))
            {
                while (at < line.Length && char.IsLetter(line[at])) at++;
                // A later word wins: the label of the line may be a month's name, the month is nearer to its day.
                if (Months.TryGetValue(line[from..at], out var named)) month = named;
            }
            else
            {
                at++;
            }
        }
        return year is >= 1 and var y && month is >= 1 and <= 12 and var m && day is >= 1 and var d && d <= DateTime.DaysInMonth(y, m) ? new DateOnly(y, m, d) : null;
    }
}
