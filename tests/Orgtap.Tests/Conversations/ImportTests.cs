using Microsoft.Extensions.Logging.Abstractions;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.SimulatedOrg.Data.Conversations;
using Orgtap.Tests.Replicas;
using Orgtap.Tests.Storage;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Conversations;

/// <summary>From the org's rows, and what its Connect API says, to conversations in the replica, compared with what was really said.</summary>
public sealed class ImportTests
{
    private static CancellationToken Cancel => ImportedOrg.Cancel;

    [Fact]
    public async Task Everything_that_was_said_arrives_and_every_row_is_accounted_for()
    {
        await using var org = await ImportedOrg.StartAsync();
        var run = await org.ImportAsync();
        Assert.True(run.Outcome == ImportOutcome.Completed, $"{run.Outcome} {run.Problem?.Message} {run.Problem?.Detail}");
        Assert.Equal(4, run.Receipts.Count);
        Assert.All(run.Receipts, receipt => Assert.True(receipt is { Balances: true, Waiting: 0, Imported: > 0, NotUnderstood: 0 }, receipt.ToString()));
        Assert.Equal(ImportedOrg.Records["LiveChatTranscript"], run.Receipts[0].Found);

        await ChatsAsync(org);
        await SessionsAsync(org);
        await MailsAsync(org);
        await FilesAsync(org);
        // Importing twice changes nothing.
        var before = await org.AllAsync();
        await org.ImportAsync();
        Assert.Equal(before, await org.AllAsync());
    }

    private static async Task ChatsAsync(ImportedOrg org)
    {
        var store = org.Org.Host.Store;
        foreach (var row in store.Truth("LiveChatTranscript", ["Status", "StartTime", "EndTime", "OwnerId"], includeDeleted: false))
        {
            var its = await org.FindAsync(row.Id);
            Assert.Equal((Channel.Chat, row.Values[0], row.Values[3]), (its.Channel, its.Status, its.OwnerId));
            Assert.NotNull(its.OwnerName);
            var said = store.Conversations.Chat(row.Id)!;
            Assert.Equal(said.Select(turn => (turn.At, $"{turn.Speaker}: {turn.Text}")), its.Turns.Where(turn => turn.Source == "LiveChatTranscript.Body").Select(turn => (turn.At!.Value, $"{turn.Speaker}: {turn.Text}")));
            Assert.Equal(Enumerable.Range(1, its.Turns.Count), its.Turns.Select(turn => turn.Number));
            Assert.Equal(its.Turns.Where(turn => turn.At is not null).Select(turn => turn.At).Order(), its.Turns.Where(turn => turn.At is not null).Select(turn => turn.At));
        }
        Assert.Contains((await org.AllAsync()).Values, document => document.Contains("\"kind\":\"note\"", StringComparison.Ordinal) && document.Contains("Offer the refund.", StringComparison.Ordinal));
    }

    private static async Task SessionsAsync(ImportedOrg org)
    {
        var store = org.Org.Host.Store;
        var identifiers = store.Truth("Conversation", ["ConversationIdentifier"], includeDeleted: true).ToDictionary(row => row.Id, row => row.Values[0]!);
        var (enhanced, legacy) = (0, 0);
        foreach (var row in store.Truth("MessagingSession", ["ConversationId"], includeDeleted: false))
        {
            var its = await org.FindAsync(row.Id);
            if (row.Values[0] is not { } conversation)
            {
                legacy += its.Turns.Count(turn => turn.Kind == TurnKind.Message);
                continue;
            }
            var said = store.Conversations.Entries(identifiers[conversation])!.Where(entry => entry.RecordId == row.Id).Select(entry => (entry.Turn.At, entry.Turn.Text.Replace("\r\n", "\n", StringComparison.Ordinal)));
            Assert.Equal(said.Order(), its.Turns.Select(turn => (turn.At!.Value, turn.Text)).Order());
            enhanced += its.Turns.Count;
        }
        Assert.True(enhanced > 1_000 && legacy > 20, $"{enhanced} {legacy}");
    }

