namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>The HTML body of a mail, in the ways mail programs write one.</summary>
internal static class MailHtml
{
    public static string Of(MailScript mail, MailScript? before)
    {
        var body = Paragraphs(mail.New);
        if (mail.Kind == MailKind.Newsletter)
            body = "<style type=\"text/css\">p { margin: 0; }</style><table width=\"600\"><tr><td>" + body + "</td><td>&nbsp;&copy;&#8364;&eacute;<img src=\"https://track.example/x.gif?a=1&amp;b=2\" width=1 height=1></td></tr></table>";
        if (before is not null) body += Quoted(mail, before);
        return "<html><head><meta charset=\"utf-8\"></head><body>" + body + "</body></html>";
    }

    private static string Quoted(MailScript mail, MailScript before)
    {
        var inner = Paragraphs(before.Whole());
        var head = Talk.Escape(mail.QuoteHead()).Replace("\n", "<br>", StringComparison.Ordinal);
        return mail.Kind switch
        {
            MailKind.Outlook => "<div id=\"divRplyFwdMsg\"><hr tabindex=\"-1\"><font face=\"Calibri, sans-serif\">" + head + "</font></div><div>" + inner + "</div>",
            MailKind.HtmlOnly => "<br><blockquote type=\"cite\"><div>" + head + "</div>" + inner + "</blockquote>",
            _ => "<div class=\"gmail_quote\"><div class=\"gmail_attr\">" + head + "<br></div><blockquote class=\"gmail_quote\">" + inner + "</blockquote></div>",
        };
    }

    private static string Paragraphs(string text) => "<p>" + Talk.Escape(text).Replace("\n\n", "</p><p>", StringComparison.Ordinal).Replace("\n", "<br>", StringComparison.Ordinal) + "</p>";
}
