using System.Collections.Frozen;
using System.Net;
using System.Text;

namespace Orgtap.Conversations.Parsing;

/// <summary>
/// Plain text out of HTML as Salesforce and mail programs write it. Total: what is no markup stays as it is. A link keeps its address behind its words, a picture its description.
/// </summary>
internal static class HtmlText
{
    private static readonly FrozenSet<string> Blocks = new[]
    {
        "p", "div", "table", "tr", "ul", "ol", "li", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "section", "article", "header", "footer", "center", "dl", "dt", "dd", "form", "body", "html",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Inline = new[]
    {
        "a", "abbr", "b", "big", "br", "caption", "cite", "code", "col", "colgroup", "del", "em", "font", "head", "i", "img", "ins", "kbd", "label", "link", "mark", "meta", "nobr", "o:p", "q", "s", "samp",
        "script", "small", "span", "strike", "strong", "style", "sub", "sup", "tbody", "td", "tfoot", "th", "thead", "title", "tt", "u", "var", "wbr",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> BlockNames = Blocks.GetAlternateLookup<ReadOnlySpan<char>>();
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> InlineNames = Inline.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>A tag in the text.</summary>
    /// <param name="end">Behind its bracket.</param>
    internal readonly ref struct Tag(ReadOnlySpan<char> name, ReadOnlySpan<char> attributes, bool closing, int end)
    {
        public ReadOnlySpan<char> Name { get; } = name;

        public ReadOnlySpan<char> Attributes { get; } = attributes;

        public bool Closing { get; } = closing;

        public int End { get; } = end;

        public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

        public bool IsBlock => BlockNames.Contains(Name);
    }

    /// <summary>Reads the tag that begins at <paramref name="at"/>; false where the bracket is mere text.</summary>
    public static bool TryTag(ReadOnlySpan<char> html, int at, out Tag tag)
    {
        tag = default;
        var closing = at + 1 < html.Length && html[at + 1] == '/';
        var nameFrom = at + (closing ? 2 : 1);
        var nameTo = nameFrom;
        while (nameTo < html.Length && (char.IsAsciiLetterOrDigit(html[nameTo]) || html[nameTo] == ':')) nameTo++;
        if (nameTo == nameFrom) return false;
        var name = html[nameFrom..nameTo];
        if (!BlockNames.Contains(name) && !InlineNames.Contains(name)) return false;
        var length = html[nameTo..].IndexOf('>');
        if (length < 0) return false;
        tag = new Tag(name, html.Slice(nameTo, length), closing, nameTo + length + 1);
        return true;
    }

    /// <summary>Entities become the characters they stand for.</summary>
    public static string Decode(ReadOnlySpan<char> text) => text.Contains('&') ? WebUtility.HtmlDecode(text.ToString()) : text.ToString();

    /// <summary>Text of a rich text field or of a mail.</summary>
    public static string ToText(ReadOnlySpan<char> html)
    {
        var text = new StringBuilder(html.Length);
        var link = "";
        for (var at = 0; at < html.Length;)
        {
            var bracket = html[at..].IndexOf('<');
            if (bracket < 0) bracket = html.Length - at;
            AppendFlowing(text, html.Slice(at, bracket));
            at += bracket;
            if (at == html.Length) break;
            if (html[at..].StartsWith("<!--", StringComparison.Ordinal) && html[at..].IndexOf("-->", StringComparison.Ordinal) is var close and >= 0)
            {
                at += close + 3;
                continue;
            }
            if (html[at..].StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase) && html[at..].IndexOf('>') is var end and >= 0)
            {
                at += end + 1;
                continue;
            }
            if (!TryTag(html, at, out var tag))
            {
                text.Append('<');
                at++;
                continue;
            }
            at = tag.End;
            if (tag.Is("br")) text.Append('\n');
            else if ((tag.Is("style") || tag.Is("script") || tag.Is("title")) && !tag.Closing) at = Behind(html, at, tag.Name);
            else if (tag.Is("td") || tag.Is("th")) Space(text);
            else if (tag.Is("img") && Attribute(tag.Attributes, "alt") is { Length: > 0 } description) text.Append('[').Append(description).Append(']');
            else if (tag.Is("a")) link = Link(text, tag, link);
            else if (tag.IsBlock) Line(text, tag.Is("p") || tag.Is("blockquote") ? 2 : 1, tag.Closing);
        }
        return Tidy(text);
    }

    /// <summary>The value of an attribute, decoded; null where there is none.</summary>
    public static string? Attribute(ReadOnlySpan<char> attributes, string name)
    {
        for (var from = 0; from < attributes.Length;)
        {
            var found = attributes[from..].IndexOf(name, StringComparison.OrdinalIgnoreCase);
            if (found < 0) return null;
            var at = from + found;
            from = at + name.Length;
            if (at > 0 && !char.IsWhiteSpace(attributes[at - 1])) continue;
            var rest = attributes[from..].TrimStart();
            if (rest is not ['=', ..]) continue;
            rest = rest[1..].TrimStart();
            if (rest is not [var quote and ('"' or '\''), ..]) return Decode(rest[..(rest.IndexOfAny(" \t\r\n") is var blank and >= 0 ? blank : rest.Length)]);
            var end = rest[1..].IndexOf(quote);
            return Decode(end < 0 ? rest[1..] : rest.Slice(1, end));
        }
        return null;
    }

    private static string Link(StringBuilder text, Tag tag, string open)
    {
        if (!tag.Closing) return Attribute(tag.Attributes, "href") is { } address && !address.StartsWith('#') ? $"{text.Length}\n{address}" : "";
        if (open.Length == 0) return "";
        var (from, target) = (int.Parse(open.AsSpan(0, open.IndexOf('\n', StringComparison.Ordinal)), provider: System.Globalization.CultureInfo.InvariantCulture), open[(open.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
        var words = from <= text.Length ? text.ToString(from, text.Length - from).Trim() : "";
        var bare = target.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) ? target[7..] : target;
        if (bare.Length > 0 && !bare.Contains(words, StringComparison.OrdinalIgnoreCase)) text.Append(" (").Append(bare).Append(')');
        else if (words.Length == 0) text.Append(bare);
        return "";
    }

    /// <summary>Blanks and breaks of the markup are one blank, as a browser shows them.</summary>
    private static void AppendFlowing(StringBuilder text, ReadOnlySpan<char> html)
    {
        if (html.Contains('&')) html = WebUtility.HtmlDecode(html.ToString());
        while (html.Length > 0)
        {
            var plain = html.IndexOfAny(Flowing);
            if (plain < 0) plain = html.Length;
            text.Append(html[..plain]);
            if (plain == html.Length) return;
            if (html[plain] == '\u00A0') text.Append(' ');
            else Space(text);
            html = html[(plain + 1)..];
        }
    }

    private static readonly System.Buffers.SearchValues<char> Flowing = System.Buffers.SearchValues.Create(" \t\r\n\f\u00A0");

    private static void Space(StringBuilder text)
    {
        if (text.Length > 0 && text[^1] is not (' ' or '\n')) text.Append(' ');
    }

    private static void Line(StringBuilder text, int breaks, bool closing)
    {
        while (text.Length > 0 && text[^1] == ' ') text.Length--;
        if (text.Length == 0) return;
        var there = 0;
        for (var at = text.Length - 1; at >= 0 && text[at] == '\n'; at--) there++;
        for (; there < (closing ? breaks : 1); there++) text.Append('\n');
    }

    private static int Behind(ReadOnlySpan<char> html, int at, ReadOnlySpan<char> name)
    {
        var close = html[at..].IndexOf($"</{name}", StringComparison.OrdinalIgnoreCase);
        if (close < 0) return html.Length;
        var end = html[(at + close)..].IndexOf('>');
        return end < 0 ? html.Length : at + close + end + 1;
    }

    private static string Tidy(StringBuilder text)
    {
        var lines = text.ToString().Split('\n');
        for (var i = 0; i < lines.Length; i++) lines[i] = lines[i].TrimEnd(' ');
        return string.Join('\n', lines).Trim('\n', ' ');
    }
}
