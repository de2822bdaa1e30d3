using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Cuts SOQL into tokens.</summary>
internal static partial class Tokenizer
{
    public static List<Token> Read(string soql)
    {
        var tokens = new List<Token>();
        for (var at = 0; at < soql.Length;)
        {
            if (char.IsWhiteSpace(soql[at]))
            {
                at++;
                continue;
            }
            var start = at;
            tokens.Add(Next(soql, ref at, start));
        }
        tokens.Add(new Token(TokenKind.End, "<EOF>", soql.Length));
        return tokens;
    }

    private static Token Next(string soql, ref int at, int start)
    {
        var first = soql[at];
        if (first == '\'') return new Token(TokenKind.String, StringText(soql, ref at), start);
        if (char.IsAsciiLetter(first) || first == '_')
        {
            while (at < soql.Length && (char.IsAsciiLetterOrDigit(soql[at]) || soql[at] is '_' or '.')) at++;
            return new Token(TokenKind.Word, soql[start..at], start);
        }
        if (char.IsAsciiDigit(first) || (first is '-' or '+' or '.' && at + 1 < soql.Length && (char.IsAsciiDigit(soql[at + 1]) || soql[at + 1] == '.')))
        {
            var match = NumberOrTime().Match(soql, at);
            if (match.Success && match.Index == at && match.Length > 0)
            {
                at += match.Length;
                var kind = match.Groups["datetime"].Success ? TokenKind.DateTime : match.Groups["date"].Success ? TokenKind.Date
                    : match.Groups["time"].Success ? TokenKind.Time : TokenKind.Number;
                return new Token(kind, match.Value, start);
            }
        }
        foreach (var symbol in (ReadOnlySpan<string>)["<=", ">=", "!=", "<>", "=", "<", ">", "(", ")", ",", ":"])
        {
            if (string.CompareOrdinal(soql, at, symbol, 0, symbol.Length) != 0) continue;
            at += symbol.Length;
            return new Token(TokenKind.Symbol, symbol, start);
        }
        throw SoqlErrors.Malformed(soql, at, string.Create(CultureInfo.InvariantCulture, $"line 1:{at} no viable alternative at character '{first}'"));
    }

    private static string StringText(string soql, ref int at)
    {
        var text = new StringBuilder();
        var start = at++;
        while (at < soql.Length && soql[at] != '\'')
        {
            if (soql[at] != '\\')
            {
                text.Append(soql[at++]);
                continue;
            }
            if (at + 1 >= soql.Length) break;
            text.Append(Escape(soql, at + 1, out var length));
            at += 1 + length;
        }
        if (at >= soql.Length) throw SoqlErrors.Malformed(soql, start, string.Create(CultureInfo.InvariantCulture, $"line 1:{soql.Length} mismatched character '<EOF>' expecting '''"));
        at++;
        return text.ToString();
    }

    /// <summary>Stands before a % or _ that LIKE shall take as it is. A backslash could not: an escaped one may stand before a wildcard.</summary>
    internal const char LiteralMark = '\uFFFF';

    private static string Escape(string soql, int at, out int length)
    {
        length = 1;
        switch (char.ToLowerInvariant(soql[at]))
        {
            case 'n': return "\n";
            case 'r': return "\r";
            case 't': return "\t";
            case 'b': return "\b";
            case 'f': return "\f";
            case '\'' or '"' or '\\': return soql.Substring(at, 1);
            case '%' or '_': return string.Concat([LiteralMark, soql[at]]);
            case 'u' when at + 4 < soql.Length && int.TryParse(soql.AsSpan(at + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code):
                length = 5;
                return ((char)code).ToString();
            default:
                throw SoqlErrors.Malformed(soql, at, "Illegal string escape sequence in SOQL. (Hint: valid sequences are \\n, \\r, \\t, \\b, \\f, \\\", \\', \\\\, \\_, \\%)");
        }
    }

    [GeneratedRegex(@"\G(?:(?<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|[+-]\d\d:?\d\d))|(?<date>\d{4}-\d\d-\d\d)|(?<time>\d\d:\d\d:\d\d(?:\.\d{1,7})?Z)|[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)", RegexOptions.ExplicitCapture)]
    private static partial Regex NumberOrTime();
}
