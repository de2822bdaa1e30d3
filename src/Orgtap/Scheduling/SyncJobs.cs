using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orgtap.Primitives;
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

/// <summary>Starts and stops syncs in the background: one job per connection, never two of them at once.</summary>
public sealed class SyncJobs(ISchedulerFactory schedulers, SyncRunner runner, RunStore runs) : IDisposable
{
    internal const string ConnectionKey = "connection";

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
            var run = await runner.BeginAsync(connection, startedBy, wish, cancellationToken);
            _underWay[connection] = new Under(run);
            try
            {
                var scheduler = await schedulers.GetScheduler(cancellationToken);
                await scheduler.Start(cancellationToken);
                var key = KeyOf(connection);
                var job = JobBuilder.Create<SyncJob>().WithIdentity(key).StoreDurably().UsingJobData(ConnectionKey, connection.Value).Build();
                await scheduler.AddJob(job, new AddJobOptions { Replace = true }, cancellationToken);
                await scheduler.TriggerJob(key, cancellationToken: cancellationToken);
            }
            catch
            {
                if (_underWay.TryRemove(connection, out var failed)) failed.Dispose();
                await runs.EndAsync(run.Id, RunOutcome.Failed, null, 0, null, CancellationToken.None);
                throw;
            }
            return new StartOutcome.Started { RunId = run.Id };
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A run of the connection is under way in this process.</summary>
    public bool IsRunning(ConnectionId connection) => _underWay.ContainsKey(connection);

    /// <summary>Stops the connection's run behind the page it is committing, and returns when it has ended. Without a run, at once.</summary>
    public async Task StopAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        if (!_underWay.TryGetValue(connection, out var running)) return;
        await running.StopAsync();
        await running.Ended.WaitAsync(cancellationToken);
    }

    /// <summary>Stops all runs, for the end of the process.</summary>
    /// <returns>Whose runs had work left.</returns>
    public async Task<IReadOnlyList<ConnectionId>> StopAllAsync(CancellationToken cancellationToken)
    {
        var ends = _underWay.Select(pair => (pair.Key, pair.Value.Ended)).ToList();
        await Task.WhenAll(ends.Select(end => StopAsync(end.Key, cancellationToken)));
        var left = new List<ConnectionId>();
        foreach (var (connection, ended) in ends)
            if (ended.IsCompletedSuccessfully && (await ended).Outcome == RunOutcome.Stopped) left.Add(connection);
        return left;
    }

    /// <summary>Waits for the end of the connection's run.</summary>
    /// <returns>How it ended; null if there was none.</returns>
    public async Task<Run?> WaitAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        _underWay.TryGetValue(connection, out var running) ? await running.Ended.WaitAsync(cancellationToken) : null;

    public void Dispose() => _gate.Dispose();

    internal async Task ExecuteAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        if (!_underWay.TryGetValue(connection, out var mine)) return;
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
        await jobs.ExecuteAsync(new ConnectionId(context.MergedJobDataMap.GetString(SyncJobs.ConnectionKey)!), cancellationToken);
}

/// <summary>Puts the scheduler together.</summary>
public static class SchedulingServices
{
    /// <summary>Adds <see cref="SyncJobs"/> and an in-memory scheduler; <see cref="SyncRunner"/> and <see cref="RunStore"/> are the caller's to add.</summary>
    public static IServiceCollection AddSyncJobs(this IServiceCollection services)
    {
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(options => options.InstanceName = "orgtap");
            quartz.UseInMemoryStore();
            quartz.UseDefaultThreadPool(8);
        });
        return services.AddSingleton<SyncJobs>();
    }

    /// <summary>Adds <see cref="DueSyncs"/> and what is decided about jobs; the stores are the caller's to add. For processes that stay: <see cref="KeepScheduleAsync"/> sets it to work.</summary>
    public static IServiceCollection AddDueSyncs(this IServiceCollection services) => services.AddSingleton<JobStates>().AddSingleton<RepeatingJobs>().AddSingleton<JobRestarts>().AddSingleton<ScheduledJobs>().AddSingleton<DueSyncs>()
        .AddSingleton<SchemaRefresh>().AddSingleton<CleanUp>().AddSingleton<StoppedOrgJobs>().AddSingleton<OrgJobs>();

    /// <summary>From now on syncs start when their time comes.</summary>
    public static Task KeepScheduleAsync(this IServiceProvider services, CancellationToken cancellationToken) => services.RepeatAsync<DueSyncsJob>("due", DueSyncs.Period, cancellationToken);
}
