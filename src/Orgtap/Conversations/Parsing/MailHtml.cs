namespace Orgtap.Conversations.Parsing;

/// <summary>The same for mails that have HTML alone: mail programs mark what they quote by blockquotes, or by a line above the rest.</summary>
internal static class MailHtml
{
    // Outlook, on the desktop and on the web: what it quotes begins behind these.
    private static readonly string[] Ends = ["divRplyFwdMsg", "appendonsend", "OLK_SRC_BODY_SECTION", "mail-editor-reference-message-container"];

    public static MailParts Split(string html)
    {
        var (fresh, quoted) = Cut(html);
        var parts = MailText.Split(HtmlText.ToText(fresh));
        var rest = string.Join('\n', new[] { parts.Quoted, HtmlText.ToText(quoted) }.Where(part => !string.IsNullOrEmpty(part)));
        return new MailParts(parts.New, rest.Length == 0 ? null : rest);
    }

    private static (string Fresh, string Quoted) Cut(string html)
    {
        var (fresh, quoted) = (new System.Text.StringBuilder(), new System.Text.StringBuilder());
        var from = 0;
        for (var at = html.IndexOf('<', StringComparison.Ordinal); at >= 0;)
        {
            if (!HtmlText.TryTag(html, at, out var tag))
            {
                at = html.IndexOf('<', at + 1);
                continue;
            }
            var next = tag.End;
            if (!tag.Closing && Ends.Contains(HtmlText.Attribute(tag.Attributes, "id"), StringComparer.OrdinalIgnoreCase))
            {
                fresh.Append(html, from, at - from);
                quoted.Append(html, at, html.Length - at);
                return (fresh.ToString(), quoted.ToString());
            }
            if (!tag.Closing && IsQuote(tag))
            {
                next = Behind(html, tag);
                fresh.Append(html, from, at - from).Append("<p>");
                quoted.Append(html, at, next - at);
                from = next;
            }
            at = next < html.Length ? html.IndexOf('<', next) : -1;
        }
        fresh.Append(html, from, html.Length - from);
        return (fresh.ToString(), quoted.ToString());
    }

    private static bool IsQuote(HtmlText.Tag tag)
    {
        var kind = HtmlText.Attribute(tag.Attributes, "class") ?? "";
        return tag.Is("blockquote") ? HtmlText.Attribute(tag.Attributes, "type") == "cite" || kind.Contains("quote", StringComparison.OrdinalIgnoreCase) || kind.Length == 0
            : tag.Is("div") && (kind.Contains("gmail_quote", StringComparison.Ordinal) || kind.Contains("moz-cite-prefix", StringComparison.Ordinal) || kind.Contains("yahoo_quoted", StringComparison.Ordinal));
    }

    /// <summary>Where the element ends: tags of its name are counted. One that is never closed goes to the end.</summary>
    private static int Behind(string html, HtmlText.Tag opened)
    {
        var (depth, name) = (1, opened.Name.ToString());
        for (var at = html.IndexOf('<', opened.End); at >= 0; at = at < html.Length ? html.IndexOf('<', at) : -1)
        {
            if (!HtmlText.TryTag(html, at, out var tag))
            {
                at++;
                continue;
            }
            at = tag.End;
            if (!tag.Is(name)) continue;
            depth += tag.Closing ? -1 : 1;
            if (depth == 0) return at;
        }
        return html.Length;
    }
}
