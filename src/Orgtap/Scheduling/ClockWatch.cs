using Microsoft.Extensions.Logging;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>
/// Notices that the clock was set back: this machine's, or the database's where several processes go by that. Quartz waits for moments by the clock, so a job that was to run in half a minute would wait for as long as the clock was ahead; the installation's own
/// repeating jobs are told to begin anew, and these find everything else that is due (<see cref="DueSyncs"/>). A clock that is set forward needs nothing: what it skips runs once.
/// </summary>
public sealed partial class ClockWatch(ISchedulerFactory schedulers, TimeProvider time, ILogger<ClockWatch> logger) : IAsyncDisposable
{
    /// <summary>How often it looks, and how far back counts.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10), Step = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;

    public void Start() => _work = WatchAsync();

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _work;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        var (shown, at) = (time.GetUtcNow(), time.GetTimestamp());
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(Period, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var (now, counted) = (time.GetUtcNow(), time.GetTimestamp());
            var back = time.GetElapsedTime(at, counted) - (now - shown);
            (shown, at) = (now, counted);
            if (back < Step || _stop.IsCancellationRequested) continue;
            try
            {
                SetBack(back);
                await BeginAnewAsync(now, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The database is away; the jobs run when the clock has come to their times.
                NotBegunAnew(failure);
            }
        }
    }

    private async Task BeginAnewAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var scheduler = await schedulers.GetScheduler(cancellationToken);
        foreach (var key in await scheduler.GetTriggerKeys(GroupMatcher<TriggerKey>.GroupEquals(RepeatingJobSchedule.Group), cancellationToken))
            if (await scheduler.GetTrigger(key, cancellationToken) is { } trigger)
                await scheduler.RescheduleJob(key, trigger.GetTriggerBuilder().StartAt(now).Build(), cancellationToken);
    }

    [LoggerMessage(7701, LogLevel.Warning, "The clock was set back by {Back}; the jobs of the installation begin anew")]
    private partial void SetBack(TimeSpan back);

    [LoggerMessage(7702, LogLevel.Warning, "The jobs of the installation could not begin anew after the clock was set back")]
    private partial void NotBegunAnew(Exception failure);
}
