using System.Globalization;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>Chooses the rule for fields of chats, sessions, calls and mails.</summary>
internal sealed class ConversationRules
{
    private readonly Func<string, ObjectRows?> _rowsOf;
    private readonly Lazy<ChatRules> _chats;
    private readonly Lazy<MessagingRules> _messaging;
    private readonly CaseRules _cases;

    /// <param name="bind">A field of an object by name.</param>
    public ConversationRules(ulong seed, Func<string, ObjectRows?> rowsOf, Func<ObjectRows, string, BoundField> bind, DateTimeOffset now)
    {
        _rowsOf = rowsOf;
        _cases = new CaseRules(rowsOf, now);
        // The rows are all there only when the first field is read.
        _chats = new(() => new ChatRules(new People(rowsOf("User"), bind), bind, rowsOf, now));
        _messaging = new(() => new MessagingRules(seed, new ConversationMap(rowsOf("Conversation")!, rowsOf("MessagingSession")!, rowsOf("VoiceCall")!),
            new People(rowsOf("User"), bind), bind, now));
    }

    public ChatRules Chats => _chats.Value;
    public MessagingRules Messaging => _messaging.Value;
    public CaseRules Cases => _cases;

    /// <returns>Null where the content is none of these.</returns>
    public ValueRule? For(FieldType field, string[] words) => words[0] switch
    {
        "group" => new GroupRule(int.Parse(words[1], CultureInfo.InvariantCulture), _rowsOf(field.ReferenceTo[0])!),
        "chat" => Chats.Transcript(field, words[1]),
        "chatevent" => Chats.Event(field, words[1]),
        "session" => words[1] switch
        {
            "ConversationId" => Messaging.SessionConversation(field),
            "AgentMessageCount" => Messaging.SessionCount(field, SpeakerRole.Agent),
            "EndUserMessageCount" => Messaging.SessionCount(field, SpeakerRole.EndUser),
            _ => Messaging.SessionField(field, words[1]),
        },
        "call" => Messaging.CallField(field, words[1]),
        "conversation" => Messaging.Conversation(field, words[1]),
        "participant" => Messaging.Participant(field, words[1]),
        "entry" => Messaging.Entry(field, words[1]),
        "mail" => words[1] == "Status" ? CaseRules.MailStatus(field) : Cases.Mail(field, words[1]),
        "feed" => Cases.Feed(field, words[1]),
        "feedcomment" => Cases.FeedComment(field, words[1]),
        _ => null,
    };
}
