namespace Orgtap.SimulatedOrg.Data.Jobs;

/// <summary>
/// <c>seconds minutes hours day-of-month month day-of-week [year]</c> as <c>System.schedule</c> takes it: seconds and minutes are single numbers, <c>?</c> stands in one
/// of the two day fields, days of the week count from 1 = Sunday; <c>L</c>, <c>6L</c> and <c>2#1</c> are known, <c>W</c> is not
/// (https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_scheduler.htm).
/// </summary>
internal sealed class CronExpression
{
    private const int YearsAhead = 8;
    private readonly int _second;
    private readonly int _minute;
    private readonly int[] _hours;
    private readonly int[] _months;
    private readonly int[]? _years;
    private readonly Func<DateOnly, bool> _day;

    /// <exception cref="FormatException">The message says which part is wrong.</exception>
    public CronExpression(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is not (6 or 7)) throw new FormatException($"Illegal cron expression format ({text})");
        try
        {
            _second = CronField.Number(parts[0], 0, 59);
            _minute = CronField.Number(parts[1], 0, 59);
        }
        catch (FormatException)
        {
            throw new FormatException($"Seconds and minutes must be specified as integers: {text}");
        }
        if ((parts[3] == "?") == (parts[5] == "?")) throw new FormatException("Support for specifying both a day-of-week AND a day-of-month parameter is not implemented.");
        try
        {
            _hours = CronField.Parse(parts[2], 0, 23);
            _months = CronField.Parse(parts[4], 1, 12);
            _years = parts.Length == 7 ? CronField.Parse(parts[6], 1970, 2099) : null;
            _day = parts[3] == "?" ? OfWeek(parts[5]) : OfMonth(parts[3]);
        }
        catch (FormatException)
        {
            throw new FormatException($"Illegal cron expression format ({text})");
        }
    }

    /// <returns>Null where it never fires again.</returns>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        var day = Local(after, zone);
        for (var i = 0; i < YearsAhead * 366; i++, day = day.AddDays(1))
        {
            if (!Matches(day)) continue;
            foreach (var hour in _hours)
                if (Instant(day, hour, zone) is { } at && at > after) return at;
        }
        return null;
    }

    /// <summary>The last time before a moment.</summary>
    /// <returns>Null where it did not fire since <paramref name="since"/>.</returns>
    public DateTimeOffset? Previous(DateTimeOffset before, DateTimeOffset since, TimeZoneInfo zone)
    {
        for (var (day, first) = (Local(before, zone), Local(since, zone)); day >= first; day = day.AddDays(-1))
        {
            if (!Matches(day)) continue;
            for (var i = _hours.Length - 1; i >= 0; i--)
                if (Instant(day, _hours[i], zone) is { } at && at < before) return at > since ? at : null;
        }
        return null;
    }

    /// <summary>How often it fired after <paramref name="since"/> and up to <paramref name="until"/>.</summary>
    public long Count(DateTimeOffset since, DateTimeOffset until, TimeZoneInfo zone)
    {
        var count = 0L;
        var (first, last) = (Local(since, zone), Local(until, zone));
        for (var day = first; day <= last; day = day.AddDays(1))
        {
            if (!Matches(day)) continue;
            // Only on the days at both ends does it matter when.
            if (day > first && day < last) count += _hours.Length;
            else count += _hours.Count(hour => Instant(day, hour, zone) is { } at && at > since && at <= until);
        }
        return count;
    }

    private bool Matches(DateOnly day) => (_years is null || Array.BinarySearch(_years, day.Year) >= 0) && Array.BinarySearch(_months, day.Month) >= 0 && _day(day);

    private DateTimeOffset? Instant(DateOnly day, int hour, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(new TimeOnly(hour, _minute, _second));
        return zone.IsInvalidTime(local) ? null : new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    private static DateOnly Local(DateTimeOffset at, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);

    private static Func<DateOnly, bool> OfMonth(string text)
    {
        if (text == "L") return static day => day.AddDays(1).Day == 1;
        var days = CronField.Parse(text, 1, 31);
        return day => Array.BinarySearch(days, day.Day) >= 0;
    }

    private static Func<DateOnly, bool> OfWeek(string text)
    {
        if (text.EndsWith('L') && text.Length > 1)
        {
            var last = CronField.Number(text[..^1], 1, 7);
            return day => (int)day.DayOfWeek + 1 == last && day.AddDays(7).Month != day.Month;
        }
        if (text.Split('#') is [var name, var place])
        {
            var (weekday, nth) = (CronField.Number(name, 1, 7), CronField.Number(place, 1, 5));
            return day => (int)day.DayOfWeek + 1 == weekday && ((day.Day - 1) / 7) + 1 == nth;
        }
        var days = CronField.Parse(text, 1, 7);
        return day => Array.BinarySearch(days, (int)day.DayOfWeek + 1) >= 0;
    }
}
