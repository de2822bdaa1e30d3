using System.Buffers.Text;

namespace Orgtap.Records;

public static partial class Canonical
{
    private static bool TryWriteInteger(ReadOnlySpan<byte> raw, Span<byte> destination, out int written)
    {
        if (!TryWriteDecimal(raw, destination, out written)) return false;
        var form = destination[..written];
        return (form.Length < 19 && form.IndexOf((byte)'.') < 0)
            || (Utf8Parser.TryParse(form, out long _, out var consumed) && consumed == written);
    }

    /// <summary>Never through a binary fraction: every digit that came is kept, unless it is a zero that says nothing.</summary>
    private static bool TryWriteDecimal(ReadOnlySpan<byte> raw, Span<byte> destination, out int written)
    {
        written = 0;
        var rest = raw;
        var negative = rest.Length > 0 && rest[0] == '-';
        if (negative || (rest.Length > 0 && rest[0] == '+')) rest = rest[1..];
        var whole = TakeDigits(ref rest);
        ReadOnlySpan<byte> fraction = default;
        if (rest.Length > 0 && rest[0] == '.')
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
        }
        if (whole.IsEmpty && fraction.IsEmpty) return false;
        if (!rest.IsEmpty) return TryTakeExponent(rest, out var exponent) && TryWriteShifted(negative, whole, fraction, exponent, destination, out written);

        whole = whole.TrimStart((byte)'0');
        fraction = fraction.TrimEnd((byte)'0');
        if (whole.IsEmpty && fraction.IsEmpty)
        {
            destination[0] = (byte)'0';
            written = 1;
            return true;
        }
        var at = 0;
        if (negative) destination[at++] = (byte)'-';
        if (whole.IsEmpty) destination[at++] = (byte)'0';
        whole.CopyTo(destination[at..]);
        at += whole.Length;
        if (!fraction.IsEmpty)
        {
            destination[at++] = (byte)'.';
            fraction.CopyTo(destination[at..]);
            at += fraction.Length;
        }
        written = at;
        return true;
    }

    private static bool TryWriteShifted(
        bool negative, ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, int exponent, Span<byte> destination, out int written)
    {
        written = 0;
        var digits = whole.Length + fraction.Length;
        byte DigitAt(int index, ReadOnlySpan<byte> w, ReadOnlySpan<byte> f) => index < 0 || index >= digits ? (byte)'0' : index < w.Length ? w[index] : f[index - w.Length];

        var first = 0;
        while (first < digits && DigitAt(first, whole, fraction) == '0') first++;
        var last = digits - 1;
        while (last >= first && DigitAt(last, whole, fraction) == '0') last--;
        if (first > last)
        {
            destination[0] = (byte)'0';
            written = 1;
            return true;
        }
        // The digit at this index is the first behind the point.
        var point = whole.Length + exponent;
        var at = 0;
        if (negative) destination[at++] = (byte)'-';
        for (var i = Math.Min(first, point - 1); i < point; i++) destination[at++] = DigitAt(i, whole, fraction);
        if (last >= point) destination[at++] = (byte)'.';
        for (var i = point; i <= last; i++) destination[at++] = DigitAt(i, whole, fraction);
        written = at;
        return true;
    }

    private static bool TryTakeExponent(ReadOnlySpan<byte> rest, out int exponent)
    {
        exponent = 0;
        if (rest[0] is not ((byte)'e' or (byte)'E')) return false;
        rest = rest[1..];
        if (rest.Length > 0 && rest[0] == '+') rest = rest[1..];
        return Utf8Parser.TryParse(rest, out exponent, out var consumed) && consumed == rest.Length && rest.Length > 0
            && Math.Abs((long)exponent) <= LargestExponent;
    }

    private static ReadOnlySpan<byte> TakeDigits(scoped ref ReadOnlySpan<byte> rest)
    {
        var length = 0;
        while (length < rest.Length && (uint)(rest[length] - '0') <= 9) length++;
        var digits = rest[..length];
        rest = rest[length..];
        return digits;
    }
}
