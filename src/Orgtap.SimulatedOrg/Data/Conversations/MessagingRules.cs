using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>Fields of messaging sessions, calls, conversations, their participants, and the ConversationEntry object.</summary>
internal sealed class MessagingRules(ulong seed, ConversationMap map, People people, Func<ObjectRows, string, BoundField> bind, DateTimeOffset now)
{
    private const int EntriesPerParent = 8;
    private const int ParticipantsPerConversation = 3;
    private readonly long _latest = now.ToUnixTimeMilliseconds() - 1_000;
    private readonly GroupRule _entryParents = new(EntriesPerParent, map.Sessions, map.Calls);
    private readonly GroupRule _participantParents = new(ParticipantsPerConversation, map.Conversations);

    public SessionScript Session(RowRef row)
    {
        var scratch = new Scratch();
        return new SessionScript(row, People.Text(bind(row.Rows, "OwnerId").Read(row, scratch)), EndUserName(row), people, _latest, isCall: false);
    }

    public SessionScript Call(RowRef row) =>
        new(row, People.Text(bind(row.Rows, "UserId").Read(row, new Scratch())), "Caller", people, _latest, isCall: true);

    public ValueRule SessionField(FieldType field, string aspect) => new ScriptRule<SessionScript>(field, Session, aspect switch
    {
        "StartTime" => script => Time(script.Start),
        "AcceptTime" => script => script.Kind == SessionKind.Bot ? null : Time(script.Accepted),
        "EndTime" => script => script.Kind == SessionKind.Active ? null : Time(script.End),
        "Status" => script => script.Kind == SessionKind.Active ? "Active" : "Ended",
        "AgentType" => script => script.Kind switch { SessionKind.Bot => "Bot", SessionKind.BotToAgent => "BotToAgent", _ => "Agent" },
        _ => throw new InvalidOperationException($"no aspect {aspect}"),
    });

    /// <summary>Counts are there for legacy sessions only: enhanced channels do not compute them.</summary>
    public ValueRule SessionCount(FieldType field, SpeakerRole role) => new RowRule(field, row => ConversationMap.IsLegacy(row.Ordinal)
        ? Session(row).Turns.LongCount(turn => turn.Role == role && turn.Text.Length > 0) : null);

    public ValueRule SessionConversation(FieldType field) => new RowRule(field, row => Id(map.Conversations, map.OfSession(row.Ordinal)));

    public ValueRule CallField(FieldType field, string aspect) => aspect == "ConversationId"
        ? new RowRule(field, row => Id(map.Conversations, map.OfCall(row.Ordinal)))
        : new ScriptRule<SessionScript>(field, Call, aspect switch
        {
            "CallStartDateTime" => script => Time(script.Start),
            "CallEndDateTime" => script => Time(script.End),
            "CallDurationInSeconds" => script => (script.End - script.Start) / 1000,
            _ => throw new InvalidOperationException($"no aspect {aspect}"),
        });

    public ValueRule Conversation(FieldType field, string aspect) => aspect == "ConversationIdentifier"
        ? new RowRule(field, row => ConversationIdentifier.Of(seed, row.Ordinal), derived: true)
        : new RowRule(field, row => Scripts(row.Ordinal) is { Count: > 0 } scripts ? Time(aspect == "StartTime" ? scripts[0].Script.Start : scripts[^1].Script.End) : null);

    public ValueRule Participant(FieldType field, string aspect)
    {
        if (aspect == "ConversationId") return _participantParents;
        return new RowRule(field, row =>
        {
            if (_participantParents.Parent(row.Ordinal) is not var (_, ordinal) || Scripts(ordinal) is not { Count: > 0 } scripts) return aspect == "ParticipantRole" ? "System" : null;
            var script = scripts[0].Script;
            var place = _participantParents.Place(row.Ordinal);
            return aspect switch
            {
                "ParticipantRole" => place switch { 0 => "EndUser", 1 when script.Kind == SessionKind.Bot => "Chatbot", 1 => "Agent", _ => script.Kind == SessionKind.Transfer ? "Agent" : "System" },
                "ParticipantDisplayName" => place switch { 0 => script.EndUser, 1 => script.Kind == SessionKind.Bot ? "Astro Bot" : script.Owner, _ => script.Kind == SessionKind.Transfer ? script.Colleague : null },
                "JoinedTime" => Time(script.Start),
                "LeftTime" => Time(script.End),
                _ => throw new InvalidOperationException($"no aspect {aspect}"),
            };
        });
    }

    public ValueRule Entry(FieldType field, string aspect)
    {
        if (aspect == "ConversationId") return _entryParents;
        return new RowRule(field, row => EntryValue(row.Ordinal, aspect));
    }

    /// <summary>The sessions, or the call, that a conversation's base entries come from, in order of time.</summary>
    public IReadOnlyList<(ObjectRows Rows, long Ordinal, SessionScript Script)> Scripts(long conversation)
    {
        if (map.CallOf(conversation) is { } call) return [(map.Calls, call, Call(map.Calls.Row(call)))];
        return [.. map.SessionsOf(conversation).Select(session => (map.Sessions, session, Session(map.Sessions.Row(session)))).OrderBy(found => found.Item3.Start)];
    }

    /// <summary>The entries of enhanced channels are there without their text; it is to be had from the Connect API only.</summary>
    private object? EntryValue(long ordinal, string aspect)
    {
        if (_entryParents.Parent(ordinal) is not var (rows, parent)) return null;
        var isCall = ReferenceEquals(rows, map.Calls);
        var script = isCall ? Call(rows.Row(parent)) : Session(rows.Row(parent));
        var turn = script.Turns[Math.Min(_entryParents.Place(ordinal), script.Turns.Count - 1)];
        var silent = turn.Text.Length == 0 || _entryParents.Place(ordinal) >= script.Turns.Count;
        return aspect switch
        {
            "ActorName" => turn.Speaker,
            "ActorType" => turn.Role.ToString(),
            "ActorId" => turn.Role == SpeakerRole.Agent ? (turn.Speaker == script.Owner ? script.OwnerId : script.ColleagueId) : null,
            "EntryTime" or "EntryEndTime" or "ClientTimestamp" => Time(turn.At.ToUnixTimeMilliseconds()),
            "EntryTimeMilliSecs" => (long)turn.At.Millisecond,
            "EntryType" => silent ? "ParticipantChanged" : "Text",
            "Message" => silent || !(isCall || ConversationMap.IsLegacy(parent)) ? null : turn.Text,
            _ => throw new InvalidOperationException($"no aspect {aspect}"),
        };
    }

    private string EndUserName(RowRef row)
    {
        var scratch = new Scratch();
        var reference = bind(row.Rows, "MessagingEndUserId");
        var cell = reference.Read(row, scratch);
        return new Dice(Hash.Mix(cell.IsNull ? row.Hash : Hash.Of(People.Text(cell)!))).Of(EndUsers.Names);
    }

    private static string? Id(ObjectRows rows, long? ordinal) => ordinal is { } found ? SalesforceId.Text(rows.KeyPrefix, found) : null;

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeSeconds(milliseconds / 1000);
}

/// <summary>Names of people who write from their phones.</summary>
internal static class EndUsers
{
    public static readonly IReadOnlyList<string> Names =
        ["Guest", "Ada L.", "+14155550123", "Björn Åkesson", "李 雷", "María-José Núñez", "whatsapp:+4915112345678", "O'Brien, Pat", "Fatima", "Zoë: private"];
}
