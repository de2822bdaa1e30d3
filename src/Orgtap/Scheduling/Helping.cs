using Microsoft.Extensions.Logging;
using Orgtap.Syncs;

namespace Orgtap.Scheduling;

/// <summary>Looks every second whether another process has tables on offer that are loaded faster by two, and every half a minute whether a run of this one was lost, as long as this process lives (decision 0097). Alone on its control store, a process has nobody to help.</summary>
public sealed partial class Helping(SyncRunner runner, SyncJobs jobs, RunStore runs, TimeProvider time, ILogger<Helping> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1), Rest = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;

    public void Start()
    {
        if (runs.IsShared) _work = Task.Run(WorkAsync);
    }

    /// <summary>Stops behind the pages that are being committed; what is not ended goes back to whoever offered it.</summary>
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

    private async Task WorkAsync()
    {
        for (var looked = time.GetTimestamp(); !_stop.IsCancellationRequested;)
        {
            try
            {
                await Task.Delay(Period, time, _stop.Token);
                await runner.HelpAsync(_stop.Token);
                if (time.GetElapsedTime(looked) < Rest) continue;
                looked = time.GetTimestamp();
                await jobs.ScheduleLostAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The database is away, or the run is none that can be helped with: whoever has it goes on without.
                NotLooked(failure);
                await Task.Delay(Rest, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(7601, LogLevel.Warning, "It could not be looked whether another process needs help")]
    private partial void NotLooked(Exception failure);
}
