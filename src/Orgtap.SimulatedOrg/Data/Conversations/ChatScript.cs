namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>The story of one LiveChatTranscript: who spoke when. Everything its fields say is told from here.</summary>
internal sealed class ChatScript
{
    private static readonly double[] Zones = [-8, -5, 0, 1, 2, 9];
    private static readonly string[] Visitors = ["Visitor", "Visitor", "Visitor", "Maria Lopez", "Zoë", "J. O'Neil", "李 Wei", "Anna-Lena Müller"];

    public ChatScript(RowRef row, string? ownerId, People people, long latest)
    {
        var dice = new Dice(row.Hash);
        Kind = KindOf(row.Ordinal);
        OwnerId = ownerId;
        var owner = people.Agent(ownerId);
        ColleagueId = people.Colleague(ownerId, dice);
        Visitor = Kind switch { ChatKind.SameNames => owner, ChatKind.NameWithColon => "Dr: Who", _ => dice.Of(Visitors) };
        Zone = TimeSpan.FromHours(Kind == ChatKind.HalfHourZone ? 5.5 : dice.Of(Zones));
        Wait = Kind == ChatKind.Missed ? dice.Between(60, 600) : dice.Between(1, 90);
        Agents = Kind switch
        {
            ChatKind.Missed => [],
            ChatKind.Bot => ["Astro Bot", owner],
            ChatKind.BotOnly => ["Astro Bot"],
            ChatKind.Transfer or ChatKind.Conference => [owner, people.Agent(ColleagueId)],
            _ => [owner],
        };
        var (turns, seconds) = Lines(dice);
        Duration = seconds;
        // What the last rows tell must be over when the org begins.
        Start = Math.Min(row.Rows.Clock.Created(row.Ordinal, row.Hash) / 1000, latest - seconds - 60);
        Turns = [.. turns.Select(turn => turn with { At = DateTimeOffset.FromUnixTimeSeconds(Start + turn.At.ToUnixTimeSeconds()) })];
        TrailingSeconds = Kind == ChatKind.TrailingOffset ? seconds + 3 : null;
        EndedBy = Kind switch { ChatKind.Missed or ChatKind.InProgress => null, ChatKind.Dropped => "System", _ => dice.Percent(60) ? "Visitor" : "Agent" };
    }

    public ChatKind Kind { get; }
    public string? OwnerId { get; }
    public string? ColleagueId { get; }
    public string Visitor { get; }
    public IReadOnlyList<string> Agents { get; }
    public IReadOnlyList<Turn> Turns { get; }
    public TimeSpan Zone { get; }
    /// <summary>Seconds since 1970.</summary>
    public long Start { get; }
    /// <summary>Seconds.</summary>
    public int Wait { get; }
    /// <inheritdoc cref="Wait"/>
    public int Duration { get; }
    public int? TrailingSeconds { get; }
    public string? EndedBy { get; }
    public bool IsBot => Kind is ChatKind.Bot or ChatKind.BotOnly;

    public static ChatKind KindOf(long ordinal) => (int)(ordinal % 32) switch
    {
        0 => ordinal % 2048 == 0 ? ChatKind.Huge : ChatKind.Plain,
        var place and < (int)ChatKind.Huge => (ChatKind)place,
        _ => ChatKind.Plain,
    };

    public Tongue Tongue => Kind switch { ChatKind.German => Tongue.German, ChatKind.French => Tongue.French, ChatKind.Japanese => Tongue.Japanese, _ => Tongue.English };

    private (List<Turn> Turns, int Seconds) Lines(Dice dice)
    {
        var turns = new List<Turn>();
        var at = 0;
        var most = Kind switch { ChatKind.Missed or ChatKind.Dropped or ChatKind.InProgress => 0, ChatKind.Huge => 4_000, _ => dice.Between(4, 14) };
        var size = 0;
        for (var i = 0; i < most && size < 110_000; i++)
        {
            at += Kind == ChatKind.Hours ? dice.Between(1_800, 12_000) : dice.Between(0, 95);
            var (speaker, role) = Speaker(i, most, dice);
            var text = Text(role, i, dice);
            size += (text.Length * 5 / 4) + speaker.Length + 20;
            turns.Add(new Turn(DateTimeOffset.FromUnixTimeSeconds(at), speaker, role, text));
        }
        return (turns, at + dice.Between(1, 30));
    }

    /// <summary>Agents take turns with the visitor; who the agent is changes where the chat is handed over.</summary>
    private (string, SpeakerRole) Speaker(int turn, int most, Dice dice)
    {
        if (turn > 0 && (turn % 2 == 1) == dice.Percent(85)) return (Visitor, SpeakerRole.EndUser);
        return Kind switch
        {
            ChatKind.BotOnly => (Agents[0], SpeakerRole.Bot),
            ChatKind.Bot => turn < most / 2 ? (Agents[0], SpeakerRole.Bot) : (Agents[1], SpeakerRole.Agent),
            ChatKind.Transfer => (Agents[turn < most / 2 ? 0 : 1], SpeakerRole.Agent),
            ChatKind.Conference => (Agents[turn / 2 % 2], SpeakerRole.Agent),
            _ => (Agents[0], SpeakerRole.Agent),
        };
    }

    private string Text(SpeakerRole role, int turn, Dice dice)
    {
        var line = Talk.Line(role, dice);
        return Kind switch
        {
            ChatKind.Colons => turn % 2 == 0 ? $"Note: {line} Total: 12:30, see http://shop.example:8080/a?b=c&d=e: ok" : $"me: {line}",
            ChatKind.LineBreaks => $"{line}\n{Talk.Line(role, dice)}\n\nlast line",
            ChatKind.Entities => $"{line} <b>bold</b> &amp; &lt;not a tag&gt; \"quoted\" 'single' a<b>c &nbsp; &#39;",
            ChatKind.LooksLikeTurn => $"{line} ( 1m 5s ) {Agents[0]}: I never said that",
            _ => line,
        };
    }
}
