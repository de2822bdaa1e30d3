using Orgtap.Masking;
using Orgtap.Conversations.Parsing;

namespace Orgtap.Conversations.Importing;

/// <summary>Makes a conversation of a LiveChatTranscript and its events.</summary>
internal static class ChatMaker
{
    public static Conversation Of(SourceRow row, IReadOnlyList<SourceRow> events, FileNames files, Names names, TextMasker? masker)
    {
        var maker = new ConversationMaker(masker);
        maker.Source(row.Table, row.Id);
        var users = events.Select(step => names[step["AgentId"]]).Append(names[row["OwnerId"]]).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var hints = new ChatHints(row.Time("StartTime"), row.Flag("IsChatbotSession"), users, names[row["ContactId"]], row.Number("OperatorMessageCount"), row.Number("VisitorMessageCount"));
        foreach (var step in events.OrderBy(step => step["Time"], StringComparer.Ordinal).ThenBy(step => step.Id, StringComparer.Ordinal))
        {
            maker.Source(step.Table, step.Id);
            var (at, agent) = (step.Time("Time"), names[step["AgentId"]]);
            maker.Add(new ConversationTurn(0, agent, agent is null ? ParticipantRole.System : ParticipantRole.Agent, at, at is null ? TimePrecision.Unknown : TimePrecision.Exact, TurnKind.Event,
                string.Join(": ", new[] { step["Type"], step["Detail"] }.Where(part => !string.IsNullOrEmpty(part))), step.Table, step.Id), step["AgentId"]);
        }
        foreach (var (id, name, at) in files[row.Id])
        {
            maker.Source("ContentVersion", id);
            maker.Add(new ConversationTurn(0, null, ParticipantRole.System, at, at is null ? TimePrecision.Unknown : TimePrecision.Exact, TurnKind.Event, "File", "ContentVersion", id) { Attachments = [name] });
        }
        ChatReading? reading = null;
        if (row["Body"] is { } body)
        {
            reading = ChatBody.Read(body, hints);
            Add(maker, row, "Body", reading);
            foreach (var agent in reading.Agents) maker.Participate(agent, RoleOf(agent, reading), names[row["OwnerId"]] == agent ? row["OwnerId"] : null);
        }
        // What a supervisor whispers is for the agent alone, and says its time like the chat.
        if (row["SupervisorTranscriptBody"] is { } whispered)
        {
            var notes = ChatBody.Read(whispered, hints with { StartedAt = reading?.StartedAt ?? hints.StartedAt });
            Add(maker, row, "SupervisorTranscriptBody", notes with { Lines = [.. notes.Lines.Select(line => line with { Kind = line.Kind == TurnKind.Message ? TurnKind.Note : line.Kind, Role = ParticipantRole.Supervisor })] });
        }
        var queue = row["OwnerId"]?.StartsWith("00G", StringComparison.Ordinal) == true ? names[row["OwnerId"]] : null;
        return maker.Finish(new Conversation
        {
            Id = row.Id, Channel = Channel.Chat, Origin = reading?.Origin, Status = row["Status"], RequestedAt = row.Time("RequestTime"), StartedAt = row.Time("StartTime") ?? reading?.StartedAt, EndedAt = row.Time("EndTime"),
            EndedBy = row["EndedBy"], WaitSeconds = row.Number("WaitTime"), CaseId = row["CaseId"], CaseNumber = names[row["CaseId"]], ContactId = row["ContactId"], ContactName = names[row["ContactId"]], AccountId = row["AccountId"],
            AccountName = names[row["AccountId"]], LeadId = row["LeadId"], OwnerId = row["OwnerId"], OwnerName = names[row["OwnerId"]], Queue = queue, Metadata = row.Rest(ConversationMaker.Placed),
        });
    }

    private static void Add(ConversationMaker maker, SourceRow row, string field, ChatReading reading)
    {
        foreach (var line in reading.Lines)
            maker.Add(new ConversationTurn(0, line.Speaker, line.Role, line.At, line.At is null ? TimePrecision.Unknown : TimePrecision.Derived, line.Kind, line.Text, $"{row.Table}.{field}", row.Id) { OffsetSeconds = line.Offset });
    }

    private static ParticipantRole RoleOf(string agent, ChatReading reading) => reading.Lines.FirstOrDefault(line => line.Speaker == agent)?.Role ?? ParticipantRole.Agent;
}