    private static async Task MailsAsync(ImportedOrg org)
    {
        var (store, compared) = (org.Org.Host.Store, 0);
        foreach (var mail in store.Truth("EmailMessage", ["ParentId", "TextBody"], includeDeleted: false).Where(mail => mail.Values[1] is { Length: > 0 and < 131_072 }))
        {
            if (store.Truth("Case", ["Id"], includeDeleted: false).All(row => row.Id != mail.Values[0])) continue;
            Assert.Equal(store.Conversations.Mail(mail.Id)!.Trim(), (await org.FindAsync(mail.Values[0]!)).Turns.Single(turn => turn.SourceId == mail.Id).Text);
            compared++;
        }
        Assert.True(compared > 40, $"{compared}");
    }

    private static async Task FilesAsync(ImportedOrg org)
    {
        var (store, all) = (org.Org.Host.Store, await org.AllAsync());
        var files = store.Truth("ContentVersion", ["FirstPublishLocationId", "Title"], includeDeleted: false).Concat(store.Truth("Attachment", ["ParentId", "Name"], includeDeleted: false))
            .Where(file => file.Values[0] is not null).ToLookup(file => file.Values[0]!, file => file.Values[1]!);
        var (named, chats, unnamed) = (0, 0, 0);
        foreach (var turn in all.Values.SelectMany(document => ConversationJson.Read(document).Turns).Where(turn => turn.Source.StartsWith("EmailMessage.", StringComparison.Ordinal)))
        {
            if (files.Contains(turn.SourceId!)) Assert.Equal(files[turn.SourceId!].Distinct().Order(), turn.Attachments.Order());
            else Assert.All(turn.Attachments, name => Assert.Equal("attachment", name));
            if (turn.Attachments is ["attachment"]) unnamed++;
            else if (turn.Attachments.Count > 0) named++;
        }
        foreach (var chat in store.Truth("LiveChatTranscript", ["Id"], includeDeleted: false).Where(chat => files.Contains(chat.Id)))
        {
            Assert.Equal(files[chat.Id].Distinct().Order(), (await org.FindAsync(chat.Id)).Turns.Where(turn => turn.Source == "ContentVersion").SelectMany(turn => turn.Attachments).Order());
            chats++;
        }
        Assert.True(named > 10 && chats > 5 && unnamed > 0, $"{named} {chats} {unnamed}");
    }

    [Fact]
    public async Task What_goes_on_is_edited_or_deleted_is_replaced_whole() => await ReplacedWholeAsync(null);

    [Fact]
    public async Task It_is_the_same_in_PostgreSQL()
    {
        await using var schema = new PostgresTestSchema();
        _ = schema.Source;
        await ReplacedWholeAsync(new PostgresPlace(new SecretText(TestPostgres.Address.ConnectionString), schema.Name));
    }

    [Fact]
    public async Task An_import_is_stopped_from_another_process_and_goes_on_later()
    {
        await using var schema = new PostgresTestSchema();
        _ = schema.Source;
        await using var org = await ImportedOrg.StartAsync(place: new PostgresPlace(new SecretText(TestPostgres.Address.ConnectionString), schema.Name), database: StoreDatabase.Postgres);
        await using var other = await org.Org.BesideAsync();
        var elsewhere = new ConversationStore(other.Store, new ReadableCipher(), other.Host.Clock);
        using var outputs = new ConversationOutputs(elsewhere, org.Reader, new PushAddresses([]), Path.GetTempPath(), other.Host.Clock);
        using var jobs = new ConversationJobs(other.Connections, elsewhere, org.Importer, outputs, other.Runs, new JobStates(other.Store, other.Host.Clock), new EagerTime(other.Host.Clock), NullLogger<ConversationJobs>.Instance);
        var stopping = (Task?)null;
        org.Importer.BatchSize = 20;
        org.Importer.Committed = () =>
        {
            if (stopping is not null) return;
            stopping = jobs.StopAsync(other.Connection.Id, Cancel);
            var asked = Task.Run(async () =>
            {
                while (!await org.Store.IsStopAskedAsync(1, Cancel)) await Task.Yield();
            });
            SpinWait.SpinUntil(() => asked.IsCompleted);
        };
        Assert.Equal(ImportOutcome.Stopped, (await org.ImportAsync()).Outcome);
        await stopping!;
        Assert.Equal(20, (await org.AllAsync()).Count);
        // Nobody imports any more: another stop returns at once.
        await jobs.StopAsync(other.Connection.Id, Cancel);
        Assert.Equal(ImportOutcome.Completed, (await org.ImportAsync()).Outcome);
    }

