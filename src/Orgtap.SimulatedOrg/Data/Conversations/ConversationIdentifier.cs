using System.Globalization;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>The UUID of a Conversation: looks random, and tells the row it belongs to.</summary>
internal static class ConversationIdentifier
{
    private const ulong Mask = (1UL << 48) - 1;
    private const ulong Factor = 0x5DEECE66DUL;
    private static readonly ulong Inverse = InverseOf(Factor);

    public static string Of(ulong seed, long ordinal)
    {
        var tail = (((ulong)ordinal * Factor) ^ seed) & Mask;
        return Uuid(Hash.Mix(tail ^ Hash.Mix(seed)), tail);
    }

    /// <returns>Null where it is none of this org's.</returns>
    public static long? OrdinalOf(ulong seed, string identifier)
    {
        if (identifier.Length != 36 || !ulong.TryParse(identifier.AsSpan(24), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var tail)) return null;
        var ordinal = (long)((((tail ^ seed) & Mask) * Inverse) & Mask);
        return string.Equals(Of(seed, ordinal), identifier, StringComparison.OrdinalIgnoreCase) ? ordinal : null;
    }

    /// <summary>A version 4 UUID from chance and 48 bits of tail.</summary>
    public static string Uuid(ulong chance, ulong tail) => string.Create(CultureInfo.InvariantCulture,
        $"{(uint)(chance >> 32):x8}-{(ushort)chance:x4}-4{(chance >> 16) & 0xFFF:x3}-{0x8000 | ((chance >> 28) & 0x3FFF):x4}-{tail & Mask:x12}");

    /// <summary>Newton's iteration: each step doubles the number of right bits.</summary>
    private static ulong InverseOf(ulong odd)
    {
        var inverse = odd;
        for (var i = 0; i < 6; i++) inverse *= 2 - (odd * inverse);
        return inverse & Mask;
    }
}
