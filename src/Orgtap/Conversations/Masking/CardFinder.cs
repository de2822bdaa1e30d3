namespace Orgtap.Conversations.Masking;

/// <summary>Finds card numbers: 13 to 19 digits in groups divided by single blanks or hyphens, beginning with 2 to 6, that pass the Luhn test (ISO/IEC 7812).</summary>
internal static class CardFinder
{
    private const int Fewest = 13, Most = 19;

    public static (int Start, int Length)? Find(ReadOnlySpan<char> text, int from)
    {
        for (var at = from; at < text.Length; at++)
        {
            var digit = text[at..].IndexOfAnyInRange('0', '9');
            if (digit < 0) return null;
            at += digit;
            // A number is not found within another, nor within a word.
            if (text[at] is >= '2' and <= '6' && (at == 0 || !char.IsLetterOrDigit(text[at - 1])) && Longest(text, at) is var length and > 0) return (at, length);
            while (at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])) at++;
        }
        return null;
    }

    private static int Longest(ReadOnlySpan<char> text, int start)
    {
        Span<char> digits = stackalloc char[Most];
        var (count, longest) = (0, 0);
        for (var at = start; at < text.Length && count < Most; at++)
        {
            if (!char.IsAsciiDigit(text[at]))
            {
                if (text[at] is not (' ' or '-') || at + 1 >= text.Length || !char.IsAsciiDigit(text[at + 1])) break;
                continue;
            }
            digits[count++] = text[at];
            var ends = at + 1 == text.Length || !char.IsLetterOrDigit(text[at + 1]);
            if (ends && count >= Fewest && PassesLuhn(digits[..count])) longest = at + 1 - start;
        }
        return longest;
    }

    private static bool PassesLuhn(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[digits.Length - 1 - i] - '0';
            if (i % 2 == 1 && (digit *= 2) > 9) digit -= 9;
            sum += digit;
        }
        return sum % 10 == 0;
    }
}
