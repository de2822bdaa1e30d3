namespace Orgtap.Conversations;

/// <summary>How people talked.</summary>
public enum Channel
{
    /// <summary>A legacy chat: LiveChatTranscript.</summary>
    Chat,

    /// <summary>A messaging session: In-App and Web, WhatsApp, SMS…</summary>
    Messaging,

    /// <summary>A VoiceCall whose transcript is in the org.</summary>
    Call,

    /// <summary>A case with its e-mails, comments and feed.</summary>
    Case,
}

/// <summary>What somebody is in a conversation.</summary>
public enum ParticipantRole
{
    EndUser,
    Agent,
    Bot,
    Supervisor,
    System,

    /// <summary>The source does not tell, e.g. where both sides of a chat have the same name.</summary>
    Unknown,
}

/// <summary>What a turn is.</summary>
public enum TurnKind
{
    /// <summary>Something said to the other side.</summary>
    Message,

    /// <summary>Something written for colleagues: an unpublished comment, a feed post, what a supervisor whispers.</summary>
    Note,

    /// <summary>Something that happened; text may be empty.</summary>
    Event,

    /// <summary>Text of the source that was not understood, kept as it is.</summary>
    Raw,
}

/// <summary>Where a turn's time comes from.</summary>
public enum TimePrecision
{
    /// <summary>The source states it.</summary>
    Exact,

    /// <summary>Start of the chat plus an offset in whole seconds.</summary>
    Derived,

    /// <summary>The source does not tell; turns keep their order.</summary>
    Unknown,
}

/// <summary>Somebody, or something, that takes part.</summary>
/// <param name="Id">The record in Salesforce, where known: a User, a Contact, a MessagingEndUser.</param>
/// <param name="Address">E-mail address or telephone number, where the source has one.</param>
public sealed record Participant(string Name, ParticipantRole Role, string? Id = null, string? Address = null);

/// <summary>One thing said or done.</summary>
/// <param name="Number">From 1, in the order in which it happened.</param>
/// <param name="Speaker">As the source names whoever it was; null for events that nobody speaks.</param>
/// <param name="At">UTC; null where <paramref name="Precision"/> is Unknown.</param>
/// <param name="Text">Plain text, lines ended by LF. Of an e-mail, what is new in it.</param>
/// <param name="Source">Table and field it was read from, e.g. <c>LiveChatTranscript.Body</c>.</param>
/// <param name="SourceId">The record, or the identifier of the conversation entry.</param>
public sealed record ConversationTurn(
    int Number, string? Speaker, ParticipantRole Role, DateTimeOffset? At, TimePrecision Precision, TurnKind Kind, string Text, string Source, string? SourceId = null)
{
    /// <summary>Of an e-mail, what it repeats of earlier ones; null: nothing.</summary>
    public string? Quoted { get; init; }

    /// <summary>Of an e-mail, its subject.</summary>
    public string? Subject { get; init; }

    /// <summary>Seconds since the chat began, as the source states them.</summary>
    public long? OffsetSeconds { get; init; }

    /// <summary>Names of attached files, or a hint that there are some.</summary>
    public IReadOnlyList<string> Attachments { get; init; } = [];
}

/// <summary>A record that the conversation was made of.</summary>
public sealed record SourceRecord(string Table, string Id);

/// <summary>
/// A chat, messaging session, call or case in the one shape that all channels share (docs/conversations.md). It is written whole every time: one that goes on or is edited replaces what was there.
/// </summary>
public sealed record Conversation
{
    /// <summary>Of the record that stands for it: LiveChatTranscript, MessagingSession, VoiceCall or Case; 18 characters.</summary>
    public required string Id { get; init; }

    public required Channel Channel { get; init; }

    /// <summary>The kind of channel in Salesforce's words, e.g. <c>WhatsApp</c>, or where the chat or case came from.</summary>
    public string? Origin { get; init; }

    public string? Subject { get; init; }

    /// <summary>In Salesforce's words, e.g. <c>Completed</c>.</summary>
    public string? Status { get; init; }

    /// <summary>When the end user asked, UTC.</summary>
    public DateTimeOffset? RequestedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Null while it goes on.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public string? EndedBy { get; init; }

    /// <summary>How long the end user waited.</summary>
    public double? WaitSeconds { get; init; }

    public string? CaseId { get; init; }

    public string? CaseNumber { get; init; }

    public string? ContactId { get; init; }

    public string? ContactName { get; init; }

    public string? AccountId { get; init; }

    public string? AccountName { get; init; }

    public string? LeadId { get; init; }

    /// <summary>The agent, or the queue where nobody took it.</summary>
    public string? OwnerId { get; init; }

    public string? OwnerName { get; init; }

    /// <summary>The name of the queue that owns it, where one does.</summary>
    public string? Queue { get; init; }

    public IReadOnlyList<Participant> Participants { get; init; } = [];

    public IReadOnlyList<ConversationTurn> Turns { get; init; } = [];

    public IReadOnlyList<SourceRecord> Sources { get; init; } = [];

    /// <summary>The fields of the record that the common shape has no place for, by API name, in canonical form (docs/types.md).</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Pieces of the source that were not understood; each is a turn of kind Raw.</summary>
    public int NotUnderstood { get; init; }

    /// <summary>Pieces that were masked, by rule.</summary>
    public IReadOnlyDictionary<string, int> Masked { get; init; } = new Dictionary<string, int>();
}
