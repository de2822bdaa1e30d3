namespace Orgtap.Records;

/// <summary>
/// The one canonical form per column type (docs/types.md), the same whether the value came as Bulk CSV or REST JSON. Pure, allocates nothing,
/// and canonical text stays as it is.
/// </summary>
public static partial class Canonical
{
    /// <summary>A double of Salesforce ends at E308; a larger exponent is no value of theirs.</summary>
    private const int LargestExponent = 400;

    /// <summary>Bytes that suffice for the canonical form of so many raw bytes.</summary>
    public static int LongestForm(ColumnType type, int rawLength) => type switch
    {
        ColumnType.Text => rawLength,
        ColumnType.Integer or ColumnType.Decimal => checked(rawLength + LargestExponent + 4),
        _ => 24,
    };

    /// <summary>Writes the canonical form.</summary>
    /// <param name="raw">At least one byte: nothing at all is NULL, which has no form.</param>
    /// <param name="destination">At least <see cref="LongestForm"/> bytes.</param>
    /// <returns>False if the bytes are not a value of the type; the destination may then hold anything.</returns>
    public static bool TryWrite(ColumnType type, ReadOnlySpan<byte> raw, Span<byte> destination, out int written)
    {
        switch (type)
        {
            case ColumnType.Text:
                raw.CopyTo(destination);
                written = raw.Length;
                return true;
            case ColumnType.Id: return TryWriteId(raw, destination, out written);
            case ColumnType.Boolean: return TryWriteBoolean(raw, destination, out written);
            case ColumnType.Integer: return TryWriteInteger(raw, destination, out written);
            case ColumnType.Decimal: return TryWriteDecimal(raw, destination, out written);
            case ColumnType.Date: return TryWriteDate(raw, destination, out written);
            case ColumnType.DateTime: return TryWriteDateTime(raw, destination, out written);
            case ColumnType.Time: return TryWriteTime(raw, destination, out written);
            default: throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    /// <summary>What to say of a value that has no canonical form; follows the field's name.</summary>
    public static string Reason(ColumnType type) => type switch
    {
        ColumnType.Id => "is not a record id",
        ColumnType.Boolean => "is neither true nor false",
        ColumnType.Integer => "is not a whole number of at most 64 bits",
        ColumnType.Decimal => "is not a number",
        ColumnType.Date => "is not a date",
        ColumnType.DateTime => "is not a date and time to the millisecond",
        ColumnType.Time => "is not a time to the millisecond",
        _ => "cannot be stored",
    };

    private static bool TryWriteId(ReadOnlySpan<byte> raw, Span<byte> destination, out int written)
    {
        written = 18;
        if (raw.Length is not (15 or 18)) return false;
        foreach (var b in raw)
            if (!char.IsAsciiLetterOrDigit((char)b)) return false;
        raw.CopyTo(destination);
        if (raw.Length == 18) return true;
        // Salesforce's case-safe suffix: one character for each five, a bit for each capital.
        for (var group = 0; group < 3; group++)
        {
            var capitals = 0;
            for (var i = 0; i < 5; i++)
                if (char.IsAsciiLetterUpper((char)raw[group * 5 + i])) capitals |= 1 << i;
            destination[15 + group] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"u8[capitals];
        }
        return true;
    }

    private static bool TryWriteBoolean(ReadOnlySpan<byte> raw, Span<byte> destination, out int written)
    {
        var form = System.Text.Ascii.EqualsIgnoreCase(raw, "true"u8) ? "true"u8
            : System.Text.Ascii.EqualsIgnoreCase(raw, "false"u8) ? "false"u8 : default;
        form.CopyTo(destination);
        written = form.Length;
        return written > 0;
    }
}
