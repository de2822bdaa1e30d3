namespace Orgtap.Records;

public static partial class Canonical
{
    private static bool TryWriteDate(ReadOnlySpan<byte> raw, Span<byte> destination, out int written)
    {
        written = 10;
        if (raw.Length != 10 || !TryReadDate(raw, out _, out _, out _)) return false;
        raw.CopyTo(destination);
        return true;
    }

    /// <summary>Bulk ends in <c>.000Z</c>, REST in <c>.000+0000</c>; both become UTC with three digits of a second.</summary>
    private static bool TryWriteDateTime(ReadOnlySpan<byte> raw, Span<byte> destination, out int written)
    {
        written = 24;
        if (raw.Length < 20 || raw[10] != 'T' || !TryReadDate(raw[..10], out var year, out var month, out var day)) return false;
        if (!TryReadTime(raw[11..], out var milliseconds, out var zone)) return false;
        if (raw.Length == 24 && zone is [(byte)'Z'])
        {
            raw.CopyTo(destination);
            return true;
        }
        if (!TryReadOffset(zone, out var offsetMinutes)) return false;
        if (offsetMinutes == 0)
        {
            raw[..11].CopyTo(destination);
        }
        else
        {
            var ticks = new DateTime(year, month, day).Ticks + milliseconds * TimeSpan.TicksPerMillisecond - offsetMinutes * TimeSpan.TicksPerMinute;
            if (ticks < 0 || ticks > DateTime.MaxValue.Ticks) return false;
            var moved = new DateTime(ticks);
            WriteDigits(destination, moved.Year, 4);
            destination[4] = destination[7] = (byte)'-';
            WriteDigits(destination[5..], moved.Month, 2);
            WriteDigits(destination[8..], moved.Day, 2);
            destination[10] = (byte)'T';
            milliseconds = moved.TimeOfDay.Ticks / TimeSpan.TicksPerMillisecond;
        }
        WriteTime(destination[11..], milliseconds);
        destination[23] = (byte)'Z';
        return true;
    }

    /// <summary>A time of day has no zone; REST's trailing Z says nothing.</summary>
    private static bool TryWriteTime(ReadOnlySpan<byte> raw, Span<byte> destination, out int written)
    {
        written = 12;
        if (!TryReadTime(raw, out var milliseconds, out var zone) || zone is not ([] or [(byte)'Z'])) return false;
        WriteTime(destination, milliseconds);
        return true;
    }

    private static bool TryReadDate(ReadOnlySpan<byte> raw, out int year, out int month, out int day)
    {
        year = FourDigits(raw);
        month = TwoDigits(raw[5..]);
        day = TwoDigits(raw[8..]);
        return raw[4] == '-' && raw[7] == '-' && year >= 1 && month is >= 1 and <= 12 && day >= 1
            && (day <= 28 || day <= DateTime.DaysInMonth(year, month));
    }

    /// <summary>Reads <c>HH:mm:ss</c> and an optional fraction; what follows is the zone. Digits beyond the millisecond must be zeros.</summary>
    private static bool TryReadTime(ReadOnlySpan<byte> raw, out long milliseconds, out ReadOnlySpan<byte> zone)
    {
        milliseconds = 0;
        zone = default;
        if (raw.Length < 8 || raw[2] != ':' || raw[5] != ':') return false;
        var (hours, minutes, seconds) = (TwoDigits(raw), TwoDigits(raw[3..]), TwoDigits(raw[6..]));
        if (hours is < 0 or > 23 || minutes is < 0 or > 59 || seconds is < 0 or > 59) return false;
        var thousandths = 0;
        zone = raw[8..];
        if (zone.Length > 0 && zone[0] == '.')
        {
            zone = zone[1..];
            var fraction = TakeDigits(ref zone);
            if (fraction.IsEmpty || (fraction.Length > 3 && fraction[3..].TrimEnd((byte)'0').Length > 0)) return false;
            for (var i = 0; i < 3; i++) thousandths = thousandths * 10 + (i < fraction.Length ? fraction[i] - '0' : 0);
        }
        milliseconds = ((hours * 60L + minutes) * 60 + seconds) * 1000 + thousandths;
        return true;
    }

    private static bool TryReadOffset(ReadOnlySpan<byte> zone, out int minutes)
    {
        minutes = 0;
        if (zone is [(byte)'Z']) return true;
        if (zone.Length is not (5 or 6) || zone[0] is not ((byte)'+' or (byte)'-') || (zone.Length == 6 && zone[3] != ':')) return false;
        var (hours, rest) = (TwoDigits(zone[1..]), TwoDigits(zone[^2..]));
        if (hours is < 0 or > 18 || rest is < 0 or > 59) return false;
        minutes = (hours * 60 + rest) * (zone[0] == '-' ? -1 : 1);
        return true;
    }

    private static void WriteTime(Span<byte> destination, long milliseconds)
    {
        var (seconds, thousandths) = ((int)(milliseconds / 1000), (int)(milliseconds % 1000));
        WriteDigits(destination, seconds / 3600, 2);
        destination[2] = destination[5] = (byte)':';
        WriteDigits(destination[3..], seconds / 60 % 60, 2);
        WriteDigits(destination[6..], seconds % 60, 2);
        destination[8] = (byte)'.';
        WriteDigits(destination[9..], thousandths, 3);
    }

    private static void WriteDigits(Span<byte> destination, int value, int count)
    {
        for (var i = count - 1; i >= 0; i--, value /= 10) destination[i] = (byte)('0' + value % 10);
    }

    private static int FourDigits(ReadOnlySpan<byte> raw)
    {
        var (high, low) = (TwoDigits(raw), TwoDigits(raw[2..]));
        return high < 0 || low < 0 ? -1 : high * 100 + low;
    }

    /// <returns>-1 if they are not digits.</returns>
    private static int TwoDigits(ReadOnlySpan<byte> raw)
    {
        var (tens, ones) = (raw[0] - '0', raw[1] - '0');
        return (uint)tens > 9 || (uint)ones > 9 ? -1 : tens * 10 + ones;
    }
}