    [Fact]
    public async Task A_move_to_PostgreSQL_takes_conversations_along_and_imports_and_sends_nothing_twice()
    {
        await using var schema = new PostgresTestSchema();
        _ = schema.Source;
        await using var org = await ImportedOrg.StartAsync();
        await org.ImportAsync();
        var store = org.Org.Host.Store;
        store.Delete("LiveChatTranscript", (await org.AllAsync()).Keys.First(id => id.StartsWith("570", StringComparison.Ordinal)));
        await org.SyncAsync();
        await org.ImportAsync();
        var (before, changes) = (await org.AllAsync(), await PositionAsync(org));
        var importedAt = (await org.Reader.FindAsync(org.Org.Connection, before.Keys.First(), Cancel))!.Value.ImportedAt;
        await using (var tables = org.Reader.TablesOf(org.Org.Connection)) await tables.MoveAsync("push", 41, Cancel);

        var place = new PostgresPlace(new SecretText(TestPostgres.Address.ConnectionString), schema.Name);
        var moving = new Orgtap.Syncs.ReplicaMoving(org.Org.Files, org.Org.Runs, org.Org.Connections, new Orgtap.Syncs.RowMemory(org.Org.Budget, org.Org.Budget), TimeProvider.System);
        // The first attempt breaks off behind the conversations: the connection keeps to its file.
        await Assert.ThrowsAsync<IOException>(() => moving.MoveAsync(org.Org.Connection, place, "test", Cancel, async stop =>
        {
            await org.Reader.MoveAsync(org.Org.Connection, place, stop);
            throw new IOException("cut");
        }));
        Assert.Null((await org.Org.Connections.GetAsync("acme", Cancel)).Replica);
        await moving.MoveAsync(org.Org.Connection, place, "test", Cancel, stop => org.Reader.MoveAsync(org.Org.Connection, place, stop));

        org.Org.Place = place;
        await org.Org.OpenAsync();
        org.Open();
        Assert.Equal(before, await org.AllAsync());
        org.Org.Host.Requests.Clear();
        var run = await org.ImportAsync();
        Assert.True(run is { Outcome: ImportOutcome.Completed } && run.Receipts.All(receipt => receipt.Balances), $"{run.Problem?.Message} {string.Join("; ", run.Receipts)}");
        Assert.Equal(before, await org.AllAsync());
        Assert.Equal(0, org.Org.Host.Requests.Count("conversation.entries"));
        Assert.Equal((changes, importedAt), (await PositionAsync(org), (await org.Reader.FindAsync(org.Org.Connection, before.Keys.First(), Cancel))!.Value.ImportedAt));
        await using var there = org.Reader.TablesOf(org.Org.Connection);
        Assert.Equal(41, await there.PositionAsync("push", Cancel));
        Assert.Contains(await there.ChangesAsync(0, 100_000, Cancel), change => change.Document is null);
    }

