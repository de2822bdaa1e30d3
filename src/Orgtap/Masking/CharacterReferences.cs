using System.Globalization;
using System.Text.RegularExpressions;

namespace Orgtap.Masking;

/// <summary>Characters that HTML writes by number or name (<c>&amp;#64;</c>, <c>&amp;commat;</c>), as far as personal data is made of them.</summary>
internal static partial class CharacterReferences
{
    /// <summary>Whether there may be any.</summary>
    public static bool MayHold(ReadOnlySpan<byte> utf8) => utf8.IndexOf("&#"u8) >= 0 || utf8.IndexOf("&commat;"u8) >= 0 || utf8.IndexOf("&period;"u8) >= 0;

    /// <summary>The text with such characters written plainly; null: there are none. What is markup stays as it is, so that HTML means the same.</summary>
    public static string? Resolve(string text)
    {
        if (!text.Contains('&', StringComparison.Ordinal)) return null;
        var any = false;
        var plain = Reference().Replace(text, match =>
        {
            if (CharacterOf(match) is not { } character) return match.Value;
            any = true;
            return character;
        });
        return any ? plain : null;
    }

    private static string? CharacterOf(Match match)
    {
        if (match.Groups["name"].Success) return match.Groups["name"].Value == "commat" ? "@" : ".";
        var isHex = match.Groups["hex"].Success;
        if (!int.TryParse(match.Groups[isHex ? "hex" : "number"].ValueSpan, isHex ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture, out var code)) return null;
        // Letters and digits of any script, and what e-mail addresses and numbers hold besides; never < > & or quotes.
        if (code is < 0x20 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF)) return null;
        var character = char.ConvertFromUtf32(code);
        return char.IsLetterOrDigit(character, 0) || "@.+-_()/ \u00A0\u2010\u2011".Contains(character, StringComparison.Ordinal) ? character : null;
    }

    [GeneratedRegex("&(?:#(?<number>[0-9]{1,7})|#[xX](?<hex>[0-9a-fA-F]{1,6})|(?<name>commat|period));")]
    private static partial Regex Reference();
}
