using System.Text;

namespace Orgtap.Conversations.Parsing;

/// <param name="New">What this mail says that no earlier one said, as far as it can be told.</param>
/// <param name="Quoted">The rest; null: nothing is quoted.</param>
internal readonly record struct MailParts(string New, string? Quoted);

/// <summary>
/// Separates what a mail says from what it repeats: lines behind &gt;, the line above them in the languages of common mail programs, and everything below Outlook's dashes or its block of header lines. Text
/// below a quotation is new again, so that replies below and between are kept. No line gets lost: each is in one part or the other.
/// </summary>
internal static class MailText
{
    private static readonly (string Begin, string End)[] Heads =
    [
        ("On ", "wrote:"), ("Am ", "schrieb"), ("Le ", "écrit"), ("El ", "escribió:"), ("Il ", "scritto:"), ("Op ", "schreef"), ("Em ", "escreveu:"), ("Den ", "skrev"), ("W dniu ", "napisał"), ("Dnia ", "napisał"),
    ];

    private static readonly string[] Dashes =
        ["original message", "ursprüngliche nachricht", "message d'origine", "message original", "messaggio originale", "mensaje original", "mensagem original", "oorspronkelijk bericht", "forwarded message", "weitergeleitete nachricht"];

    private static readonly string[] Fields =
    [
        "From", "Sent", "To", "Cc", "Subject", "Date", "Von", "Gesendet", "An", "Betreff", "Datum", "De", "Envoyé", "À", "Objet", "Enviado", "Enviado el", "Para", "Asunto", "Da", "Inviato", "A", "Oggetto", "Van", "Verzonden", "Aan",
        "Onderwerp", "Assunto", "Från", "Skickat", "Till", "Ämne",
    ];

    public static MailParts Split(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        var quoted = new bool[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            if (IsMarked(lines[i])) quoted[i] = true;
            else if (EndsAll(lines, i))
            {
                for (; i < lines.Length; i++) quoted[i] = true;
            }
            else if (HeadLength(lines, i) is var length and > 0 && QuoteFollows(lines, i + length))
            {
                for (var head = 0; head < length; head++) quoted[i + head] = true;
                i += length - 1;
            }
        }
        // Empty lines within a quotation belong to it.
        for (var i = 1; i < lines.Length; i++)
            if (quoted[i - 1] && !quoted[i] && IsBlank(lines[i]) && Next(lines, quoted, i)) quoted[i] = true;
        if (!quoted.Contains(true)) return new MailParts(Trim(string.Join('\n', lines)), null);
        return new MailParts(Trim(Join(lines, quoted, false)), Trim(Join(lines, quoted, true)));
    }

    private static bool Next(string[] lines, bool[] quoted, int from)
    {
        for (var i = from; i < lines.Length; i++)
            if (!IsBlank(lines[i])) return quoted[i];
        return false;
    }

    private static string Join(string[] lines, bool[] quoted, bool which)
    {
        var text = new StringBuilder();
        for (var i = 0; i < lines.Length; i++)
            if (quoted[i] == which) text.Append(lines[i]).Append('\n');
        return text.ToString();
    }

    private static bool IsMarked(string line) => line.StartsWith('>');

    /// <summary>From here on everything is an earlier mail: dashes around known words, or three header lines one below the other.</summary>
    private static bool EndsAll(string[] lines, int at)
    {
        var line = lines[at].Trim();
        if (line.StartsWith("--", StringComparison.Ordinal) && line.Trim('-', ' ') is { Length: > 0 } words && Dashes.Any(known => string.Equals(words, known, StringComparison.OrdinalIgnoreCase))) return true;
        var count = 0;
        for (var i = at; i < lines.Length && count < 3 && IsField(lines[i]); i++) count++;
        return count == 3;
    }

    private static bool IsField(string line)
    {
        var text = line.Trim().Trim('*');
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && Fields.Contains(text[..colon].Trim().Trim('*'), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Lines of <c>On …, Ann wrote:</c>, which mail programs break into up to three.</summary>
    private static int HeadLength(string[] lines, int at)
    {
        var first = lines[at].TrimStart();
        foreach (var (begin, end) in Heads)
        {
            if (!first.StartsWith(begin, StringComparison.Ordinal)) continue;
            var head = first;
            for (var length = 1; length <= 3 && at + length <= lines.Length; length++)
            {
                if (length > 1) head += " " + lines[at + length - 1].Trim();
                var trimmed = head.TrimEnd();
                if (trimmed.EndsWith(':') && trimmed.Contains(end.TrimEnd(':'), StringComparison.Ordinal) && trimmed.Any(char.IsAsciiDigit)) return length;
            }
        }
        return 0;
    }

    private static bool QuoteFollows(string[] lines, int at)
    {
        while (at < lines.Length && IsBlank(lines[at])) at++;
        return at >= lines.Length || IsMarked(lines[at]);
    }

    private static bool IsBlank(string line) => string.IsNullOrWhiteSpace(line);

    private static string Trim(string text) => text.Trim('\n', '\r', ' ');
}
