using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>Fields of LiveChatTranscript and of its events.</summary>
internal sealed class ChatRules(People people, Func<ObjectRows, string, BoundField> bind, Func<string, ObjectRows?> rowsOf, DateTimeOffset now)
{
    private readonly long _latest = now.ToUnixTimeSeconds() - 1;

    public ValueRule Transcript(FieldType field, string aspect) => new ScriptRule<ChatScript>(field, Script, Aspect(aspect));

    public ChatScript Script(RowRef row) =>
        new(row, People.Text(bind(row.Rows, "OwnerId").Read(row, new Scratch())), people, _latest);

    /// <summary>Events belong to chats in groups of six; where a chat had fewer, the rest say nothing new.</summary>
    public ValueRule Event(FieldType field, string aspect)
    {
        var chats = rowsOf("LiveChatTranscript")!;
        var group = new GroupRule(6, chats);
        return aspect == "LiveChatTranscriptId" ? group : new ScriptRule<ChatStep>(field, row => Step(row), step => aspect switch
        {
            "Type" => step.Type,
            "Time" => step.At,
            "AgentId" => step.AgentId,
            "Detail" => step.Detail,
            _ => throw new InvalidOperationException(aspect),
        });

        ChatStep Step(RowRef row) => group.Parent(row.Ordinal) is var (_, ordinal)
            ? ChatStep.Of(Script(chats.Row(ordinal)), group.Place(row.Ordinal)) : new ChatStep("Other", now, null, null);
    }

    private static Func<ChatScript, object?> Aspect(string name) => name switch
    {
        "Body" => ChatBody.Of,
        "Status" => chat => chat.Kind switch { ChatKind.Missed => "Missed", ChatKind.Dropped => "Dropped", ChatKind.InProgress => "InProgress", _ => "Completed" },
        "EndedBy" => chat => chat.EndedBy,
        "RequestTime" => chat => Time(chat.Start - chat.Wait),
        "StartTime" => chat => chat.Kind == ChatKind.Missed ? null : Time(chat.Start),
        "EndTime" => chat => chat.Kind == ChatKind.InProgress ? null : Time(chat.Start + chat.Duration),
        "WaitTime" => chat => (long)chat.Wait,
        "ChatDuration" => chat => chat.Kind is ChatKind.InProgress or ChatKind.Missed ? null : (long)chat.Duration,
        "Abandoned" => chat => chat.Kind == ChatKind.Missed ? (long)chat.Wait : 0L,
        "OperatorMessageCount" => chat => chat.Turns.LongCount(turn => turn.Role != SpeakerRole.EndUser),
        "VisitorMessageCount" => chat => chat.Turns.LongCount(turn => turn.Role == SpeakerRole.EndUser),
        "AverageResponseTimeOperator" => chat => Pauses(chat, SpeakerRole.Agent) is { Count: > 0 } pauses ? (long)pauses.Average() : null,
        "MaxResponseTimeOperator" => chat => Pauses(chat, SpeakerRole.Agent) is { Count: > 0 } pauses ? (long)pauses.Max() : null,
        "AverageResponseTimeVisitor" => chat => Pauses(chat, SpeakerRole.EndUser) is { Count: > 0 } pauses ? (long)pauses.Average() : null,
        "MaxResponseTimeVisitor" => chat => Pauses(chat, SpeakerRole.EndUser) is { Count: > 0 } pauses ? (long)pauses.Max() : null,
        "IsChatbotSession" => chat => chat.IsBot,
        "SupervisorTranscriptBody" => chat => chat.Kind == ChatKind.Conference ? "( 12s ) Supervisor: Offer the refund.<br>" : null,
        _ => throw new InvalidOperationException($"no aspect {name}"),
    };

    /// <summary>Seconds until this side answered the other.</summary>
    private static List<double> Pauses(ChatScript chat, SpeakerRole side)
    {
        var pauses = new List<double>();
        for (var i = 1; i < chat.Turns.Count; i++)
        {
            var (before, after) = (chat.Turns[i - 1], chat.Turns[i]);
            if ((after.Role == SpeakerRole.EndUser) == (side == SpeakerRole.EndUser) && before.Role != after.Role) pauses.Add((after.At - before.At).TotalSeconds);
        }
        return pauses;
    }

    private static DateTimeOffset Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);
}

/// <summary>One LiveChatTranscriptEvent.</summary>
internal sealed record ChatStep(string Type, DateTimeOffset At, string? AgentId, string? Detail)
{
    public static ChatStep Of(ChatScript chat, int place)
    {
        var start = DateTimeOffset.FromUnixTimeSeconds(chat.Start);
        var end = start.AddSeconds(chat.Duration);
        var middle = start.AddSeconds(chat.Duration / 2);
        List<ChatStep> steps = [new("ChatRequest", start.AddSeconds(-chat.Wait), null, "Visitor requested chat.")];
        if (chat.Kind == ChatKind.Missed) steps.Add(new("LeaveVisitor", start, null, null));
        else
        {
            steps.Add(new(chat.IsBot ? "ChatbotEstablished" : "Accept", start, chat.IsBot ? null : chat.OwnerId, null));
            if (chat.Kind == ChatKind.Bot) steps.Add(new("Accept", middle, chat.OwnerId, null));
            if (chat.Kind is ChatKind.Transfer or ChatKind.Conference) steps.Add(new("TransferRequest", middle, chat.OwnerId, null));
            if (chat.Kind is ChatKind.Transfer) steps.Add(new("Transfer", middle.AddSeconds(1), chat.ColleagueId, "To a colleague"));
            if (chat.EndedBy is { } by) steps.Add(new(by == "Agent" ? "EndAgent" : "EndVisitor", end, by == "Agent" ? chat.OwnerId : null, null));
        }
        return place < steps.Count ? steps[place] : new("Other", end, null, null);
    }
}
