using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Scheduling;
using Orgtap.Syncs;
using Quartz;

namespace Orgtap.App.Composition;

/// <summary>The jobs of a process that stays: <c>serve</c> and <c>work</c> run the same.</summary>
internal static class JobsOfProcess
{
    /// <summary>What was left behind by processes that have died goes on, or becomes due.</summary>
    public static async Task GoOnAsync(this IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<DueSyncs>().GoOnAsync(await services.GetRequiredService<RunStore>().CloseAbandonedAsync(cancellationToken), cancellationToken);

    public static async Task KeepJobsAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        await services.KeepScheduleAsync(cancellationToken);
        await services.KeepConversationsAsync(cancellationToken);
        await services.KeepMailAsync(cancellationToken);
        await services.KeepNoticesAsync(cancellationToken);
        await services.KeepRevokingAsync(cancellationToken);
        await services.KeepCheckingTokensAsync(cancellationToken);
        await services.KeepSchemasAsync(cancellationToken);
        await services.KeepCleanAsync(cancellationToken);
        services.GetRequiredService<ClockWatch>().Start();
        services.GetRequiredService<Helping>().Start();
    }

    /// <summary>Stops behind the pages that are being committed. What has work left goes on in another process, or here with the next start.</summary>
    public static async Task StopJobsAsync(this IServiceProvider services)
    {
        await services.GetRequiredService<ClockWatch>().StopAsync();
        await services.GetRequiredService<Helping>().StopAsync();
        IReadOnlyList<ConnectionId> left = await services.GetRequiredService<SyncJobs>().StopAllAsync(CancellationToken.None);
        await services.GetRequiredService<DueSyncs>().GoOnAsync(left, CancellationToken.None);
        await (await services.GetRequiredService<ISchedulerFactory>().GetScheduler(CancellationToken.None)).Shutdown(waitForJobsToComplete: false, CancellationToken.None);
    }
}
