using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>How a job of the installation stands in this process.</summary>
/// <param name="Failure">What went wrong the last time, for people; null: nothing.</param>
public sealed record RepeatingJobLook(TimeSpan Period, bool IsRunning, DateTimeOffset? LastStart, DateTimeOffset? LastEnd, string? Failure);

/// <summary>The installation's own jobs, which look every so often whether something is due; remembers how each went.</summary>
public sealed class RepeatingJobs(JobStates states, TimeProvider time)
{
    private readonly ConcurrentDictionary<JobKind, RepeatingJobLook> _looks = new();

    /// <returns>Null: this process does not run it.</returns>
    public RepeatingJobLook? LookOf(JobKind kind) => _looks.GetValueOrDefault(kind);

    internal void Register(JobKind kind, TimeSpan period) => _looks[kind] = new RepeatingJobLook(period, false, null, null, null);

    internal async Task RunAsync(JobKind kind, Func<Task> work, CancellationToken cancellationToken)
    {
        if ((await states.AllAsync(cancellationToken)).IsStopped(null, kind)) return;
        var look = _looks[kind] = (LookOf(kind) ?? new RepeatingJobLook(TimeSpan.Zero, false, null, null, null)) with { IsRunning = true, LastStart = time.GetUtcNow() };
        try
        {
            await work();
            _looks[kind] = look with { IsRunning = false, LastEnd = time.GetUtcNow(), Failure = null };
        }
        catch (Exception failure)
        {
            _looks[kind] = look with { IsRunning = false, LastEnd = time.GetUtcNow(), Failure = failure is Primitives.OrgtapException known ? $"{known.Message} {known.NextStep}" : "It broke off; the log says more." };
            throw;
        }
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
    /// <summary>From now on the job runs at once and then every <paramref name="period"/>, for as long as the process lives. Quartz must be set up.</summary>
    /// <param name="name">Tells it from the others.</param>
    public static Task RepeatAsync<TJob>(this IServiceProvider services, string name, TimeSpan period, CancellationToken cancellationToken)
        where TJob : IJob => RepeatAsync(services, JobBuilder.Create<TJob>().WithIdentity(name, "system").Build(), name, period, cancellationToken);

    /// <summary>The same for a job that people see, stop and start.</summary>
    public static Task RepeatAsync<TJob>(this IServiceProvider services, JobKind kind, TimeSpan period, CancellationToken cancellationToken)
        where TJob : IJob
    {
        services.GetRequiredService<RepeatingJobs>().Register(kind, period);
        return RepeatAsync(services, JobBuilder.Create<StoppableJob<TJob>>().WithIdentity(kind.Word(), "system").UsingJobData(StoppableJob<TJob>.KindKey, kind.Word()).Build(), kind.Word(), period, cancellationToken);
    }

    private static async Task RepeatAsync(IServiceProvider services, IJobDetail job, string name, TimeSpan period, CancellationToken cancellationToken)
    {
        var scheduler = await services.GetRequiredService<ISchedulerFactory>().GetScheduler(cancellationToken);
        await scheduler.ScheduleJob(
            job,
            TriggerBuilder.Create().WithIdentity(name, "system").StartNow().WithSimpleSchedule(often => often.WithInterval(period).RepeatForever()).Build(),
            cancellationToken: cancellationToken);
        await scheduler.Start(cancellationToken);
    }
}