    private static async Task ReplacedWholeAsync(PostgresPlace? place)
    {
        await using var org = await ImportedOrg.StartAsync(place: place);
        await org.ImportAsync();
        var before = await org.AllAsync();
        var start = await PositionAsync(org);
        var store = org.Org.Host.Store;
        var chats = store.Truth("LiveChatTranscript", ["Body"], includeDeleted: false).Where(row => row.Values[0] is not null).Take(3).ToList();
        var session = store.Truth("MessagingSession", ["ConversationId"], includeDeleted: false).First(row => row.Values[0] is not null);
        var identifier = store.Truth("Conversation", ["ConversationIdentifier"], includeDeleted: true).First(row => row.Id == session.Values[0]).Values[0]!;
        var oneCase = before.Keys.First(id => id.StartsWith("500", StringComparison.Ordinal));
        org.Org.Host.Clock.Advance(TimeSpan.FromHours(1));
        store.Update("LiveChatTranscript", chats[0].Id, new Dictionary<string, object?> { ["Body"] = chats[0].Values[0] + "( 30h 1s ) Visitor: One more thing<br>" });
        store.Delete("LiveChatTranscript", chats[1].Id);
        store.HardDelete("LiveChatTranscript", chats[2].Id);
        store.Conversations.Append(identifier, session.Id, new Orgtap.SimulatedOrg.Data.Conversations.Turn(org.Org.Host.Clock.GetUtcNow(), "Ada", SpeakerRole.EndUser, "Still there?"));
        // A file's name may come later than the mail that it hangs on.
        var mail = store.Truth("EmailMessage", ["ParentId"], includeDeleted: false).First(row => row.Values[0] is { } parent && parent != oneCase && before.ContainsKey(parent));
        store.Insert("ContentVersion", new Dictionary<string, object?> { ["Title"] = "Contract.pdf", ["FirstPublishLocationId"] = mail.Id });
        store.Insert("CaseComment", new Dictionary<string, object?> { ["ParentId"] = oneCase, ["CommentBody"] = "We look into it.", ["IsPublished"] = true });
        await org.SyncAsync();
        var run = await org.ImportAsync();
        Assert.True(run is { Outcome: ImportOutcome.Completed } && run.Receipts.All(receipt => receipt.Balances), $"{run.Problem?.Message} {string.Join("; ", run.Receipts)}");

        Assert.Equal("One more thing", (await org.FindAsync(chats[0].Id)).Turns.Last(turn => turn.Source == "LiveChatTranscript.Body").Text);
        Assert.Null(await org.Reader.FindAsync(org.Org.Connection, chats[1].Id, Cancel));
        Assert.Null(await org.Reader.FindAsync(org.Org.Connection, chats[2].Id, Cancel));
        Assert.True(run.Receipts[0].Skipped["Deleted in Salesforce"] >= 2, string.Join("; ", run.Receipts));
        Assert.Equal("Still there?", (await org.FindAsync(session.Id)).Turns[^1].Text);
        Assert.Contains((await org.FindAsync(oneCase)).Turns, turn => turn is { Text: "We look into it.", Kind: TurnKind.Message, Source: "CaseComment.CommentBody" });
        Assert.Contains("Contract.pdf", (await org.FindAsync(mail.Values[0]!)).Turns.Single(turn => turn.SourceId == mail.Id).Attachments);
        Assert.Contains(await org.Reader.ListAsync(org.Org.Connection, new ConversationQuestion("still there"), Cancel), line => line.Id == session.Id);
        Assert.Contains(await org.Reader.ListAsync(org.Org.Connection, new ConversationQuestion("STILL ther"), Cancel), line => line.Id == session.Id);
        // The search's own language stays out.
        foreach (var strange in (string[])["still:* | there", "still's there'", "still\\ there\\'", "!still & (there", "\0still"]) await org.Reader.ListAsync(org.Org.Connection, new ConversationQuestion(strange), Cancel);
        await using (var tables = org.Reader.TablesOf(org.Org.Connection))
        {
            // Sessions that are open are asked for again every hour; only what says something new is a change. Four that changed, two that are gone.
            var behind = await tables.PositionAsync("changes", Cancel);
            store.Update("LiveChatTranscript", chats[0].Id, new Dictionary<string, object?>());
            org.Org.Host.Clock.Advance(TimeSpan.FromHours(2));
            await org.SyncAsync();
            await org.ImportAsync();
            Assert.Empty((await tables.ChangesAsync(behind, 100, Cancel)).Select(change => change.Id));
            Assert.Equal(6, (await tables.ChangesAsync(start, 100, Cancel)).Count);
        }
        var after = await org.AllAsync();
        // Nothing else was touched, but for sessions that are open, which are asked for again every hour.
        Assert.All(after.Where(pair => pair.Key != chats[0].Id && pair.Key != session.Id && pair.Key != oneCase && pair.Key != mail.Values[0]), pair => Assert.Equal(before[pair.Key], pair.Value));
    }

