namespace Orgtap.Conversations.Importing;

/// <summary>The proof of an import, for one channel: rows that stand for conversations = imported + skipped + waiting, all counted by the database.</summary>
/// <param name="Found">Rows of the channel's main table in the replica.</param>
/// <param name="NotUnderstood">Pieces of text that were kept raw.</param>
/// <param name="Skipped">Rows without a conversation, by reason.</param>
/// <param name="Waiting">Rows that were not looked at yet.</param>
public sealed record ChannelReceipt(Channel Channel, long Found, long Imported, long Turns, long NotUnderstood, IReadOnlyDictionary<string, long> Skipped, long Waiting)
{
    /// <summary>Nothing is unaccounted for.</summary>
    public bool Balances => Found == Imported + Skipped.Values.Sum() + Waiting;
}

/// <param name="Document">Null: the conversation is gone.</param>
internal sealed record ConversationChange(long Change, string Id, string? Document);

/// <summary>What conversations are wanted, newest first.</summary>
/// <param name="Text">Words that must occur in what was said, in names, subjects or numbers.</param>
/// <param name="Agent">A part of an agent's name.</param>
/// <param name="After">Where the page before ended.</param>
public sealed record ConversationQuestion(
    string? Text = null, Channel? Channel = null, DateTimeOffset? From = null, DateTimeOffset? Until = null, string? Agent = null, string? Status = null, ConversationMark? After = null, int Limit = 50);

/// <summary>A place in the list.</summary>
/// <param name="At">UTC, milliseconds.</param>
public sealed record ConversationMark(long At, string Id)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{At}-{Id}");

    /// <returns>Null: no place.</returns>
    public static ConversationMark? Parse(string? text) => text?.Split('-', 2) is [var at, { Length: > 0 } id] && long.TryParse(at, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
        ? new ConversationMark(number, id) : null;
}

/// <summary>A conversation in a list.</summary>
/// <param name="At">When it began, or its row was made.</param>
/// <param name="FirstWords">The beginning of the first message.</param>
public sealed record ConversationLine(
    string Id, Channel Channel, string? Origin, string? Subject, string? Status, DateTimeOffset At, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string? EndUser, string? Agents, string? CaseNumber, int Turns, string? FirstWords)
{
    public ConversationMark Mark => new(At.ToUnixTimeMilliseconds(), Id);
}
