using System.Text.Json;
using Orgtap.Catalog;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;

namespace Orgtap.App.Overviews;

/// <summary>A conversation in a list.</summary>
public sealed record ConversationLineDocument(
    string Id, Channel Channel, string? Origin, string? Subject, string? Status, DateTimeOffset At, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string? EndUser, string? Agents, string? CaseNumber, int Turns, string? FirstWords)
{
    public static ConversationLineDocument Of(ConversationLine line) => new(
        line.Id, line.Channel, line.Origin, line.Subject, line.Status, line.At, line.StartedAt, line.EndedAt, line.EndUser, line.Agents, line.CaseNumber, line.Turns, line.FirstWords);
}

/// <summary>A page of the list.</summary>
/// <param name="Next">Give it as <c>after</c> to read on; absent: this is the last page.</param>
public sealed record ConversationsDocument(IReadOnlyList<ConversationLineDocument> Conversations, string? Next);

/// <summary>What of a connection becomes conversations, and where they go; replaces what was.</summary>
/// <param name="Channels">None: conversations are off.</param>
/// <param name="Directory">With <paramref name="Files"/>; absolute; absent: in the data directory.</param>
/// <param name="PushKey">Only ever sent in; absent: the stored one stays.</param>
/// <param name="EntryCallsPerHour">Calls of an hour for conversation entries, 1 to 1000; 900 if absent.</param>
public sealed record ConversationSettingsDocument(
    IReadOnlyList<Channel>? Channels = null, bool Files = false, string? Directory = null, bool Gzip = false, int? ConversationsPerFile = null, string? PushAddress = null, string? PushKey = null, int? EntryCallsPerHour = null)
{
    public static ConversationSettingsDocument Of(ConversationSettings settings) => new(
        settings.Channels, settings.Files is not null, settings.Files?.Directory, settings.Files?.Gzip ?? false, settings.Files?.ConversationsPerFile, settings.Push?.Address.AbsoluteUri, null, settings.EntryCallsPerHour);

    /// <exception cref="InvalidInputException">The address is none.</exception>
    public ConversationSettings Settings()
    {
        var settings = new ConversationSettings { Channels = Channels ?? [], EntryCallsPerHour = EntryCallsPerHour ?? ConversationSettings.Off.EntryCallsPerHour };
        if (Files)
        {
            var output = new FileOutput(string.IsNullOrWhiteSpace(Directory) ? null : Directory.Trim(), Gzip);
            settings = settings with { Files = ConversationsPerFile is { } count ? output with { ConversationsPerFile = count } : output };
        }
        if (string.IsNullOrWhiteSpace(PushAddress)) return settings;
        return Uri.TryCreate(PushAddress.Trim(), UriKind.Absolute, out var address) ? settings with { Push = new PushOutput(address) }
            : throw new InvalidInputException($"\"{PushAddress}\" is no web address.", "Give one such as https://example.com/conversations.");
    }
}

/// <summary>What was set, and what of it this org lacks.</summary>
public sealed record ConversationSetupDocument(ConversationSettingsDocument Settings, IReadOnlyList<MissingPart> Missing);

/// <summary>What the connected user sees of one channel.</summary>
/// <param name="State"><c>Ready</c>, <c>Hidden</c> (rows, but not what was said), <c>Nothing</c>.</param>
/// <param name="Sample">The newest one as it would be imported (docs/conversation.schema.json).</param>
public sealed record ChannelCheckDocument(Channel Channel, CheckState State, long? Count, string Sentence, string? NextStep, JsonElement? Sample)
{
    public static ChannelCheckDocument Of(ChannelCheck check) => new(
        check.Channel, check.State, check.Count, check.Sentence, check.NextStep, check.Sample is { } sample ? JsonSerializer.Deserialize<JsonElement>(ConversationJson.Write(sample)) : null);
}

/// <summary>The proof of an import, for one channel: found = imported + skipped + waiting.</summary>
public sealed record ChannelReceiptDocument(Channel Channel, long Found, long Imported, long Turns, long NotUnderstood, IReadOnlyDictionary<string, long> Skipped, long Waiting, bool Balances);

/// <summary>One import.</summary>
public sealed record ConversationImportDocument(
    long Id, string StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, ImportOutcome Outcome, IReadOnlyList<ChannelReceiptDocument> Receipts, ProblemDocument? Problem, DateTimeOffset? ResumesAt)
{
    public static ConversationImportDocument Of(ConversationImportRun run) => new(run.Id, run.StartedBy, run.StartedAt, run.EndedAt, run.Outcome,
        [.. run.Receipts.Select(each => new ChannelReceiptDocument(each.Channel, each.Found, each.Imported, each.Turns, each.NotUnderstood, each.Skipped, each.Waiting, each.Balances))], ProblemDocument.Of(run.Problem), run.ResumesAt);
}

/// <summary>How conversations of a connection stand.</summary>
/// <param name="Importing">An import is under way: its channel, what was looked at, and of how many.</param>
/// <param name="Busy">An import is under way, or what it changed is being sent on.</param>
/// <param name="Delivery">What the last delivery to files and address did; absent: none under these settings.</param>
/// <param name="Refused">The newest of those that the receiver of pushes refused.</param>
/// <param name="RefusedCount">How many it refused.</param>
public sealed record ConversationStateDocument(
    ConversationSettingsDocument Settings, long Count, ImportProgress? Importing, ConversationImportDocument? LastImport, bool Busy, Delivery? Delivery, string? Directory, bool HasPushKey, IReadOnlyList<RefusedConversation> Refused, long RefusedCount);

/// <summary>What became of sending again.</summary>
/// <param name="Queued">Conversations that are sent once more.</param>
/// <param name="Delivery">What came of it; absent: they are sent within half a minute.</param>
public sealed record ResendDocument(long Queued, Delivery? Delivery);
