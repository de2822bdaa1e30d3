using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orgtap.Connections;
using Orgtap.Masking;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Syncs;

namespace Orgtap.Conversations.Importing;

/// <summary>How far an import is.</summary>
/// <param name="Total">Records to look at in this channel.</param>
public sealed record ImportProgress(long ImportId, Channel Channel, long Done, long Total);

/// <summary>
/// Makes conversations of a connection's rows: those that are new, differ from what was imported, or are gone. Importing twice changes nothing; an import that dies goes on where it was.
/// </summary>
public sealed partial class ConversationImporter(
    ConversationStore store, ConversationReader reader, ReplicaFiles replicas, ReplicaRows rows, OrgClients clients, TimeProvider time, ILogger<ConversationImporter> logger)
{
    /// <summary>How long a session without an end is taken to go on after its row was touched.</summary>
    private static readonly TimeSpan StaysOpen = TimeSpan.FromDays(7);

    private readonly ConcurrentDictionary<ConnectionId, ImportProgress> _underWay = new();

    /// <summary>Records that are committed together. Cases hold e-mails of up to 131,072 characters each.</summary>
    internal int BatchSize { get; set; } = 200;

    /// <summary>Called after each commit, so that a test can die there.</summary>
    internal Action? Committed { get; set; }

    /// <summary>What is under way in this process; null: nothing.</summary>
    public ImportProgress? ProgressOf(ConnectionId connection) => _underWay.GetValueOrDefault(connection);

    /// <summary>Imports all channels that are on, and sees it to its end.</summary>
    /// <exception cref="InvalidInputException">Conversations are off, there is no replica yet, or an import is under way.</exception>
    public async Task<ConversationImportRun> RunAsync(Connection connection, string startedBy, CancellationToken cancellationToken)
    {
        var settings = await store.SettingsAsync(connection.Id, cancellationToken);
        if (!settings.IsOn) throw new InvalidInputException($"{connection.Name} imports no conversations.", $"Choose channels first: `orgtap conversations setup {connection.Name} --channel Chat`.");
        if (!replicas.Exists(connection)) throw new InvalidInputException($"{connection.Name} has no rows yet.", $"Run `orgtap sync {connection.Name}` first.");
        if (!_underWay.TryAdd(connection.Id, new ImportProgress(0, settings.Channels[0], 0, 0))) throw new InvalidInputException($"Conversations of {connection.Name} are being imported already.", "Wait for the end of that import.");
        try
        {
            await using var held = await store.HoldAsync(connection.Id, cancellationToken)
                ?? throw new InvalidInputException($"Another process imports or sends conversations of {connection.Name}.", "Wait for the end of that.");
            var run = await store.BeginAsync(connection.Id, startedBy, cancellationToken);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var ended = await ImportAsync(connection, settings, run, stop) with { EndedAt = time.GetUtcNow() };
            await store.EndAsync(ended, CancellationToken.None);
            ImportEnded(connection.Name, ended.Id, ended.Outcome);
            return ended;
        }
        finally
        {
            _underWay.TryRemove(connection.Id, out _);
        }
    }

    private async Task<ConversationImportRun> ImportAsync(Connection connection, ConversationSettings settings, ConversationImportRun run, CancellationTokenSource stop)
    {
        var cancellationToken = stop.Token;
        var (receipts, problem, resumes, stopped) = (new List<ChannelReceipt>(), (Problem?)null, (DateTimeOffset?)null, false);
        var sources = settings.Channels.Select(SourceTables.Of).ToList();
        await using var tables = reader.TablesOf(connection);
        SourceRows? source = null;
        try
        {
            await tables.EnsureAsync(cancellationToken);
            source = await SourceRows.OpenAsync(replicas, rows, connection, sources.SelectMany(each => each.Tables).Concat(sources.SelectMany(each => each.Files).Select(file => file.Table)).Concat(SourceTables.Names.Select(named => named.SObject)), cancellationToken);
            foreach (var channel in sources)
                if (await ChannelAsync(connection, settings, channel, source, tables, run.Id, stop) is { } free) resumes = resumes is null || free < resumes ? free : resumes;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            stopped = true;
        }
        catch (OrgtapException failure)
        {
            ImportFailed(failure, connection.Name);
            problem = Problem.From(failure, time.GetUtcNow());
        }
        if (source is not null && problem is null)
            foreach (var channel in sources) receipts.Add(await tables.CountAsync(channel, source, CancellationToken.None));
        foreach (var receipt in receipts.Where(receipt => receipt.Waiting == 0 && !receipt.Balances))
            problem ??= new Problem(FailureKind.Defect, Turn.Operator, $"The counts of {receipt.Channel} do not agree: {receipt.Found} rows, {receipt.Imported} conversations, {receipt.Skipped.Values.Sum()} skipped.", "Report this.", time.GetUtcNow(), null, null);
        var outcome = stopped ? ImportOutcome.Stopped : problem is not null ? ImportOutcome.Failed : resumes is not null || receipts.Any(receipt => receipt.Waiting > 0) ? ImportOutcome.Partial : ImportOutcome.Completed;
        return run with { Receipts = receipts, Problem = problem, ResumesAt = resumes, Outcome = outcome };
    }

    /// <returns>When those that wait are asked for again; null: none waits for Salesforce.</returns>
    private async Task<DateTimeOffset?> ChannelAsync(Connection connection, ConversationSettings settings, SourceTables channel, SourceRows source, ConversationTables tables, long importId, CancellationTokenSource stop)
    {
        var cancellationToken = stop.Token;
        // An open session may go on without its row being touched; one that nobody touched for long does not.
        var now = time.GetUtcNow();
        var open = channel.Channel == Channel.Messaging ? now.ToString("yyyyMMddHH", System.Globalization.CultureInfo.InvariantCulture) : "";
        var total = await tables.FindPendingAsync(channel, source, SaltOf(connection.Masking.Keys), open, now - StaysOpen, cancellationToken);
        var names = new Names(source);
        var client = clients.Open(connection.Id, connection.InstanceUrl!, new CallCounter(CallPurpose.Conversations));
        var entries = new EntryReader(client, store, connection, settings.EntryCallsPerHour, time);
        var (done, free, last) = (0L, (DateTimeOffset?)null, (Pending?)null);
        while (true)
        {
            _underWay[connection.Id] = new ImportProgress(importId, channel.Channel, done, total);
            if (store.IsShared && await store.IsStopAskedAsync(importId, cancellationToken)) await stop.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            var pending = await tables.NextAsync(channel.Channel, last, channel.Channel == Channel.Case ? Math.Max(1, BatchSize / 4) : BatchSize, cancellationToken);
            if (pending.Count == 0) return free;
            last = pending[^1];
            var (decisions, until) = await new Batch(channel, source, names, connection.Masking.Masker, entries).DecideAsync(pending, cancellationToken);
            free ??= until;
            if (decisions.Count > 0) await tables.SaveAsync(decisions, CancellationToken.None);
            Committed?.Invoke();
            done += pending.Count;
        }
    }

    /// <summary>Rules change what is made of the same rows.</summary>
    private static string SaltOf(IReadOnlyList<string>? rules) =>
        rules is null ? "" : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', rules))))[..12];

    [LoggerMessage(6001, LogLevel.Information, "Conversations of {Connection}, import {Import}: {Outcome}")]
    private partial void ImportEnded(string connection, long import, ImportOutcome outcome);

    [LoggerMessage(6002, LogLevel.Warning, "Conversations of {Connection} were not imported to the end")]
    private partial void ImportFailed(Exception failure, string connection);
}
