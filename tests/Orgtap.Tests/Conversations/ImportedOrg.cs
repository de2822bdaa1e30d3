using Microsoft.Extensions.Logging.Abstractions;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;
using Orgtap.Masking;
using Orgtap.Syncs;
using Orgtap.Tests.Storage;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Conversations;

/// <summary>A simulated org with chats, messaging, calls and cases, synced into a replica, and the import before it.</summary>
internal sealed class ImportedOrg : IAsyncDisposable
{
    public static readonly IReadOnlyDictionary<string, long> Records = new Dictionary<string, long>
    {
        ["User"] = 12, ["Group"] = 4, ["Account"] = 30, ["Contact"] = 60, ["LiveChatTranscript"] = 96, ["LiveChatTranscriptEvent"] = 576, ["LiveChatVisitor"] = 96, ["Case"] = 60, ["EmailMessage"] = 132, ["CaseComment"] = 60,
        ["FeedItem"] = 80, ["FeedComment"] = 60, ["MessagingChannel"] = 7, ["MessagingEndUser"] = 20, ["MessagingSession"] = 64, ["Conversation"] = 52, ["VoiceCall"] = 12, ["ConversationEntry"] = 600, ["ContentVersion"] = 90, ["Attachment"] = 40,
    };

    private static readonly Channel[] Every = [Channel.Chat, Channel.Messaging, Channel.Call, Channel.Case];

    private ImportedOrg(SyncedOrg org) => Org = org;

    public SyncedOrg Org { get; }

    public ConversationStore Store { get; private set; } = null!;

    public ConversationReader Reader { get; private set; } = null!;

    public ConversationImporter Importer { get; private set; } = null!;

    public static CancellationToken Cancel => SyncedOrg.Cancel;

    public static async Task<ImportedOrg> StartAsync(ConversationSettings? settings = null, PostgresPlace? place = null, IReadOnlyDictionary<string, long>? records = null, MaskingRules? masking = null, StoreDatabase? database = null)
    {
        var imported = new ImportedOrg(await SyncedOrg.StartAsync(options => options with { Records = new Dictionary<string, long>(records ?? Records) }));
        imported.Org.Place = place;
        if (database is not null) imported.Org.Database = database;
        await imported.Org.OpenAsync();
        if (masking is not null)
        {
            await imported.Org.Connections.SetMaskingAsync(imported.Org.Connection.Id, masking, Cancel);
            await imported.Org.OpenAsync();
        }
        settings ??= new ConversationSettings { Channels = Every };
        var tables = settings.Channels.SelectMany(channel => SourceTables.Of(channel).Tables).Distinct().ToList();
        await imported.Org.Selections.SetAsync(imported.Org.Connection.Id, [.. tables.Select(table => new SelectedObject(table)), .. settings.Channels.SelectMany(channel => SourceTables.Of(channel).Files).Select(file => file.Selected).DistinctBy(file => file.SObject), .. SourceTables.Names.Where(named => !tables.Contains(named.SObject))], Cancel);
        imported.Open();
        await imported.Store.SetAsync(imported.Org.Connection.Id, settings, null, Cancel);
        await imported.SyncAsync();
        return imported;
    }

    /// <summary>As a new process would: nothing is kept but the data directory.</summary>
    public void Open()
    {
        var time = Org.Host.Clock;
        Store = new ConversationStore(Org.Store, new ReadableCipher(), time);
        Reader = new ConversationReader(Org.Files, time);
        Importer = new ConversationImporter(Store, Reader, Org.Files, new ReplicaRows(Org.Files, time), Org.Clients, time, NullLogger<ConversationImporter>.Instance);
    }

    public async Task SyncAsync()
    {
        Org.Host.Clock.Advance(TimeSpan.FromMinutes(10));
        var run = await Org.SyncAsync();
        Assert.True(run.Outcome == RunOutcome.Completed, $"{run.Problem?.Message} {string.Join("; ", run.Tables.Select(table => $"{table.SObject} {table.Receipt?.Sentence} {table.Problem?.Message}"))}");
    }

    public Task<ConversationImportRun> ImportAsync() => Importer.RunAsync(Org.Connection, "test", Cancel);

    public async Task<Conversation> FindAsync(string id) => (await Reader.FindAsync(Org.Connection, id, Cancel) ?? throw new InvalidOperationException($"no conversation {id}")).Conversation;

    /// <summary>Every conversation as it is given out, by Id.</summary>
    public async Task<SortedDictionary<string, string>> AllAsync()
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await using var tables = Reader.TablesOf(Org.Connection);
        foreach (var change in await tables.ChangesAsync(0, 100_000, Cancel))
            if (change.Document is { } document) all.Add(change.Id, document);
        return all;
    }

    public ValueTask DisposeAsync() => Org.DisposeAsync();
}
