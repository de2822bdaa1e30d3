using Microsoft.Extensions.DependencyInjection;
using Orgtap.Scheduling;
using Quartz;

namespace Orgtap.Notifications;

/// <summary>The job that looks what is wrong, tells of it, and sends what waits for the webhook.</summary>
[DisallowConcurrentExecution]
public sealed class NoticeJob(Notices notices, Webhooks webhooks) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        await notices.LookAsync(cancellationToken);
        await webhooks.SendDueAsync(cancellationToken);
    }
}

/// <summary>Puts notices together.</summary>
public static class NoticeServices
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    /// <summary>Adds notices; <see cref="OperatorAddresses"/> and <see cref="NoticeSite"/> are the caller's to add.</summary>
    public static IServiceCollection AddNotices(this IServiceCollection services) => services.AddSingleton<NoticeSettingsStore>().AddSingleton<Webhooks>().AddSingleton<Notices>();

    /// <summary>From now on people are told what is wrong. Quartz must be set up.</summary>
    public static Task KeepNoticesAsync(this IServiceProvider services, CancellationToken cancellationToken) => services.RepeatAsync<NoticeJob>(JobKind.Notices, Period, cancellationToken);
}