    private static async Task<long> PositionAsync(ImportedOrg org)
    {
        await using var tables = org.Reader.TablesOf(org.Org.Connection);
        return await tables.PositionAsync("changes", Cancel);
    }

    [Fact]
    public async Task An_import_killed_at_random_ten_times_ends_exact()
    {
        var settings = new ConversationSettings { Channels = [Channel.Chat, Channel.Messaging] };
        await using var whole = await ImportedOrg.StartAsync(settings);
        await whole.ImportAsync();
        await using var org = await ImportedOrg.StartAsync(settings);
        var (random, deaths) = (new Random(11), 0);
        while (deaths < 10)
        {
            await org.Org.OpenAsync();
            org.Open();
            org.Importer.BatchSize = 5;
            using var kill = new CancellationTokenSource();
            var left = random.Next(1, 5);
            org.Importer.Committed = () =>
            {
                if (--left == 0) throw new IOException("died");
            };
            await Assert.ThrowsAsync<IOException>(org.ImportAsync);
            deaths++;
        }
        await org.Org.OpenAsync();
        org.Open();
        var run = await org.ImportAsync();
        Assert.Equal(ImportOutcome.Completed, run.Outcome);
        Assert.All(run.Receipts, receipt => Assert.True(receipt.Balances, receipt.ToString()));
        Assert.Equal(await whole.AllAsync(), await org.AllAsync());
        // Those that died are in the history, as stopped.
        Assert.Equal(10, (await org.Store.ImportsAsync(org.Org.Connection.Id, 50, Cancel)).Count(other => other.Outcome == ImportOutcome.Stopped));
    }

