namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>What is special about a messaging session. Of every 16 sessions each kind but <see cref="Plain"/> and <see cref="Long"/> comes once.</summary>
public enum SessionKind
{
    Plain,
    Bot,
    BotToAgent,
    Transfer,
    SameNames,
    LineBreaks,
    /// <summary>Some entries were redacted: they are there, without text.</summary>
    Redacted,
    /// <summary>Entries at the same millisecond.</summary>
    Together,
    Foreign,
    /// <summary>Still going on.</summary>
    Active,
    /// <summary>More entries than one page of the Connect API holds; one session in 64.</summary>
    Long,
}

/// <summary>The story of one MessagingSession or VoiceCall, with times to the millisecond.</summary>
internal sealed class SessionScript
{
    public SessionScript(RowRef row, string? ownerId, string endUser, People people, long latest, bool isCall)
    {
        var dice = new Dice(row.Hash);
        Kind = isCall ? SessionKind.Plain : KindOf(row.Ordinal);
        OwnerId = ownerId;
        Owner = people.Agent(ownerId);
        ColleagueId = people.Colleague(ownerId, dice);
        Colleague = people.Agent(ColleagueId);
        EndUser = Kind == SessionKind.SameNames ? Owner : endUser;
        var (turns, length) = Lines(dice);
        Start = Math.Min(row.Rows.Clock.Created(row.Ordinal, row.Hash), latest - length - 60_000);
        End = Start + length;
        Accepted = Start + Math.Min(length, dice.Between(800, 90_000));
        Turns = [.. turns.Select(turn => turn with { At = turn.At.AddMilliseconds(Start) })];
    }

    public SessionKind Kind { get; }
    public string? OwnerId { get; }
    public string Owner { get; }
    public string? ColleagueId { get; }
    public string Colleague { get; }
    public string EndUser { get; }
    /// <summary>Milliseconds since 1970, as <see cref="End"/> and <see cref="Accepted"/>.</summary>
    public long Start { get; }
    public long End { get; }
    public long Accepted { get; }
    public IReadOnlyList<Turn> Turns { get; }

    public static SessionKind KindOf(long ordinal) =>
        ordinal % 64 == 48 ? SessionKind.Long : (int)(ordinal % 16) is var place and < (int)SessionKind.Long ? (SessionKind)place : SessionKind.Plain;

    public bool IsRedacted(int turn) => Kind == SessionKind.Redacted && turn % 3 == 1;

    private (List<Turn> Turns, long Length) Lines(Dice dice)
    {
        var turns = new List<Turn>();
        var most = Kind == SessionKind.Long ? dice.Between(1_200, 1_400) : dice.Between(3, 16);
        var at = 0L;
        for (var i = 0; i < most; i++)
        {
            at += Kind == SessionKind.Together && i % 2 == 1 ? 0 : dice.Between(1, Kind == SessionKind.Long ? 20_000 : 240_000);
            var (speaker, role) = Speaker(i, most, dice);
            // Joining and leaving are entries as well; they say nothing.
            var text = role == SpeakerRole.System ? "" : Text(role, dice);
            turns.Add(new Turn(DateTimeOffset.FromUnixTimeMilliseconds(at), speaker, role, text));
        }
        return (turns, at + dice.Between(1_000, 60_000));
    }

    private (string, SpeakerRole) Speaker(int turn, int most, Dice dice)
    {
        if (dice.Percent(6)) return ("System", SpeakerRole.System);
        if ((turn % 2 == 0) == dice.Percent(85)) return (EndUser, SpeakerRole.EndUser);
        return Kind switch
        {
            SessionKind.Bot => ("Astro Bot", SpeakerRole.Bot),
            SessionKind.BotToAgent when turn < most / 2 => ("Astro Bot", SpeakerRole.Bot),
            SessionKind.Transfer when turn >= most / 2 => (Colleague, SpeakerRole.Agent),
            _ => (Owner, SpeakerRole.Agent),
        };
    }

    private string Text(SpeakerRole role, Dice dice) => Kind switch
    {
        SessionKind.LineBreaks => $"{Talk.Line(role, dice)}\n- one: 1\n- two: 2\r\n{Talk.Line(role, dice)}",
        SessionKind.Foreign => $"{Talk.Line(role, dice)} 👩‍👩‍👧‍👦 שלום <i>no markup</i> &amp;",
        _ => Talk.Line(role, dice),
    };
}
