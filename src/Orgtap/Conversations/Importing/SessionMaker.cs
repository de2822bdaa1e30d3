using Orgtap.Masking;
using Orgtap.Conversations.Parsing;

namespace Orgtap.Conversations.Importing;

/// <summary>Makes a conversation of a MessagingSession or a VoiceCall and its entries.</summary>
internal static class SessionMaker
{
    /// <param name="entries">Of the Connect API; null: the rows of ConversationEntry hold the text.</param>
    public static Conversation Of(Channel channel, SourceRow row, IReadOnlyList<Entry>? entries, IReadOnlyList<SourceRow> rows, string? endUserAddress, Names names, TextMasker? masker)
    {
        var maker = new ConversationMaker(masker);
        maker.Source(row.Table, row.Id);
        var endUser = names[row["MessagingEndUserId"]];
        foreach (var entry in entries is null ? Entry.InOrder(rows.Select(EntryOf)) : Entry.InOrder(entries)) Add(maker, entry, entries is null ? "ConversationEntry" : "Connect API", row, endUser, endUserAddress, names);
        var (started, ended) = channel == Channel.Call ? (row.Time("CallStartDateTime"), row.Time("CallEndDateTime")) : (row.Time("StartTime"), row.Time("EndTime"));
        maker.Participate(endUser, ParticipantRole.EndUser, row["MessagingEndUserId"], endUserAddress);
        var (owner, related) = (row["OwnerId"], row["RelatedRecordId"]);
        var (contact, account) = (row["EndUserContactId"] ?? When(related, "003"), row["EndUserAccountId"] ?? When(related, "001"));
        var caseId = row["CaseId"] ?? When(related, "500");
        return maker.Finish(new Conversation
        {
            Id = row.Id, Channel = channel, Origin = channel == Channel.Call ? row["CallType"] : row["ChannelType"] ?? row["ChannelName"], Status = row["Status"] ?? row["CallDisposition"], RequestedAt = started, StartedAt = row.Time("AcceptTime") ?? started,
            EndedAt = ended, WaitSeconds = row.Time("AcceptTime") is { } accepted && started is { } asked && accepted >= asked ? (accepted - asked).TotalSeconds : null, CaseId = caseId, CaseNumber = names[caseId], ContactId = contact,
            ContactName = names[contact], AccountId = account, AccountName = names[account], LeadId = row["LeadId"], OwnerId = owner, OwnerName = names[owner], Queue = When(owner, "00G") is { } queue ? names[queue] : null,
            Metadata = row.Rest(ConversationMaker.Placed),
        });
    }

    /// <summary>Gives each session its entries: those that name it, and those that name none and fall into its time.</summary>
    /// <param name="sessions">All sessions of the conversation, in order of their beginnings.</param>
    public static Dictionary<string, List<Entry>> Divide(IReadOnlyList<Entry> entries, IReadOnlyList<SourceRow> sessions)
    {
        var (divided, ids) = (sessions.ToDictionary(session => session.Id, _ => new List<Entry>()), sessions.ToDictionary(session => session.Id[..15], session => session.Id));
        foreach (var entry in entries)
        {
            var named = entry.Records.Select(record => record.Length >= 15 ? ids.GetValueOrDefault(record[..15]) : null).OfType<string>().FirstOrDefault();
            // Another record of the org is named: a session that the replica does not have.
            if (named is null && entry.Records.Any(record => record.Length is 15 or 18 && (record.StartsWith("0Mw", StringComparison.Ordinal) || record.StartsWith("0LQ", StringComparison.Ordinal)))) continue;
            named ??= sessions.LastOrDefault(session => Begin(session) is { } begin && begin <= (entry.ReceivedAt ?? DateTimeOffset.MaxValue))?.Id ?? sessions[0].Id;
            divided[named].Add(entry);
        }
        return divided;
    }

    private static DateTimeOffset? Begin(SourceRow session) => session.Time("StartTime") ?? session.Time("CallStartDateTime");

    private static void Add(ConversationMaker maker, Entry entry, string source, SourceRow row, string? endUser, string? address, Names names)
    {
        if (entry.Identifier.Length > 0 && source == "ConversationEntry") maker.Source(source, entry.Identifier);
        var speaker = names[entry.SpeakerId] ?? entry.Speaker ?? (entry.Role == ParticipantRole.EndUser ? endUser : null) ?? entry.SpeakerId ?? entry.Role.ToString();
        var kind = entry.Raw is not null ? TurnKind.Raw : entry.Text.Length == 0 || entry.Role == ParticipantRole.System ? TurnKind.Event : TurnKind.Message;
        maker.Add(new ConversationTurn(0, speaker, entry.Role, entry.ReceivedAt, entry.ReceivedAt is null ? TimePrecision.Unknown : TimePrecision.Exact, kind, entry.Raw ?? entry.Text.Replace("\r\n", "\n", StringComparison.Ordinal), source,
            entry.Identifier.Length == 0 ? null : entry.Identifier), entry.SpeakerId ?? (entry.Role == ParticipantRole.EndUser ? row["MessagingEndUserId"] : null), entry.Role == ParticipantRole.EndUser ? address : null);
    }

    private static Entry EntryOf(SourceRow row)
    {
        var (role, known) = Entry.RoleOf(row["ActorType"]);
        var at = row.Time("EntryTime");
        if (at is { Millisecond: 0 } whole && row.Number("EntryTimeMilliSecs") is > 0 and < 1_000 and var milliseconds) at = whole.AddMilliseconds((double)milliseconds);
        var text = row["Message"] ?? "";
        // What is no text says its kind.
        if (text.Length == 0 && row["EntryType"] is { } kind and not "Text") text = role == ParticipantRole.System || kind != "Text" ? kind : "";
        return new Entry(row.Id, at, row.Time("ClientTimestamp"), row["ActorName"], row["ActorId"], row["Message"] is null && text.Length > 0 ? ParticipantRole.System : role, text, [], known ? null : row["Message"]);
    }

    private static string? When(string? id, string prefix) => id?.StartsWith(prefix, StringComparison.Ordinal) == true ? id : null;
}
