using System.Net;
using System.Text;

namespace Orgtap.Notifications;

/// <summary>
/// The one look of our e-mails: an HTML document that mail programs of every age show, dark ones too, with everything it needs inside. Whatever is put in is encoded here.
/// </summary>
public sealed class MailLayout(string title, string preview)
{
    private const string Font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";

    private readonly StringBuilder _body = new();
    private readonly StringBuilder _small = new();

    public MailLayout Paragraph(string text)
    {
        _body.Append($"""<p class="ink" style="margin:0 0 16px;color:#152024;">{Encode(text)}</p>""").Append('\n');
        return this;
    }

    /// <summary>What a person wrote.</summary>
    public MailLayout Quote(string text)
    {
        _body.Append($"""
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td class="quote" style="background:#eef1f2;border-radius:6px;padding:12px 16px;color:#152024;{Font}font-size:15px;line-height:1.5;">“{Encode(text)}”</td></tr></table>
            <p style="margin:0 0 16px;font-size:0;line-height:0;">&nbsp;</p>
            """).Append('\n');
        return this;
    }

    public MailLayout Button(string label, Uri address)
    {
        _body.Append($"""
            <table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0;"><tr><td class="button" align="center" bgcolor="#0d6577" style="background:#0d6577;border-radius:6px;">
              <a href="{Encode(address.AbsoluteUri)}" style="display:inline-block;padding:13px 28px;{Font}font-size:16px;font-weight:600;line-height:1.2;color:#ffffff;text-decoration:none;">{Encode(label)}</a>
            </td></tr></table>
            """).Append('\n');
        return this;
    }

    /// <summary>A line below the rule.</summary>
    public MailLayout Small(string text)
    {
        _small.Append($"""<p class="mute" style="margin:0 0 8px;color:#47555b;">{Encode(text)}</p>""").Append('\n');
        return this;
    }

    /// <summary>A line below the rule with an address to press or to copy.</summary>
    public MailLayout SmallLink(string text, Uri address)
    {
        _small.Append($"""
            <p class="mute" style="margin:0 0 8px;color:#47555b;">{Encode(text)}<br><a class="link" href="{Encode(address.AbsoluteUri)}" style="color:#0d6577;word-break:break-all;">{Encode(address.AbsoluteUri)}</a></p>
            """).Append('\n');
        return this;
    }

    /// <summary>A line below the rule that says whom to ask; nothing where nobody was named.</summary>
    public MailLayout Support(SupportContact? contact) => contact is null ? this : Small(Words(contact));

    /// <summary>The same line for the text part.</summary>
    public static string Words(SupportContact contact) => $"Need help? {contact.Line}";

    /// <param name="foot">Who sent it, from where.</param>
    public string Finish(string foot) => $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="supported-color-schemes" content="light dark">
        <title>{{Encode(title)}}</title>
        <style>
          @media (prefers-color-scheme: dark) {
            .bg { background: #0e1315 !important; } .card { background: #151b1e !important; border-color: #2c373b !important; }
            .ink { color: #e8eef0 !important; } .mute { color: #b0bcc1 !important; } .line { border-color: #2c373b !important; }
            .quote { background: #0b0f11 !important; color: #e8eef0 !important; } .link { color: #5fc3d6 !important; }
            .button { background: #5fc3d6 !important; } .button a { color: #04222a !important; }
          }
          @media (max-width: 480px) { .pad { padding: 24px 20px !important; } }
        </style>
        </head>
        <body class="bg" style="margin:0;padding:0;background:#f5f7f7;">
        <div role="main">
        <div style="display:none;max-height:0;overflow:hidden;">{{Encode(preview)}}</div>
        <table role="presentation" class="bg" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f5f7f7;">
        <tr><td align="center" style="padding:24px 12px;">
          <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;">
            <tr><td class="card pad" style="background:#ffffff;border:1px solid #d8dedf;border-radius:10px;padding:32px;{{Font}}font-size:16px;line-height:1.5;">
              <h1 class="ink" style="margin:0 0 16px;font-size:22px;line-height:1.25;color:#152024;">{{Encode(title)}}</h1>
              {{_body}}
              {{(_small.Length == 0 ? "" : $"""<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin-top:28px;"><tr><td class="line" style="border-top:1px solid #e7ebec;padding-top:16px;{Font}font-size:14px;line-height:1.5;">{_small}</td></tr></table>""")}}
            </td></tr>
            <tr><td class="mute" align="center" style="padding:16px 12px;{{Font}}font-size:13px;line-height:1.5;color:#5c6a70;">{{Encode(foot)}}</td></tr>
          </table>
        </td></tr>
        </table>
        </div>
        </body>
        </html>
        """;

    private static string Encode(string text) => WebUtility.HtmlEncode(text).Replace("\n", "<br>", StringComparison.Ordinal);
}
