using System.Text;

namespace Orgtap.Conversations.Parsing;

/// <summary>What a chat's row says beside its body; each may be missing.</summary>
/// <param name="StartedAt">StartTime.</param>
/// <param name="UserNames">Names of users that are known to have taken part: owner, agents of events.</param>
/// <param name="EndUserName">The contact's or visitor's name.</param>
internal sealed record ChatHints(DateTimeOffset? StartedAt = null, bool IsBot = false, IReadOnlyCollection<string>? UserNames = null, string? EndUserName = null, long? AgentMessages = null, long? EndUserMessages = null);

/// <summary>What was found in a body.</summary>
/// <param name="Agents">As the centred lines introduce them, bots included.</param>
/// <param name="Lines">In the order of the body; numbers are the reader's to give.</param>
internal sealed record ChatReading(DateTimeOffset? StartedAt, string? Origin, IReadOnlyList<string> Agents, IReadOnlyList<ChatLine> Lines, int NotUnderstood);

/// <param name="Offset">Seconds since the start; null for text that stands before any turn.</param>
/// <param name="Kind">Message, or Raw for what was not understood.</param>
internal sealed record ChatLine(string? Speaker, ParticipantRole Role, long? Offset, DateTimeOffset? At, TurnKind Kind, string Text);

/// <summary>
/// Reads LiveChatTranscript.Body. Its grammar (recorded bodies, no document of Salesforce): centred paragraphs say start, origin and agents; a turn is <c>( 1h 2m 3s ) Name: text&lt;br&gt;</c>, with text
/// escaped; a piece between breaks without an offset goes on with the turn before it. Total over any text, and every character of text ends up in a turn.
/// </summary>
internal static class ChatBody
{
    private const string Break = "<br>";

    public static ChatReading Read(string body, ChatHints hints)
    {
        var turns = new List<(long? Offset, string Text)>();
        var centred = new List<string>();
        var text = new StringBuilder();
        long? offset = null;
        var open = false;
        for (var at = 0; at <= body.Length;)
        {
            var (end, next) = NextBreak(body, at);
            var piece = body.AsSpan(at, end - at);
            at = next;
            var isLast = next > body.Length;
            while (TryCentred(ref piece, out var paragraph)) centred.Add(paragraph);
            if (TryOffset(piece, offset, out var seconds, out var length))
            {
                if (open) turns.Add((offset, text.ToString()));
                (offset, open) = (seconds, true);
                text.Clear();
                Append(text, piece[length..]);
            }
            else if (!open)
            {
                if (piece.Trim().Length == 0) continue;
                open = true;
                text.Clear();
                Append(text, piece);
            }
            else if (!isLast || piece.Length > 0)
            {
                text.Append('\n');
                Append(text, piece);
            }
        }
        if (open) turns.Add((offset, text.ToString()));
        // A last offset that nobody speaks after is how some chats end.
        if (turns.Count > 0 && turns[^1].Offset is not null && string.IsNullOrWhiteSpace(turns[^1].Text)) turns.RemoveAt(turns.Count - 1);
        return ChatSpeakers.Assign(turns, centred, hints);
    }

    private static void Append(StringBuilder text, ReadOnlySpan<char> piece)
    {
        if (piece.Contains('&')) text.Append(HtmlText.Decode(piece));
        else text.Append(piece);
    }

    /// <returns>Where the piece ends, and where the next begins; behind the body's end there is none.</returns>
    private static (int End, int Next) NextBreak(string body, int at)
    {
        for (var from = at; ;)
        {
            var found = body.IndexOf('<', from);
            if (found < 0) return (body.Length, body.Length + 1);
            if (string.CompareOrdinal(body, found, Break, 0, Break.Length) == 0) return (found, found + Break.Length);
            if (HtmlText.TryTag(body, found, out var tag) && tag.Is("br")) return (found, tag.End);
            from = found + 1;
        }
    }

    /// <summary>Takes a centred paragraph off the beginning.</summary>
    private static bool TryCentred(ref ReadOnlySpan<char> piece, out string text)
    {
        text = "";
        var trimmed = piece.TrimStart();
        if (!trimmed.StartsWith("<p ", StringComparison.OrdinalIgnoreCase) || !HtmlText.TryTag(trimmed, 0, out var tag)) return false;
        if (!string.Equals(HtmlText.Attribute(tag.Attributes, "align"), "center", StringComparison.OrdinalIgnoreCase)) return false;
        var close = trimmed[tag.End..].IndexOf("</p>", StringComparison.OrdinalIgnoreCase);
        if (close < 0) return false;
        text = HtmlText.Decode(trimmed.Slice(tag.End, close).Trim());
        piece = trimmed[(tag.End + close + 4)..];
        return true;
    }

    /// <summary>Reads <c>( 1h 2m 3s ) </c>. Offsets never go back: one that would is part of what somebody wrote.</summary>
    private static bool TryOffset(ReadOnlySpan<char> piece, long? before, out long seconds, out int length)
    {
        (seconds, length) = (0, 0);
        var at = 0;
        while (at < piece.Length && char.IsWhiteSpace(piece[at])) at++;
        if (at + 5 > piece.Length || piece[at] != '(' || piece[at + 1] != ' ') return false;
        at += 2;
        for (var last = 'd'; ;)
        {
            var from = at;
            while (at < piece.Length && char.IsAsciiDigit(piece[at]) && at - from < 9) at++;
            if (at == from || at + 1 >= piece.Length || piece[at + 1] != ' ') return false;
            var number = long.Parse(piece[from..at], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);
            var unit = piece[at];
            at += 2;
            if (unit == 'h' && last == 'd') seconds += number * 3_600;
            else if (unit == 'm' && last is 'd' or 'h') seconds += number * 60;
            else if (unit == 's')
            {
                seconds += number;
                break;
            }
            else return false;
            last = unit;
        }
        if (at >= piece.Length || piece[at] != ')' || seconds < before) return false;
        at++;
        // One blank or line break stands between; more belongs to nobody.
        while (at < piece.Length && char.IsWhiteSpace(piece[at])) at++;
        length = at;
        return true;
    }
}
