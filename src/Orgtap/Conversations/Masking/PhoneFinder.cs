namespace Orgtap.Conversations.Masking;

/// <summary>
/// Finds telephone numbers: international ones (<c>+49 30 5550123</c>, 7 digits at least), national ones that begin with 0 or a bracket (9 digits at least), and North American ones (<c>415-555-0123</c>). Digits
/// may be divided by blanks, dots, hyphens, slashes and brackets.
/// </summary>
internal static class PhoneFinder
{
    public static (int Start, int Length)? Find(ReadOnlySpan<char> text, int from)
    {
        for (var at = from; at < text.Length; at++)
        {
            var candidate = text[at..].IndexOfAny(Starts);
            if (candidate < 0) return null;
            at += candidate;
            if (at > 0 && (char.IsLetterOrDigit(text[at - 1]) || text[at - 1] is '-' or '_' or '+')) continue;
            var length = text[at] switch
            {
                '+' => Run(text, at, fewest: 7),
                '0' => Run(text, at, fewest: 9),
                '(' => Run(text, at, fewest: 9),
                _ => NorthAmerican(text, at),
            };
            if (length > 0) return (at, length);
        }
        return null;
    }

    private static readonly System.Buffers.SearchValues<char> Starts = System.Buffers.SearchValues.Create("+(0123456789");

    private static int Run(ReadOnlySpan<char> text, int start, int fewest)
    {
        var (digits, end, gap) = (0, start, 0);
        for (var at = start; at < text.Length; at++)
        {
            if (char.IsAsciiDigit(text[at]))
            {
                digits++;
                (end, gap) = (at + 1, 0);
            }
            else if (at > start && (text[at] is not (' ' or '.' or '-' or '/' or '(' or ')' or '\u00A0') || ++gap > 2))
            {
                break;
            }
        }
        if (digits < fewest) return 0;
        // Part of a word or of a longer number is none.
        return end < text.Length && char.IsLetterOrDigit(text[end]) ? 0 : end - start;
    }

    private static int NorthAmerican(ReadOnlySpan<char> text, int start)
    {
        ReadOnlySpan<int> groups = [3, 3, 4];
        var at = start;
        for (var group = 0; group < 3; group++)
        {
            if (group > 0 && (at >= text.Length || text[at++] is not (' ' or '.' or '-'))) return 0;
            for (var i = 0; i < groups[group]; i++)
                if (at >= text.Length || !char.IsAsciiDigit(text[at++])) return 0;
        }
        return at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '-' or '_') ? 0 : at - start;
    }
}
