namespace Orgtap.Conversations.Parsing;

/// <summary>Finds out who said what in a chat: where a name ends, and which side it is on.</summary>
internal static class ChatSpeakers
{
    /// <summary>The name Salesforce gives to whoever did not tell theirs.</summary>
    private const string Anonymous = "Visitor";

    private const string Separator = ": ";

    // How agents are introduced. In other languages the name is found behind the first word, or by who speaks.
    private static readonly string[] Introductions = ["Agent ", "Agente ", "エージェント ", "상담원 ", "代理 "];

    public static ChatReading Assign(List<(long? Offset, string Text)> turns, List<string> centred, ChatHints hints)
    {
        var start = centred.Count > 0 ? ChatStart.Parse(centred[0], hints.StartedAt) : null;
        var origin = centred.Count > 1 ? BehindLabel(centred[1]) : null;
        // Without a first line that is a time, offsets count from the row's StartTime.
        var from = start ?? hints.StartedAt;
        var agents = centred.Skip(2).Select(line => AgentOf(line, turns)).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        var endUser = EndUserName(turns, agents, hints);
        var (lines, notUnderstood) = (new List<ChatLine>(turns.Count), 0);
        foreach (var (offset, text) in turns)
        {
            var at = from is { } began && offset is { } seconds ? (DateTimeOffset?)began.AddSeconds(seconds) : null;
            if (offset is not null && Split(text, agents, endUser) is var (name, said))
            {
                lines.Add(new ChatLine(name, ParticipantRole.Unknown, offset, at, TurnKind.Message, said));
                continue;
            }
            notUnderstood++;
            lines.Add(new ChatLine(null, ParticipantRole.Unknown, offset, at, TurnKind.Raw, text));
        }
        var roles = Roles(lines, agents, hints);
        for (var i = 0; i < lines.Count; i++)
            if (lines[i].Speaker is { } speaker) lines[i] = lines[i] with { Role = roles[speaker] };
        return new ChatReading(from, origin, agents, lines, notUnderstood);
    }

    private static (string Name, string Said)? Split(string text, List<string> agents, string? endUser)
    {
        foreach (var agent in agents)
            if (Begins(text, agent)) return (agent, text[(agent.Length + Separator.Length)..]);
        if (endUser is not null && Begins(text, endUser)) return (endUser, text[(endUser.Length + Separator.Length)..]);
        var end = text.IndexOf(Separator, StringComparison.Ordinal);
        // A name is one line; an empty message ends with the colon.
        if (end < 0 && text.EndsWith(':')) return text.Contains('\n') ? null : (text[..^1], "");
        return end > 0 && !text.AsSpan(0, end).Contains('\n') ? (text[..end], text[(end + Separator.Length)..]) : null;
    }

    private static bool Begins(string text, string name) =>
        text.Length >= name.Length + Separator.Length && text.StartsWith(name, StringComparison.Ordinal) && text.AsSpan(name.Length).StartsWith(Separator, StringComparison.Ordinal);

    /// <summary>
    /// A chat has one end user, whose name may hold colons. It is the longest beginning that all turns of nobody else share, as far as its pieces look like names; two turns with different texts at least must
    /// agree.
    /// </summary>
    private static string? EndUserName(List<(long? Offset, string Text)> turns, List<string> agents, ChatHints hints)
    {
        var others = turns.Where(turn => turn.Offset is not null && agents.All(agent => !Begins(turn.Text, agent))).Select(turn => turn.Text).ToList();
        if (hints.EndUserName is { Length: > 0 } known && others.Any(text => Begins(text, known))) return known;
        if (others.Count < 2 || others.Distinct(StringComparer.Ordinal).Count() < 2) return null;
        string? name = null;
        for (var from = 0; ;)
        {
            var end = others[0].IndexOf(Separator, from, StringComparison.Ordinal);
            if (end <= 0) return name;
            var candidate = others[0][..end];
            if (from > 0 && !LooksLikeName(candidate.AsSpan(from))) return name;
            if (candidate.Contains('\n') || !others.All(text => Begins(text, candidate))) return name;
            name = candidate;
            if (name == Anonymous) return name;
            from = end + Separator.Length;
        }
    }

    private static bool LooksLikeName(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= 40 && char.IsLetter(text[0]) && !char.IsLower(text[0]) && !text.ContainsAny(".!?,") && text.Count(' ') <= 3;

    private static Dictionary<string, ParticipantRole> Roles(List<ChatLine> lines, List<string> agents, ChatHints hints)
    {
        var speakers = lines.Where(line => line.Speaker is not null).Select(line => line.Speaker!).Distinct(StringComparer.Ordinal).ToList();
        var roles = new Dictionary<string, ParticipantRole>(StringComparer.Ordinal);
        var hasAnonymous = speakers.Contains(Anonymous, StringComparer.Ordinal) && !agents.Contains(Anonymous, StringComparer.Ordinal);
        // Only agents speak by name, yet the end user wrote as well: both have the same name.
        var shared = speakers.Count > 0 && speakers.All(agents.Contains) && hints.EndUserMessages > 0 && lines.Count(line => line.Speaker is not null) > (hints.AgentMessages ?? long.MaxValue);
        foreach (var speaker in speakers)
        {
            var isAgent = agents.Contains(speaker, StringComparer.Ordinal);
            roles[speaker] = (isAgent, hasAnonymous) switch
            {
                (true, _) when shared && (speakers.Count == 1 || speaker == hints.EndUserName) => ParticipantRole.Unknown,
                (true, _) => IsBot(speaker, agents, hints) ? ParticipantRole.Bot : ParticipantRole.Agent,
                // A chat has one end user: beside the anonymous one, whoever speaks is on the other side.
                (false, true) when speaker != Anonymous => ParticipantRole.Agent,
                _ => ParticipantRole.EndUser,
            };
        }
        return roles;
    }

    /// <summary>Bots are introduced like agents, and a chat with a bot begins with it; agents go by names of their choice, so that names of users tell only who is none.</summary>
    private static bool IsBot(string speaker, List<string> agents, ChatHints hints) => hints.IsBot && agents[0] == speaker && hints.UserNames?.Contains(speaker) != true;

    private static string AgentOf(string line, List<(long? Offset, string Text)> turns)
    {
        foreach (var introduction in Introductions)
            if (line.StartsWith(introduction, StringComparison.Ordinal)) return line[introduction.Length..].Trim();
        // The label is in a language that is not known: the longest ending of the line that somebody speaks under, else what follows the first word.
        for (var at = 0; at < line.Length; at++)
        {
            if (at > 0 && !char.IsWhiteSpace(line[at - 1])) continue;
            var name = line[at..];
            if (turns.Any(turn => Begins(turn.Text, name))) return name;
        }
        var blank = line.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0 ? line : line[(blank + 1)..].Trim();
    }

    private static string BehindLabel(string line)
    {
        var colon = line.IndexOfAny([':', '：']);
        return colon < 0 ? line : line[(colon + 1)..].Trim();
    }
}
