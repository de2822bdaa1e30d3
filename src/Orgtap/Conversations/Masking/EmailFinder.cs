namespace Orgtap.Conversations.Masking;

/// <summary>Finds e-mail addresses: a local part, an at sign, and a domain of two labels at least, the last of letters.</summary>
internal static class EmailFinder
{
    public static (int Start, int Length)? Find(ReadOnlySpan<char> text, int from)
    {
        for (var search = from; search < text.Length;)
        {
            var at = text[search..].IndexOf('@');
            if (at < 0) return null;
            at += search;
            search = at + 1;
            var start = at;
            while (start > from && IsLocal(text[start - 1])) start--;
            // A dot at the beginning is the end of a sentence before.
            while (start < at && text[start] == '.') start++;
            if (start == at) continue;
            var end = DomainEnd(text, at + 1);
            if (end > 0) return (start, end - start);
        }
        return null;
    }

    /// <returns>0: no domain.</returns>
    private static int DomainEnd(ReadOnlySpan<char> text, int from)
    {
        var (end, label) = (0, from);
        for (var at = from; at <= text.Length; at++)
        {
            if (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '-')) continue;
            if (at == label) break;
            if (label > from && at - label >= 2 && char.IsLetter(text[label])) end = at;
            if (at == text.Length || text[at] != '.') break;
            label = at + 1;
        }
        return end;
    }

    private static bool IsLocal(char letter) => char.IsLetterOrDigit(letter) || letter is '.' or '_' or '-' or '+' or '!' or '#' or '$' or '%' or '&' or '\'' or '*' or '/' or '=' or '?' or '^' or '`' or '{' or '|' or '}' or '~';
}
