using System.Globalization;
using System.Text;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>
/// A chat as LiveChatTranscript.Body holds it: one line of HTML. Centred paragraphs say when it started, where it came from and which agents took part (one more
/// for each transfer); then <c>( 1m 13s ) Name: text&lt;br&gt;</c>, where offsets count from the start.
/// </summary>
internal static class ChatBody
{
    private const int Longest = 131_072;

    /// <returns>Null for chats that nobody answered.</returns>
    public static string? Of(ChatScript chat)
    {
        if (chat.Kind is ChatKind.Missed) return null;
        var body = new StringBuilder();
        var start = DateTimeOffset.FromUnixTimeSeconds(chat.Start);
        Centre(body, chat.Tongue.Started + chat.Tongue.Date(start.ToOffset(chat.Zone)));
        Centre(body, chat.Tongue.Origin + (chat.IsBot ? "Astro Chat" : "Live Chat Button"));
        var introduced = 0;
        foreach (var turn in chat.Turns)
        {
            while (introduced < chat.Agents.Count && (introduced == 0 || turn.Speaker == chat.Agents[introduced])) Introduce(body, chat, introduced++);
            Offset(body, (long)(turn.At - start).TotalSeconds);
            body.Append(Talk.Escape(turn.Speaker)).Append(": ").Append(Talk.Escape(turn.Text).Replace("\n", "<br>", StringComparison.Ordinal)).Append("<br>");
        }
        while (introduced < chat.Agents.Count) Introduce(body, chat, introduced++);
        if (chat.TrailingSeconds is { } trailing) Offset(body, trailing);
        return body.Length <= Longest ? body.ToString() : throw new InvalidOperationException($"A chat of {body.Length} characters does not fit.");
    }

    private static void Introduce(StringBuilder body, ChatScript chat, int agent) => Centre(body, chat.Tongue.Agent + chat.Agents[agent]);

    private static void Centre(StringBuilder body, string text) => body.Append("<p align=\"center\">").Append(Talk.Escape(text)).Append("</p>");

    private static void Offset(StringBuilder body, long seconds)
    {
        body.Append("( ");
        if (seconds >= 3_600) body.Append(CultureInfo.InvariantCulture, $"{seconds / 3_600}h ");
        if (seconds >= 60) body.Append(CultureInfo.InvariantCulture, $"{seconds / 60 % 60}m ");
        body.Append(CultureInfo.InvariantCulture, $"{seconds % 60}s ) ");
    }
}
