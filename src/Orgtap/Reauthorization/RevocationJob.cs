using Microsoft.Extensions.DependencyInjection;
using Orgtap.Authorization;
using Quartz;

namespace Orgtap.Reauthorization;

/// <summary>The job that ends access which could not be ended when it was let go of.</summary>
[DisallowConcurrentExecution]
public sealed class RevocationJob(Revocations revocations) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) => await revocations.EndDueAsync(cancellationToken);
}

/// <summary>Sets it to work.</summary>
public static class RevocationSchedule
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>From now on what waits is tried again when it is due. Quartz must be set up.</summary>
    public static async Task KeepRevokingAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        var scheduler = await services.GetRequiredService<ISchedulerFactory>().GetScheduler(cancellationToken);
        await scheduler.ScheduleJob(
            JobBuilder.Create<RevocationJob>().WithIdentity("revocations", "system").Build(),
            TriggerBuilder.Create().WithIdentity("revocations", "system").StartNow().WithSimpleSchedule(often => often.WithInterval(Period).RepeatForever()).Build(),
            cancellationToken: cancellationToken);
        await scheduler.Start(cancellationToken);
    }
}