    [Fact]
    public async Task The_hourly_limit_of_entries_is_kept_and_the_import_goes_on_when_calls_are_free()
    {
        await using var org = await ImportedOrg.StartAsync(new ConversationSettings { Channels = [Channel.Messaging], EntryCallsPerHour = 8 });
        org.Org.Host.Requests.Clear();
        var first = await org.ImportAsync();
        Assert.Equal(ImportOutcome.Partial, first.Outcome);
        Assert.Null(first.Problem);
        Assert.True(first.Receipts[0] is { Balances: true, Waiting: > 0 }, first.Receipts[0].ToString());
        Assert.Equal(8, org.Org.Host.Requests.Count("conversation.entries"));
        Assert.InRange(first.ResumesAt!.Value, org.Org.Host.Clock.GetUtcNow(), org.Org.Host.Clock.GetUtcNow().AddMinutes(62));
        var imports = 1;
        for (var run = first; run.Outcome == ImportOutcome.Partial; imports++)
        {
            Assert.True(imports < 20, run.ToString());
            org.Org.Host.Clock.Advance(TimeSpan.FromMinutes(62));
            run = await org.ImportAsync();
        }
        Assert.True(imports > 3, $"{imports}");

        // Salesforce's own refusal is the same, only later.
        await using var strict = await ImportedOrg.StartAsync(new ConversationSettings { Channels = [Channel.Messaging] });
        using (var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = strict.Org.Host.Address })
        {
            http.DefaultRequestHeaders.Add("X-Control-Key", strict.Org.Host.ControlKey);
            using var limit = await http.PostAsync(new Uri("/control/conversations/limit", UriKind.Relative), new StringContent("""{"limit":3}""", System.Text.Encoding.UTF8, "application/json"), Cancel);
            limit.EnsureSuccessStatusCode();
        }
        var refused = await strict.ImportAsync();
        Assert.Equal(ImportOutcome.Partial, refused.Outcome);
        Assert.True(refused.Receipts[0] is { Balances: true, Imported: > 0, Waiting: > 0 }, refused.Receipts[0].ToString());
    }

    [Fact]
    public async Task Conversations_are_found_by_words_channel_agent_status_and_time_page_by_page()
    {
        await using var org = await ImportedOrg.StartAsync(new ConversationSettings { Channels = [Channel.Chat, Channel.Call] });
        await org.ImportAsync();
        var store = org.Org.Host.Store;
        var chat = store.Truth("LiveChatTranscript", ["Body"], includeDeleted: false).First(row => row.Values[0] is not null);
        store.Update("LiveChatTranscript", chat.Id, new Dictionary<string, object?> { ["Body"] = chat.Values[0] + "( 40h 1s ) Visitor: The Zwölfpfünder-cannon HL-20418 \"zerbrach\"<br>" });
        await org.SyncAsync();
        await org.ImportAsync();
        async Task<IReadOnlyList<ConversationLine>> Ask(ConversationQuestion question) => await org.Reader.ListAsync(org.Org.Connection, question, Cancel);
        foreach (var words in (string[])["zwolfpfunder HL-20418", "hl-204", "\"zerbrach\""]) Assert.Equal([chat.Id], (await Ask(new ConversationQuestion(words))).Select(line => line.Id));
        // The search's own language stays out: these are words like any others.
        Assert.Empty(await Ask(new ConversationQuestion("HL-20418 NOT nowhere")));
        Assert.Empty(await Ask(new ConversationQuestion("( ' ) OR nowhere*")));
        var all = new List<ConversationLine>();
        for (ConversationMark? after = null; ;)
        {
            var page = await Ask(new ConversationQuestion(After: after, Limit: 7));
            all.AddRange(page);
            if (page.Count < 7) break;
            after = ConversationMark.Parse(page[^1].Mark.ToString());
        }
        Assert.Equal((await org.AllAsync()).Keys.Order(StringComparer.Ordinal), all.Select(line => line.Id).Order(StringComparer.Ordinal));
        Assert.Equal(all.OrderByDescending(line => line.At).Select(line => line.At), all.Select(line => line.At));
        Assert.Equal(all.Where(line => line.Channel == Channel.Call).Select(line => line.Id), (await Ask(new ConversationQuestion(Channel: Channel.Call))).Select(line => line.Id));
        Assert.Equal(all.Where(line => line.Status == "Missed").Select(line => line.Id), (await Ask(new ConversationQuestion(Status: "Missed"))).Select(line => line.Id));
        var agent = all.First(line => line is { Channel: Channel.Chat, Agents: not null }).Agents!.Split(',')[0];
        Assert.All(await Ask(new ConversationQuestion(Agent: agent.ToUpperInvariant())), line => Assert.Contains(agent, line.Agents, StringComparison.OrdinalIgnoreCase));
        var middle = all[all.Count / 2].At;
        Assert.Equal(all.Count(line => line.At >= middle), (await Ask(new ConversationQuestion(From: middle, Limit: 1_000))).Count);
        Assert.Equal(all.Count(line => line.At < middle), (await Ask(new ConversationQuestion(Until: middle, Limit: 1_000))).Count);
    }
}
