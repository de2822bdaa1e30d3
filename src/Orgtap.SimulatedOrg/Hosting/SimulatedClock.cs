namespace Orgtap.SimulatedOrg.Hosting;

/// <summary>
/// The org's own time: it runs like the machine's from any start, can be frozen, and can be moved forward. Timers and delays made
/// from it fire when its time, not the machine's, reaches them. Thread-safe.
/// </summary>
public sealed class SimulatedClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<SimulatedTimer> _timers = [];
    private readonly ITimer _alarm;
    private DateTimeOffset _anchor;
    private long _anchoredAt;
    private bool _frozen;

    /// <param name="start">Where time starts; null = the machine's time.</param>
    /// <param name="frozen">Time stands still from the beginning.</param>
    public SimulatedClock(DateTimeOffset? start = null, bool frozen = false)
    {
        _frozen = frozen;
        _anchor = (start ?? System.GetUtcNow()).ToUniversalTime();
        _anchoredAt = System.GetTimestamp();
        _alarm = System.CreateTimer(_ => FireDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>True while time stands still.</summary>
    public bool IsFrozen { get { lock (_gate) return _frozen; } }

    /// <summary>True while something waits for a time to come.</summary>
    internal bool HasTimers { get { lock (_gate) return _timers.Count > 0; } }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() { lock (_gate) return Now(); }

    /// <inheritdoc/>
    public override long GetTimestamp() { lock (_gate) return Now().UtcTicks; }

    /// <summary>Stops time; only <see cref="Advance"/> moves it then.</summary>
    public void Freeze() { lock (_gate) { Anchor(Now()); _frozen = true; } Rearm(); }

    /// <summary>Lets time run again from where it stands.</summary>
    public void Run() { lock (_gate) { Anchor(Now()); _frozen = false; } Rearm(); }

    /// <summary>Moves time forward and fires every timer that became due, in order.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        lock (_gate) Anchor(Now() + by);
        FireDue();
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    internal bool Schedule(SimulatedTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            _timers.Remove(timer);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                timer.Due = Now() + dueTime;
                timer.Period = period;
                _timers.Add(timer);
            }
        }
        FireDue();
        return true;
    }

    internal void Remove(SimulatedTimer timer) { lock (_gate) _timers.Remove(timer); }

    private DateTimeOffset Now() => _frozen ? _anchor : _anchor + System.GetElapsedTime(_anchoredAt);

    private void Anchor(DateTimeOffset now)
    {
        _anchor = now;
        _anchoredAt = System.GetTimestamp();
    }

    private void FireDue()
    {
        while (TakeDue() is { } timer) ThreadPool.UnsafeQueueUserWorkItem(static due => due.Fire(), timer, preferLocal: false);
        Rearm();
    }

    private SimulatedTimer? TakeDue()
    {
        lock (_gate)
        {
            var now = Now();
            var timer = _timers.Where(waiting => waiting.Due <= now).MinBy(waiting => waiting.Due);
            if (timer is null) return null;
            if (timer.Period > TimeSpan.Zero) timer.Due += timer.Period;
            else _timers.Remove(timer);
            return timer;
        }
    }

    private void Rearm()
    {
        lock (_gate)
        {
            var wait = _frozen || _timers.Count == 0 ? Timeout.InfiniteTimeSpan : _timers.Min(timer => timer.Due) - Now();
            // The machine's _timers count whole milliseconds: waking one too early would only arm it again.
            if (wait != Timeout.InfiniteTimeSpan)
                wait = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 0, int.MaxValue));
            _alarm.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }
}

/// <summary>A timer on simulated time.</summary>
internal sealed class SimulatedTimer(SimulatedClock clock, TimerCallback callback, object? state) : ITimer
{
    internal DateTimeOffset Due { get; set; }
    internal TimeSpan Period { get; set; }

    internal void Fire() => callback(state);

    public bool Change(TimeSpan dueTime, TimeSpan period) => clock.Schedule(this, dueTime, period);

    public void Dispose() => clock.Remove(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
