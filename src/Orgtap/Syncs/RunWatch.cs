using Orgtap.Primitives;

namespace Orgtap.Syncs;

/// <summary>Looks every second whether somebody has asked the run to stop, or another process has taken it over, and passes it on. For a helper it also says, every few seconds, that it works.</summary>
internal sealed class RunWatch : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _end = new();
    private readonly Task _watching;

    private RunWatch(RunClaims claims, RunClaim claim, RunStop stop, TimeProvider time) => _watching = WatchAsync(claims, claim, stop, time);

    public static RunWatch Start(RunClaims claims, RunClaim claim, RunStop stop, TimeProvider time) => new(claims, claim, stop, time);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        _end.Dispose();
    }

    private async Task WatchAsync(RunClaims claims, RunClaim claim, RunStop stop, TimeProvider time)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            for (var look = 1; !stop.IsStopped && await timer.WaitForNextTickAsync(_end.Token); look++)
            {
                try
                {
                    if (claim.By != RunClaim.Whole && look % HelperPulse.LooksPerBeat == 0) await claims.BeatAsync(claim, _end.Token);
                    var standing = await claims.StandingAsync(claim.Run, _end.Token);
                    if (standing is not { IsUnderWay: true } || (claim.By == RunClaim.Whole && standing.Claim != claim.Number)) stop.Supersede();
                    else if (standing.IsStopAsked) stop.Ask();
                }
                catch (OrgtapException)
                {
                    // The database is away for a moment; the next commit finds out as well.
                }
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
        }
    }
}
