using Orgtap.Masking;
using Orgtap.Primitives;

namespace Orgtap.Conversations.Importing;

/// <summary>Decides about some records together: reads their rows, the rows below them and the names they need, and makes the conversations.</summary>
internal sealed class Batch(SourceTables channel, SourceRows source, Names names, TextMasker? masker, EntryReader entries)
{
    internal const string Deleted = "Deleted in Salesforce", NothingSaid = "Nothing was said", NoIdentifier = "Its Conversation is not in the replica", TextGone = "Salesforce no longer has what was said, or does not show it";

    /// <returns>The decisions that could be taken, and when the others can: the hour's calls for conversation entries are used up.</returns>
    public async Task<(IReadOnlyList<Decision> Decisions, DateTimeOffset? Free)> DecideAsync(IReadOnlyList<Pending> pending, CancellationToken cancellationToken)
    {
        var roots = (await source.ReadAsync(channel.Root, "Id", [.. pending.Select(item => item.SourceId)], deletedToo: true, cancellationToken)).ToDictionary(row => row.Id);
        var parts = new Dictionary<string, Dictionary<string, List<SourceRow>>>();
        foreach (var part in channel.Parts)
            parts[part.Table] = (await source.ReadAsync(part.Table, part.ParentField, [.. roots.Keys], deletedToo: false, cancellationToken))
                .GroupBy(row => row[part.ParentField]!).ToDictionary(group => group.Key, group => group.OrderBy(row => row.Id, StringComparer.Ordinal).ToList());
        var files = new FileNames();
        foreach (var file in channel.Files)
        {
            IReadOnlyCollection<string> carriers = file.Carrier == channel.Root ? roots.Keys : [.. parts[file.Carrier].Values.SelectMany(rows => rows).Select(row => row.Id)];
            foreach (var some in carriers.Chunk(500)) files.Add(file, await source.ReadAsync(file.Table, file.ParentField, some, deletedToo: false, cancellationToken));
        }
        await names.LookUpAsync(roots.Values.Concat(parts.Values.SelectMany(children => children.Values).SelectMany(children => children)).SelectMany(row => Names.References.Select(reference => row[reference])), cancellationToken);

        var (decisions, free) = (new List<Decision>(pending.Count), (DateTimeOffset?)null);
        foreach (var item in pending)
        {
            if (!roots.TryGetValue(item.SourceId, out var row)) decisions.Add(new Decision(item.SourceId, channel.Channel, item.Print.Length == 0 ? null : item.Print, null, item.Print.Length == 0 ? null : Deleted));
            else if (row.Flag("IsDeleted")) decisions.Add(Skip(item, Deleted));
            else
            {
                try
                {
                    decisions.Add(await DecideAsync(item, row, parts, files, cancellationToken));
                }
                catch (QuotaStopException stop)
                {
                    // It waits; those whose text the replica holds do not.
                    free ??= stop.Until;
                }
            }
        }
        return (decisions, free);
    }

    private async Task<Decision> DecideAsync(Pending item, SourceRow row, Dictionary<string, Dictionary<string, List<SourceRow>>> parts, FileNames files, CancellationToken cancellationToken)
    {
        List<SourceRow> PartsOf(string table) => parts.GetValueOrDefault(table)?.GetValueOrDefault(row.Id) ?? [];
        switch (channel.Channel)
        {
            case Channel.Chat:
                return Keep(item, ChatMaker.Of(row, PartsOf("LiveChatTranscriptEvent"), files, names, masker));
            case Channel.Case:
                return CaseMaker.Of(row, channel.Parts.ToDictionary(part => part.Table, part => PartsOf(part.Table)), files, names, masker) is { } told ? Keep(item, told) : Skip(item, NothingSaid);
            default:
                var own = PartsOf("ConversationEntry");
                var address = await AddressAsync(row["MessagingEndUserId"], cancellationToken);
                // Legacy channels and calls have their text in the object's rows, enhanced ones have it in the Connect API alone.
                if (row["ConversationId"] is not { } conversation || own.Any(entry => entry["Message"] is not null)) return Keep(item, SessionMaker.Of(channel.Channel, row, null, own, address, names, masker));
                if ((await source.ReadAsync("Conversation", "Id", [conversation], deletedToo: true, cancellationToken, "Id", "ConversationIdentifier")).FirstOrDefault()?["ConversationIdentifier"] is not { } identifier) return Skip(item, NoIdentifier);
                if (await entries.ReadAsync(identifier, cancellationToken) is not { } all) return Skip(item, TextGone);
                var sessions = (await source.ReadAsync(channel.Root, "ConversationId", [conversation], deletedToo: true, cancellationToken)).OrderBy(session => session["StartTime"] ?? session["CallStartDateTime"], StringComparer.Ordinal).ToList();
                var mine = SessionMaker.Divide(all, sessions)[row.Id];
                await names.LookUpAsync(mine.Select(entry => entry.SpeakerId), cancellationToken);
                return Keep(item, SessionMaker.Of(channel.Channel, row, mine, [], address, names, masker));
        }
    }

    private async Task<string?> AddressAsync(string? endUser, CancellationToken cancellationToken) => endUser is null ? null
        : (await source.ReadAsync("MessagingEndUser", "Id", [endUser], deletedToo: true, cancellationToken, "Id", "MessagingPlatformKey")).FirstOrDefault()?["MessagingPlatformKey"];

    private Decision Keep(Pending item, Conversation conversation) => new(item.SourceId, channel.Channel, item.Print, conversation, null);

    private Decision Skip(Pending item, string reason) => new(item.SourceId, channel.Channel, item.Print, null, reason);
}
