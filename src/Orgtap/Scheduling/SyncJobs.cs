using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orgtap.Primitives;
using Orgtap.Storage;
using Orgtap.Syncs;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>What became of the wish to sync.</summary>
public abstract record StartOutcome
{
    private StartOutcome()
    {
    }

    /// <summary>The run whose progress can be watched from now on.</summary>
    public required RunId RunId { get; init; }

    public sealed record Started : StartOutcome;

    /// <summary>It was under way already and is not disturbed.</summary>
    public sealed record AlreadyRunning : StartOutcome;
}

/// <summary>
/// Starts and stops syncs in the background: one job per connection, never two of them at once. Where several processes share the control store, any of them may run a job, and goes on with it when the one that did has died.
/// </summary>
public sealed partial class SyncJobs(ISchedulerFactory schedulers, SyncRunner runner, RunStore runs, TimeProvider time, ILogger<SyncJobs> logger) : IDisposable
{
    internal const string ConnectionKey = "connection";

    internal const string RunKey = "run";

    /// <summary>How often it is looked whether a run of another process has ended.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    /// <summary>The waits while the control store is away: twice as long each time, up to this.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ConnectionId, Under> _underWay = new();
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <exception cref="InvalidInputException">There is no such connection, it is not authorized, or nothing is selected.</exception>
    public Task<StartOutcome> StartAsync(ConnectionId connection, string startedBy, CancellationToken cancellationToken) =>
        StartAsync(connection, SyncWish.Everything, startedBy, cancellationToken);

    /// <inheritdoc cref="StartAsync(ConnectionId, string, CancellationToken)"/>
    public async Task<StartOutcome> StartAsync(ConnectionId connection, SyncWish wish, string startedBy, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_underWay.TryGetValue(connection, out var running)) return new StartOutcome.AlreadyRunning { RunId = running.Run.Id };
            if ((await AbandonedAsync(cancellationToken)).Where(each => each.Connection == connection).Select(each => each.Run).ToList() is [var left, ..])
            {
                await ScheduleAsync(connection, left, cancellationToken);
                return new StartOutcome.AlreadyRunning { RunId = left };
            }
            Run run;
            try
            {
                run = await runner.BeginAsync(connection, startedBy, wish, cancellationToken);
            }
            catch (InvalidInputException refusal) when (runs.IsShared && refusal.InnerException is RunUnderWayException elsewhere)
            {
                return new StartOutcome.AlreadyRunning { RunId = elsewhere.Run };
            }
            if (!runs.IsShared) _underWay[connection] = new Under(run);
            try
            {
                await ScheduleAsync(connection, run.Id, cancellationToken);
            }
            catch
            {
                if (_underWay.TryRemove(connection, out var failed)) failed.Dispose();
                if (await runs.Claims.TakeAsync(run.Id, CancellationToken.None) is { } taken) await runs.EndAsync(taken.Claim, RunOutcome.Failed, null, 0, null, CancellationToken.None);
                throw;
            }
            return new StartOutcome.Started { RunId = run.Id };
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Lets any process go on with runs whose own has died; alone on its control store, a process has none. Done again before one of them did, it changes nothing.</summary>
    public async Task GoOnAsync(CancellationToken cancellationToken)
    {
        foreach (var (run, connection) in await AbandonedAsync(cancellationToken)) await ScheduleAsync(connection, run, cancellationToken);
    }

    /// <summary>Gives runs of this process to Quartz that never came there, or that nobody is at work on any more: the database went away in between. One too many finds its run ended, and does nothing.</summary>
    public async Task ScheduleLostAsync(CancellationToken cancellationToken)
    {
        if (!runs.IsShared) return;
        var scheduler = await schedulers.GetScheduler(cancellationToken);
        foreach (var (run, connection) in await runs.Claims.OwnAsync(cancellationToken))
            if (!_underWay.ContainsKey(connection) && (await scheduler.GetTriggersOfJob(KeyOf(connection), cancellationToken)).Count == 0) await ScheduleAsync(connection, run, cancellationToken);
    }

    /// <summary>A run of the connection is under way, in whatever process.</summary>
    public async Task<bool> IsRunningAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        _underWay.ContainsKey(connection) || (runs.IsShared && await runs.FindRunningAsync(connection, cancellationToken) is not null);

    /// <summary>Whose runs are under way, in whatever process.</summary>
    public async Task<IReadOnlySet<ConnectionId>> RunningAsync(CancellationToken cancellationToken) =>
        runs.IsShared ? await runs.RunningAsync(cancellationToken) : _underWay.Keys.ToHashSet();

