namespace Orgtap.Tests.Syncs;

/// <summary>The org's time, but nobody waits: whoever asks to be woken later moves it there at once.</summary>
internal sealed class EagerTime(Orgtap.SimulatedOrg.Hosting.SimulatedClock clock, Func<TimeSpan>? wrongBy = null) : TimeProvider
{
    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + (wrongBy?.Invoke() ?? TimeSpan.Zero);

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = clock.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero) clock.Advance(dueTime);
        return timer;
    }
}
