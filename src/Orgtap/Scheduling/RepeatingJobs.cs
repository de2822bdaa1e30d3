using Microsoft.Extensions.DependencyInjection;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>The installation's own jobs, which look every so often whether something is due.</summary>
public static class RepeatingJobs
{
    /// <summary>From now on the job runs at once and then every <paramref name="period"/>, for as long as the process lives. Quartz must be set up.</summary>
    /// <param name="name">Tells it from the others.</param>
    public static async Task RepeatAsync<TJob>(this IServiceProvider services, string name, TimeSpan period, CancellationToken cancellationToken)
        where TJob : IJob
    {
        var scheduler = await services.GetRequiredService<ISchedulerFactory>().GetScheduler(cancellationToken);
        await scheduler.ScheduleJob(
            JobBuilder.Create<TJob>().WithIdentity(name, "system").Build(),
            TriggerBuilder.Create().WithIdentity(name, "system").StartNow().WithSimpleSchedule(often => often.WithInterval(period).RepeatForever()).Build(),
            cancellationToken: cancellationToken);
        await scheduler.Start(cancellationToken);
    }
}
