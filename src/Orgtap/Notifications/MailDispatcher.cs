using Microsoft.Extensions.Logging;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Notifications;

/// <summary>
/// Empties the outbox. What the mail server does not take now is tried again, later each time, until it is too old to be true; what it refuses for good is kept with the reason. While e-mail is not set
/// up everything waits.
/// </summary>
public sealed partial class MailDispatcher(Outbox outbox, MailSettingsStore settings, TimeProvider time, ILogger<MailDispatcher> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1), LongestPause = TimeSpan.FromHours(1);

    /// <summary>Sends everything that is due.</summary>
    /// <returns>How many were sent.</returns>
    public async Task<int> SendDueAsync(CancellationToken cancellationToken)
    {
        var sent = await SendAsync(cancellationToken);
        Telemetry.Waiting(await outbox.WaitingAsync(cancellationToken));
        return sent;
    }

    private async Task<int> SendAsync(CancellationToken cancellationToken)
    {
        if (await settings.FindAsync(cancellationToken) is not { } server) return 0;
        var sent = 0;
        while (await outbox.TakeAsync(cancellationToken) is var (id, mail, attempt))
        {
            try
            {
                await MailTransport.SendAsync(server, id, mail, cancellationToken);
                await outbox.SentAsync(id);
                sent++;
                Sent(mail.About);
            }
            catch (MailRefusedException refused)
            {
                await outbox.FailedAsync(id, $"{refused.Message} {refused.NextStep} ({refused.Detail})", null);
                Refused(mail.About, refused.Detail);
            }
            catch (OrgtapException failure)
            {
                await outbox.FailedAsync(id, $"{failure.Message} {failure.NextStep}", time.GetUtcNow() + PauseAfter(attempt));
                Waits(mail.About, failure.Message, failure.Detail);
                // The others would meet the same server.
                return sent;
            }
            catch (OperationCanceledException)
            {
                // Nobody knows whether the server took it. It is due again when we run again.
                await outbox.FailedAsync(id, "Orgtap was stopped while it was being sent.", time.GetUtcNow());
                throw;
            }
        }
        return sent;
    }

    /// <summary>A minute behind the first attempt, twice as long behind each further one, at most an hour.</summary>
    internal static TimeSpan PauseAfter(int attempt)
    {
        var pause = FirstPause * Math.Pow(2, Math.Clamp(attempt - 1, 0, 10));
        return pause < LongestPause ? pause : LongestPause;
    }

    [LoggerMessage(8001, LogLevel.Information, "Sent an e-mail about {About}")]
    private partial void Sent(string about);

    [LoggerMessage(8002, LogLevel.Warning, "The mail server refused an e-mail about {About}: {Detail}")]
    private partial void Refused(string about, string? detail);

    [LoggerMessage(8003, LogLevel.Warning, "An e-mail about {About} waits: {Reason} ({Detail})")]
    private partial void Waits(string about, string reason, string? detail);
}
