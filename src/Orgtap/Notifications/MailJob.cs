using Microsoft.Extensions.DependencyInjection;
using Orgtap.Scheduling;
using Quartz;

namespace Orgtap.Notifications;

/// <summary>The job that empties the outbox.</summary>
[DisallowConcurrentExecution]
public sealed class MailJob(MailDispatcher dispatcher) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) => await dispatcher.SendDueAsync(cancellationToken);
}

/// <summary>Puts the sending of e-mail together.</summary>
public static class MailServices
{
    /// <summary>How often it is looked whether something is due.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    public static IServiceCollection AddMail(this IServiceCollection services) =>
        services.AddSingleton<MailSettingsStore>().AddSingleton<SupportContactStore>().AddSingleton<MailDispatcher>();

    /// <summary>From now on e-mail leaves when it is due. Quartz must be set up.</summary>
    public static Task KeepMailAsync(this IServiceProvider services, CancellationToken cancellationToken) => services.RepeatAsync<MailJob>(JobKind.Mail, Period, cancellationToken);
}
