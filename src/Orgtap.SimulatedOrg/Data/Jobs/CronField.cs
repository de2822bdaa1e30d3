using System.Globalization;

namespace Orgtap.SimulatedOrg.Data.Jobs;

/// <summary>One field of a cron expression: the numbers it allows.</summary>
internal static class CronField
{
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

    /// <exception cref="FormatException">Not a field, or a number outside of what it allows.</exception>
    public static int[] Parse(string text, int least, int most)
    {
        var allowed = new SortedSet<int>();
        foreach (var part in text.Split(','))
        {
            var (range, step) = part.Split('/') is [var left, var right] ? (left, Number(right, 1, most)) : (part, 1);
            var (from, to) = range switch
            {
                "*" or "?" => (least, most),
                _ when range.Split('-') is [var first, var last] => (Number(first, least, most), Number(last, least, most)),
                _ => (Number(range, least, most), part.Contains('/', StringComparison.Ordinal) ? most : Number(range, least, most)),
            };
            for (var value = from; value <= to; value += step) allowed.Add(value);
        }
        return allowed.Count > 0 ? [.. allowed] : throw new FormatException(text);
    }

    /// <summary>A number, or the name of a day (1 = Sunday) or month.</summary>
    public static int Number(string text, int least, int most)
    {
        var named = Array.IndexOf(most == 7 ? Days : most == 12 ? Months : [], text.ToUpperInvariant());
        if (named >= 0) return named + 1;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : throw new FormatException(text);
    }
}
