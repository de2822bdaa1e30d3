using System.Text;
using System.Text.Json;

namespace Orgtap.Conversations.Importing;

/// <summary>What the tables' columns hold of a conversation.</summary>
internal static class ConversationRows
{
    private const int LongestFirstWords = 160;
    private const int LongestAgents = 500;

    public static string? EndUser(Conversation conversation) => conversation.Participants.FirstOrDefault(participant => participant.Role == ParticipantRole.EndUser)?.Name ?? conversation.ContactName;

    public static string? Agents(Conversation conversation)
    {
        var names = string.Join(", ", conversation.Participants.Where(participant => participant.Role is ParticipantRole.Agent or ParticipantRole.Bot).Select(participant => participant.Name).Distinct(StringComparer.Ordinal));
        if (names.Length == 0) return conversation.OwnerName;
        return Cut(names, LongestAgents);
    }

    /// <summary>Milliseconds since 1970 by which conversations are ordered.</summary>
    public static long At(Conversation conversation) =>
        (conversation.StartedAt ?? conversation.RequestedAt ?? conversation.Turns.FirstOrDefault(turn => turn.At is not null)?.At ?? DateTimeOffset.UnixEpoch).ToUnixTimeMilliseconds();

    public static string? FirstWords(Conversation conversation) => conversation.Turns.FirstOrDefault(turn => turn.Kind is TurnKind.Message or TurnKind.Note or TurnKind.Raw && turn.Text.Length > 0) is { } first
        ? Cut(first.Text.ReplaceLineEndings(" "), LongestFirstWords) : null;

    public static int Turns(Conversation conversation) => conversation.Turns.Count;

    /// <summary>What a search looks through.</summary>
    public static string Words(Conversation conversation)
    {
        var text = new StringBuilder();
        foreach (var word in (ReadOnlySpan<string?>)[conversation.Id, conversation.Subject, conversation.CaseNumber, conversation.ContactName, conversation.AccountName, conversation.OwnerName, conversation.Queue])
            if (word is not null) text.Append(word).Append('\n');
        foreach (var participant in conversation.Participants) text.Append(participant.Name).Append('\n');
        foreach (var turn in conversation.Turns) text.Append(turn.Text).Append('\n');
        return text.ToString();
    }

    public static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    public static string? Time(DateTimeOffset? at) => at is { } time ? Times.Text(time) : null;

    public static string? Attachments(ConversationTurn turn) => turn.Attachments.Count == 0 ? null : JsonSerializer.Serialize(turn.Attachments);

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
