namespace Orgtap.SimulatedOrg.Rendering;

/// <summary>Dates and times as ASCII. The calendar arithmetic is Howard Hinnant's civil_from_days (http://howardhinnant.github.io/date_algorithms.html).</summary>
internal static class Instants
{
    private const long Day = 86_400_000;

    /// <param name="days">Since 1970-01-01.</param>
    public static int WriteDate(Span<byte> span, long days)
    {
        var shifted = days + 719_468;
        var era = shifted / 146_097;
        var dayOfEra = (int)(shifted - (era * 146_097));
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var month = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * month) + 2) / 5) + 1;
        month += month < 10 ? 3 : -9;
        var year = yearOfEra + ((int)era * 400) + (month <= 2 ? 1 : 0);
        Two(span, year / 100);
        Two(span[2..], year % 100);
        span[4] = (byte)'-';
        Two(span[5..], month);
        span[7] = (byte)'-';
        Two(span[8..], day);
        return 10;
    }

    /// <param name="milliseconds">Since 1970-01-01T00:00:00Z.</param>
    public static int WriteDateTime(Span<byte> span, long milliseconds, ReadOnlySpan<byte> zone)
    {
        var days = milliseconds >= 0 ? milliseconds / Day : -((Day - 1 - milliseconds) / Day);
        WriteDate(span, days);
        span[10] = (byte)'T';
        return 11 + WriteTime(span[11..], milliseconds - (days * Day), zone);
    }

    /// <param name="milliseconds">Since midnight.</param>
    public static int WriteTime(Span<byte> span, long milliseconds, ReadOnlySpan<byte> zone)
    {
        var rest = (int)milliseconds;
        Two(span, rest / 3_600_000);
        span[2] = (byte)':';
        Two(span[3..], rest / 60_000 % 60);
        span[5] = (byte)':';
        Two(span[6..], rest / 1000 % 60);
        span[8] = (byte)'.';
        span[9] = (byte)('0' + (rest / 100 % 10));
        Two(span[10..], rest % 100);
        zone.CopyTo(span[12..]);
        return 12 + zone.Length;
    }

    /// <param name="number">0 to 99, where multiplying by 103 and shifting divides by ten exactly.</param>
    private static void Two(Span<byte> span, int number)
    {
        var tens = (number * 103) >> 10;
        span[1] = (byte)('0' + (number - (tens * 10)));
        span[0] = (byte)('0' + tens);
    }
}
