namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>
/// Which sessions and calls belong to which Conversation row. Three sessions make two conversations, the first of which spans two sessions; one session in eight
/// is of a legacy channel and has none. The last quarter of the conversations are calls'.
/// </summary>
internal sealed class ConversationMap(ObjectRows conversations, ObjectRows sessions, ObjectRows calls)
{
    private readonly long _calls = Math.Min(calls.BaseCount, conversations.BaseCount / 4);

    public ObjectRows Conversations => conversations;
    public ObjectRows Sessions => sessions;
    public ObjectRows Calls => calls;

    private long Messaging => conversations.BaseCount - _calls;

    public static bool IsLegacy(long session) => session % 16 is 13 or 15;

    public long? OfSession(long session)
    {
        var conversation = (session / 3 * 2) + (session % 3 / 2);
        return IsLegacy(session) || conversation >= Messaging ? null : conversation;
    }

    public long? OfCall(long call) => call < _calls ? Messaging + call : null;

    /// <summary>The base sessions of a conversation, in order of time.</summary>
    public IReadOnlyList<long> SessionsOf(long conversation)
    {
        if (conversation >= Messaging) return [];
        var first = (conversation / 2 * 3) + (conversation % 2 * 2);
        long[] all = conversation % 2 == 0 ? [first, first + 1] : [first];
        return [.. all.Where(session => session < sessions.BaseCount && !IsLegacy(session))];
    }

    public long? CallOf(long conversation) => conversation >= Messaging && conversation < conversations.BaseCount ? conversation - Messaging : null;
}
