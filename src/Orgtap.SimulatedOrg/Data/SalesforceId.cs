namespace Orgtap.SimulatedOrg.Data;

/// <summary>
/// Ids: key prefix (3), instance (2), reserved (1), number in base 62 (9), and 3 check characters that make them safe for systems
/// that ignore case. Base 62 here is in ASCII order, so Ids ascend with the ordinal in any ordinal comparison.
/// </summary>
internal static class SalesforceId
{
    public const int Length = 18;
    private const long First = 240_000_011;

    private static ReadOnlySpan<byte> Base62 => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;
    private static ReadOnlySpan<byte> Checks => "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"u8;
    private static ReadOnlySpan<byte> Instance => "Sx0"u8;

    /// <param name="target">18 bytes.</param>
    public static void Write(string keyPrefix, long ordinal, Span<byte> target)
    {
        target = target[..Length];
        target[0] = (byte)keyPrefix[0];
        target[1] = (byte)keyPrefix[1];
        target[2] = (byte)keyPrefix[2];
        Instance.CopyTo(target[3..]);
        var rest = (ulong)(First + ordinal);
        for (var i = 14; i > 5; i--)
        {
            var quotient = rest / 62;
            target[i] = Base62[(int)(rest - (quotient * 62))];
            rest = quotient;
        }
        WriteChecks(target);
    }

    public static string Text(string keyPrefix, long ordinal) =>
        string.Create(Length, (keyPrefix, ordinal), static (characters, id) =>
        {
            Span<byte> bytes = stackalloc byte[Length];
            Write(id.keyPrefix, id.ordinal, bytes);
            for (var i = 0; i < Length; i++) characters[i] = (char)bytes[i];
        });

    /// <summary>One check character per five: bit i is set when character i is a capital letter.</summary>
    /// <param name="id">15 characters and room for 3.</param>
    public static void WriteChecks(Span<byte> id)
    {
        for (var chunk = 0; chunk < 3; chunk++)
        {
            var capitals = 0;
            for (var i = 0; i < 5; i++)
            {
                if (id[(chunk * 5) + i] is >= (byte)'A' and <= (byte)'Z') capitals |= 1 << i;
            }
            id[15 + chunk] = Checks[capitals];
        }
    }

    /// <summary>Brings an Id of 15 or 18 characters to 18.</summary>
    /// <returns>Null when it is not 15 or 18 letters and digits.</returns>
    public static string? Normalize(string id)
    {
        if (id.Length is not (15 or 18) || !id.All(char.IsAsciiLetterOrDigit)) return null;
        Span<byte> bytes = stackalloc byte[Length];
        for (var i = 0; i < 15; i++) bytes[i] = (byte)id[i];
        WriteChecks(bytes);
        return System.Text.Encoding.ASCII.GetString(bytes);
    }

    /// <returns>The ordinal that an Id of this org stands for; null for other Ids. Whether the row exists is another matter.</returns>
    public static long? OrdinalOf(ReadOnlySpan<byte> id)
    {
        if (id.Length < 15 || !id.Slice(3, 3).SequenceEqual(Instance)) return null;
        var number = 0L;
        foreach (var character in id[6..15])
        {
            var digit = Base62.IndexOf(character);
            if (digit < 0) return null;
            number = (number * 62) + digit;
        }
        return number >= First ? number - First : null;
    }
}
