using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Orgtap.Primitives;
using Orgtap.Storage;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>How a job of the installation stands, in whatever process it runs.</summary>
/// <param name="Failure">What went wrong the last time, for people; null: nothing.</param>
public sealed record RepeatingJobLook(TimeSpan Period, bool IsRunning, DateTimeOffset? LastStart, DateTimeOffset? LastEnd, string? Failure);

/// <summary>The installation's own jobs, which look every so often whether something is due; remembers how each went.</summary>
public sealed class RepeatingJobs(JobStates states, ControlStore store, TimeProvider time)
{
    /// <summary>By kind; one that no living process runs is missing.</summary>
    public async Task<IReadOnlyDictionary<JobKind, RepeatingJobLook>> LooksAsync(CancellationToken cancellationToken)
    {
        var alive = await store.AliveAsync(cancellationToken);
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string Kind, long Period, long Worker, long? Started, long? Ended, string? Failure)>("SELECT kind, period, worker, started_at, ended_at, failure FROM job_looks");
        return rows.Where(row => alive.Contains(row.Worker)).ToDictionary(row => JobKinds.Parse(row.Kind), row => new RepeatingJobLook(
            TimeSpan.FromMilliseconds(row.Period), row.Started is not null && row.Ended is null, At(row.Started), At(row.Ended), row.Failure));

        static DateTimeOffset? At(long? milliseconds) => milliseconds is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
    }

    internal async Task RegisterAsync(JobKind kind, TimeSpan period, CancellationToken cancellationToken)
    {
        var worker = await store.WorkerAsync(cancellationToken);
        await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("""
            INSERT INTO job_looks (kind, period, worker) VALUES (@kind, @period, @worker)
            ON CONFLICT (kind) DO UPDATE SET period = excluded.period, worker = excluded.worker, ended_at = COALESCE(job_looks.ended_at, job_looks.started_at)
            """, new { kind = kind.Word(), period = (long)period.TotalMilliseconds, worker }, transaction), cancellationToken);
    }

    internal async Task RunAsync(JobKind kind, Func<Task> work, CancellationToken cancellationToken)
    {
        if ((await states.AllAsync(cancellationToken)).IsStopped(null, kind)) return;
        await SaveAsync(kind, "started_at = @now, ended_at = NULL, worker = @worker", null, cancellationToken);
        var failure = (string?)null;
        try
        {
            await work();
        }
        catch (Exception broken)
        {
            failure = broken is OrgtapException known ? $"{known.Message} {known.NextStep}" : "It broke off; the log says more.";
            throw;
        }
        finally
        {
            await SaveAsync(kind, "ended_at = @now, failure = @failure", failure, CancellationToken.None);
        }
    }

    private async Task SaveAsync(JobKind kind, string what, string? failure, CancellationToken cancellationToken)
    {
        var worker = await store.WorkerAsync(cancellationToken);
        await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync($"UPDATE job_looks SET {what} WHERE kind = @kind",
            new { kind = kind.Word(), now = time.GetUtcNow().ToUnixTimeMilliseconds(), worker, failure }, transaction), cancellationToken);
    }
}

/// <summary>Puts a job of the installation to work only while nobody has stopped it.</summary>
[DisallowConcurrentExecution]
public sealed class StoppableJob<TJob>(IServiceProvider services, RepeatingJobs jobs) : IJob
    where TJob : IJob
{
    internal const string KindKey = "kind";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var kind = JobKinds.Parse(context.MergedJobDataMap.GetString(KindKey)!);
        await jobs.RunAsync(kind, async () => await ActivatorUtilities.CreateInstance<TJob>(services).Execute(context, cancellationToken), cancellationToken);
    }
}

/// <summary>Sets repeating jobs to work in processes that stay.</summary>
public static class RepeatingJobSchedule
{
    /// <summary>Of the installation's own jobs and their triggers.</summary>
    internal const string Group = "system";

    /// <summary>From now on the job runs at once and then every <paramref name="period"/>, for as long as the process lives, or another that shares its jobs. Quartz must be set up.</summary>
    /// <param name="name">Tells it from the others.</param>
    public static Task RepeatAsync<TJob>(this IServiceProvider services, string name, TimeSpan period, CancellationToken cancellationToken)
        where TJob : IJob => RepeatAsync(services, JobBuilder.Create<TJob>().WithIdentity(name, Group).Build(), name, period, cancellationToken);

    /// <summary>The same for a job that people see, stop and start.</summary>
    public static async Task RepeatAsync<TJob>(this IServiceProvider services, JobKind kind, TimeSpan period, CancellationToken cancellationToken)
        where TJob : IJob
    {
        await services.GetRequiredService<RepeatingJobs>().RegisterAsync(kind, period, cancellationToken);
        await RepeatAsync(services, JobBuilder.Create<StoppableJob<TJob>>().WithIdentity(kind.Word(), Group).UsingJobData(StoppableJob<TJob>.KindKey, kind.Word()).Build(), kind.Word(), period, cancellationToken);
    }

    private static async Task RepeatAsync(IServiceProvider services, IJobDetail job, string name, TimeSpan period, CancellationToken cancellationToken)
    {
        var scheduler = await services.GetRequiredService<ISchedulerFactory>().GetScheduler(cancellationToken);
        // Several processes say so; the job is there once, and times that were missed collapse to one.
        await scheduler.ScheduleJob(
            job,
            [TriggerBuilder.Create().WithIdentity(name, Group).StartNow().WithSimpleSchedule(often => often.WithInterval(period).RepeatForever().WithMisfireInstruction(SimpleTriggerMisfireInstruction.NextWithRemainingCount)).Build()],
            new ScheduleJobOptions { Replace = true }, cancellationToken);
        await scheduler.Start(cancellationToken);
    }
}
