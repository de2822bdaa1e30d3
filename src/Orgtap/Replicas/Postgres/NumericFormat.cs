using System.Buffers.Binary;

namespace Orgtap.Replicas.Postgres;

/// <summary>
/// PostgreSQL's binary form of <c>numeric</c> (src/backend/utils/adt/numeric.c, numeric_send): number of digits, weight of the first, sign, digits shown behind the point; then digits
/// to the base 10,000 without zeros at either end.
/// </summary>
internal static class NumericFormat
{
    /// <summary>Bytes beyond the canonical form's own length that suffice: the head, and one more digit on each side of the point.</summary>
    public const int Overhead = 16;

    private const int Head = 8;
    private const short Negative = 0x4000;

    /// <param name="canonical"><c>-?digits[.digits]</c> (docs/types.md).</param>
    /// <returns>The number of bytes written.</returns>
    public static int Write(ReadOnlySpan<byte> canonical, Span<byte> to)
    {
        var negative = canonical[0] == '-';
        if (negative) canonical = canonical[1..];
        var point = canonical.IndexOf((byte)'.');
        var whole = point < 0 ? canonical : canonical[..point];
        var fraction = point < 0 ? default : canonical[(point + 1)..];

        var wholeGroups = (whole.Length + 3) / 4;
        var (count, last, weight) = (0, 0, 0);
        for (var group = 0; group < wholeGroups + (fraction.Length + 3) / 4; group++)
        {
            var digit = group < wholeGroups ? WholeGroup(whole, group, wholeGroups) : FractionGroup(fraction, group - wholeGroups);
            if (count == 0)
            {
                if (digit == 0) continue;
                weight = wholeGroups - 1 - group;
            }
            BinaryPrimitives.WriteInt16BigEndian(to[(Head + 2 * count)..], digit);
            count++;
            if (digit != 0) last = count;
        }
        BinaryPrimitives.WriteInt16BigEndian(to, (short)last);
        BinaryPrimitives.WriteInt16BigEndian(to[2..], (short)weight);
        BinaryPrimitives.WriteInt16BigEndian(to[4..], negative ? Negative : (short)0);
        BinaryPrimitives.WriteInt16BigEndian(to[6..], (short)fraction.Length);
        return Head + 2 * last;
    }

    private static short WholeGroup(ReadOnlySpan<byte> whole, int group, int groups)
    {
        var end = whole.Length - (groups - 1 - group) * 4;
        var value = 0;
        for (var i = Math.Max(0, end - 4); i < end; i++) value = value * 10 + whole[i] - '0';
        return (short)value;
    }

    private static short FractionGroup(ReadOnlySpan<byte> fraction, int group)
    {
        var value = 0;
        for (var i = group * 4; i < group * 4 + 4; i++) value = value * 10 + (i < fraction.Length ? fraction[i] - '0' : 0);
        return (short)value;
    }
}
