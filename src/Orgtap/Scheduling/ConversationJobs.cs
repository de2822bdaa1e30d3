using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;
using Orgtap.Syncs;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>Imports conversations in the background: when somebody asks, after each sync, and when Salesforce's hourly limit lets go on. Outputs that failed are tried again with every look.</summary>
public sealed partial class ConversationJobs(
    ConnectionStore connections, ConversationStore store, ConversationImporter importer, ConversationOutputs outputs, RunStore runs, JobStates states, TimeProvider time, ILogger<ConversationJobs> logger) : IDisposable
{
    /// <summary>How often it is looked whether something is due.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>How often it is looked whether an import of another process has ended.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    private readonly ConcurrentDictionary<ConnectionId, Task<ConversationImportRun>> _underWay = new();
    private readonly ConcurrentDictionary<ConnectionId, CancellationTokenSource> _stops = new();
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Begins an import, or joins the one that is under way.</summary>
    /// <returns>Ends with the import and its delivery.</returns>
    public Task<ConversationImportRun> StartAsync(Connection connection, string startedBy)
    {
        var running = new TaskCompletionSource<ConversationImportRun>(TaskCreationOptions.RunContinuationsAsynchronously);
        var task = _underWay.GetOrAdd(connection.Id, running.Task);
        if (task != running.Task) return task;
        _ = Task.Run(async () =>
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            _stops[connection.Id] = stop;
            try
            {
                var ended = await importer.RunAsync(connection, startedBy, stop.Token);
                await outputs.DeliverAsync(connection, stop.Token);
                _underWay.TryRemove(connection.Id, out _);
                running.SetResult(ended);
            }
            catch (Exception failure)
            {
                _underWay.TryRemove(connection.Id, out _);
                NotImported(failure, connection.Name);
                running.SetException(failure);
            }
            finally
            {
                _stops.TryRemove(connection.Id, out _);
            }
        });
        return task;
    }

    /// <summary>Stops the import that is under way, in whatever process, behind what it is committing, and returns when it has ended. Without one, at once.</summary>
    public async Task StopAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        if (!_underWay.TryGetValue(connection, out var running))
        {
            if (store.IsShared) await StopElsewhereAsync(connection, cancellationToken);
            return;
        }
        try
        {
            if (_stops.TryGetValue(connection, out var stop)) await stop.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended in the meantime, which is what was wanted.
        }
        await ((Task)running).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Whoever imports holds the connection's conversations, so that whoever gets hold of them knows that nobody does, even where a process died and its import only seems to run.</summary>
    private async Task StopElsewhereAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await store.AskToStopAsync(connection, cancellationToken);
        while (true)
        {
            await using (var held = await store.HoldAsync(connection, cancellationToken))
                if (held is not null) return;
            await Task.Delay(Look, time, cancellationToken);
        }
    }

    public bool IsRunning(ConnectionId connection) => _underWay.ContainsKey(connection);

    /// <summary>Starts what is due, and waits for it.</summary>
    /// <returns>How many imports ran.</returns>
    public async Task<int> StartDueAsync(CancellationToken cancellationToken)
    {
        var (started, decisions) = (0, await states.AllAsync(cancellationToken));
        foreach (var connection in await connections.ListAsync(cancellationToken))
        {
            if (decisions.IsStopped(connection.Id, JobKind.Conversations)) continue;
            if (connection is { SyncEnabled: false } or { OrgId: null } || !(await store.SettingsAsync(connection.Id, cancellationToken)).IsOn) continue;
            try
            {
                var newest = await runs.ListAsync(connection.Id, 1, cancellationToken);
                var imports = await store.ImportsAsync(connection.Id, 1, cancellationToken);
                if (IsDue(imports.Count == 0 ? null : imports[0], newest.Count == 0 ? null : newest[0].EndedAt, time.GetUtcNow()))
                {
                    await StartAsync(connection, DueSyncs.Actor).WaitAsync(cancellationToken);
                    started++;
                }
                else if (await outputs.LastOfAsync(connection.Id, cancellationToken) is not { IsComplete: true }) await outputs.DeliverAsync(connection, cancellationToken);
            }
            catch (OrgtapException failure)
            {
                NotImported(failure, connection.Name);
            }
        }
        return started;
    }

    /// <summary>Whether an import should begin. Pure.</summary>
    /// <param name="synced">When the newest sync ended; null: none has, or it is under way.</param>
    internal static bool IsDue(ConversationImportRun? last, DateTimeOffset? synced, DateTimeOffset now) =>
        (synced is { } end && (last is null || last.StartedAt < end)) || (last is { ResumesAt: { } free } && free <= now);

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    [LoggerMessage(7101, LogLevel.Warning, "Conversations of {Connection} were not imported")]
    private partial void NotImported(Exception failure, string connection);
}

/// <summary>The job that looks for conversations that are due.</summary>
[DisallowConcurrentExecution]
public sealed class DueConversationsJob(ConversationJobs jobs) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) => await jobs.StartDueAsync(cancellationToken);
}

/// <summary>Sets the import to work in processes that stay.</summary>
public static class ConversationScheduling
{
    /// <summary>From now on conversations are imported after each sync.</summary>
    public static Task KeepConversationsAsync(this IServiceProvider services, CancellationToken cancellationToken) => services.RepeatAsync<DueConversationsJob>("conversations", ConversationJobs.Period, cancellationToken);
}