    /// <summary>Stops the connection's run behind the pages it is committing, and returns when it has ended. Without a run, at once.</summary>
    public async Task StopAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        // Helpers in other processes, or whoever has the run there.
        if (runs.IsShared) await runs.Claims.AskToStopAsync(connection, time.GetUtcNow(), cancellationToken);
        if (_underWay.TryGetValue(connection, out var running)) await running.StopAsync();
        await WaitAsync(connection, cancellationToken);
    }

    /// <summary>Stops all runs of this process, for its end.</summary>
    /// <returns>Whose runs had work left.</returns>
    public async Task<IReadOnlyList<ConnectionId>> StopAllAsync(CancellationToken cancellationToken)
    {
        var ends = _underWay.Select(pair => (pair.Key, pair.Value.Ended)).ToList();
        foreach (var under in _underWay.Values) await under.StopAsync();
        var left = new List<ConnectionId>();
        foreach (var (connection, ended) in ends)
        {
            await ((Task)ended).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (ended.IsCompletedSuccessfully && (await ended).Outcome == RunOutcome.Stopped) left.Add(connection);
        }
        return left;
    }

    /// <summary>Waits for the end of the connection's run.</summary>
    /// <returns>How it ended; null if there was none.</returns>
    public async Task<Run?> WaitAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        if (_underWay.TryGetValue(connection, out var running)) return await running.Ended.WaitAsync(cancellationToken);
        if (!runs.IsShared || await runs.FindRunningAsync(connection, cancellationToken) is not { } elsewhere) return null;
        while (true)
        {
            await Task.Delay(Look, time, cancellationToken);
            if (await runs.FindAsync(elsewhere.Id, cancellationToken) is not { Outcome: RunOutcome.Running }) return await runs.FindAsync(elsewhere.Id, cancellationToken);
        }
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>Does the work of a run. While the control store is away it waits: a run that its living process gave up would be nobody's, and nothing would ever be begun in its place.</summary>
    internal async Task ExecuteAsync(ConnectionId connection, RunId id, CancellationToken cancellationToken)
    {
        for (var wait = Look; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                await TryAsync(connection, id, cancellationToken);
                return;
            }
            catch (Exception failure) when (runs.IsShared && !cancellationToken.IsCancellationRequested && IsAway(failure))
            {
                PutOff(failure, id, wait);
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    private static bool IsAway(Exception failure) => (failure as OrgtapException ?? PostgresFailure.Of(failure, "The control store")) is { Kind: FailureKind.Transient };

    private async Task TryAsync(ConnectionId connection, RunId id, CancellationToken cancellationToken)
    {
        if (!_underWay.TryGetValue(connection, out var mine))
        {
            // Begun by another process, or by one that has died; or it has ended, and whoever died could not say so.
            if (!runs.IsShared || await runs.FindAsync(id, cancellationToken) is not { Outcome: RunOutcome.Running } run) return;
            mine = new Under(run);
            _underWay[connection] = mine;
        }
        await using var shutdown = cancellationToken.UnsafeRegister(static state => _ = ((Under)state!).StopAsync(), mine);
        try
        {
            var ended = await runner.ContinueAsync(mine.Run, mine.Token);
            _underWay.TryRemove(connection, out _);
            mine.End(ended);
        }
        catch (Exception failure)
        {
            _underWay.TryRemove(connection, out _);
            mine.Fail(failure);
            throw;
        }
        finally
        {
            mine.Dispose();
        }
    }

    private async Task<IReadOnlyList<(RunId Run, ConnectionId Connection)>> AbandonedAsync(CancellationToken cancellationToken) =>
        runs.IsShared ? await runs.Claims.AbandonedAsync(cancellationToken) : [];

    private async Task ScheduleAsync(ConnectionId connection, RunId run, CancellationToken cancellationToken)
    {
        var scheduler = await schedulers.GetScheduler(cancellationToken);
        await scheduler.Start(cancellationToken);
        var key = KeyOf(connection);
        var job = JobBuilder.Create<SyncJob>().WithIdentity(key).StoreDurably().RequestRecovery(runs.IsShared)
            .UsingJobData(ConnectionKey, connection.Value).UsingJobData(RunKey, run.Value.ToString(CultureInfo.InvariantCulture)).Build();
        await scheduler.AddJob(job, new AddJobOptions { Replace = true }, cancellationToken);
        await scheduler.TriggerJob(key, cancellationToken: cancellationToken);
    }

    [LoggerMessage(7003, LogLevel.Warning, "Run {RunId} waits {Wait} for the control store")]
    private partial void PutOff(Exception failure, RunId runId, TimeSpan wait);

    private static JobKey KeyOf(ConnectionId connection) => new(connection.Value, "sync");

    private sealed class Under(Run run) : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TaskCompletionSource<Run> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Run Run => run;

        public CancellationToken Token => _stop.Token;

        public Task<Run> Ended => _ended.Task;

        public async Task StopAsync()
        {
            try
            {
                await _stop.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // It ended in the meantime, which is what was wanted.
            }
        }

        public void End(Run ended) => _ended.TrySetResult(ended);

        public void Fail(Exception failure) => _ended.TrySetException(failure);

        public void Dispose() => _stop.Dispose();
    }
}

