using Orgtap.Authorization;
using Orgtap.Scheduling;
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
    public static Task KeepRevokingAsync(this IServiceProvider services, CancellationToken cancellationToken) => services.RepeatAsync<RevocationJob>(JobKind.OldAccess, Period, cancellationToken);
}