/// <summary>The job that Quartz runs; resumes from the replica's checkpoints, so running it again is always safe.</summary>
[DisallowConcurrentExecution]
public sealed class SyncJob(SyncJobs jobs) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await jobs.ExecuteAsync(new ConnectionId(context.MergedJobDataMap.GetString(SyncJobs.ConnectionKey)!), new RunId(long.Parse(context.MergedJobDataMap.GetString(SyncJobs.RunKey)!, CultureInfo.InvariantCulture)), cancellationToken);
}

/// <summary>Puts the scheduler together.</summary>
public static class SchedulingServices
{
    /// <summary>How often each process of a cluster says that it lives, and after how long a silence the others go on with its jobs.</summary>
    private static readonly TimeSpan CheckIn = TimeSpan.FromSeconds(5), Silence = TimeSpan.FromSeconds(10);

    /// <summary>Adds <see cref="SyncJobs"/> and a scheduler; <see cref="SyncRunner"/> and <see cref="RunStore"/> are the caller's to add.</summary>
    /// <param name="shared">Where the jobs of all processes lie; null: this process is alone, and has them in memory.</param>
    public static IServiceCollection AddSyncJobs(this IServiceCollection services, PostgresAddress? shared = null)
    {
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(options =>
            {
                options.InstanceName = "orgtap";
                if (shared is not null) options.InstanceId = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}");
                // How late another process sees what one has scheduled.
                if (shared is not null) options.IdleWaitTime = TimeSpan.FromSeconds(2);
            });
            if (shared is null) quartz.UseInMemoryStore();
            else
                quartz.UsePersistentStore(store =>
                {
                    store.UsePostgres(NpgsqlFactory.Instance, AddressOfJobs(shared).ConnectionString);
                    store.ProvisionSchema();
                    store.UseSystemTextJsonSerializer();
                    store.UseClustering(cluster => (cluster.CheckinInterval, cluster.CheckinMisfireThreshold) = (CheckIn, Silence));
                });
            quartz.UseDefaultThreadPool(8);
        });
        return services.AddSingleton<SyncJobs>();
    }

    /// <summary>A process that freezes while it holds the lock of all jobs is let go by the database as soon as it is taken for dead; it tries again when it wakes.</summary>
    private static PostgresAddress AddressOfJobs(PostgresAddress shared) => PostgresControlDatabase.InSchema(shared).With(parts =>
    {
        parts.ApplicationName = "orgtap jobs";
        parts.NoResetOnClose = true;
        if (string.IsNullOrWhiteSpace(parts.Options)) parts.Options = string.Create(CultureInfo.InvariantCulture, $"-c idle_in_transaction_session_timeout={Silence.TotalSeconds}s");
    });

    /// <summary>Adds <see cref="DueSyncs"/> and what is decided about jobs; the stores are the caller's to add. For processes that stay: <see cref="KeepScheduleAsync"/> sets it to work.</summary>
    public static IServiceCollection AddDueSyncs(this IServiceCollection services) => services.AddSingleton<JobStates>().AddSingleton<RepeatingJobs>().AddSingleton<JobRestarts>().AddSingleton<ScheduledJobs>().AddSingleton<DueSyncs>()
        .AddSingleton<Helping>().AddSingleton<ClockWatch>().AddSingleton<SchemaRefresh>().AddSingleton<CleanUp>().AddSingleton<StoppedOrgJobs>().AddSingleton<OrgJobs>();

    /// <summary>From now on syncs start when their time comes.</summary>
    public static Task KeepScheduleAsync(this IServiceProvider services, CancellationToken cancellationToken) => services.RepeatAsync<DueSyncsJob>("due", DueSyncs.Period, cancellationToken);
}
