using Orgtap.Salesforce;

namespace Orgtap.Quota;

/// <summary>
/// What is known of one org's calls, and which are under way; shared by all connections to the org. Never grants a call when known use and calls
/// under way have reached the threshold. Knowledge that stopped somebody is good for 15 minutes; then one call goes out to find out anew.
/// </summary>
internal sealed class OrgLedger(TimeProvider time)
{
    /// <summary>How long a stop lasts before it is looked at again.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(15);

    // Salesforce's window: what was seen longer ago says nothing.
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    // A stopped connection goes on when use has fallen this many points under its threshold.
    private const int PointsUnder = 2;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _stopped = new(StringComparer.Ordinal);
    private TaskCompletionSource? _nextAnswer;
    private long _used;
    private long _maximum;
    private long _reserved;
    private long _answers;
    private long _knownSince;
    private DateTimeOffset _lookedAt;
    private DateTimeOffset _observedAt;
    private DateTimeOffset? _limitReachedAt;

    /// <summary>Used, maximum and when Salesforce said so; null while nothing is known.</summary>
    public (long Used, long Maximum, DateTimeOffset ObservedAt)? Known
    {
        get
        {
            lock (_gate) return _maximum > 0 ? (_used, _maximum, _observedAt) : null;
        }
    }

    /// <summary>Whether what an earlier process learned was asked for.</summary>
    public bool IsRestored { get; set; }

    /// <summary>Calls granted and not ended.</summary>
    public long Reserved
    {
        get
        {
            lock (_gate) return _reserved;
        }
    }

    /// <summary>What an earlier process learned.</summary>
    public void Restore(long used, long maximum, DateTimeOffset observedAt)
    {
        lock (_gate)
        {
            if (_maximum > 0 || maximum <= 0 || time.GetUtcNow() - observedAt >= Window) return;
            (_used, _maximum, _observedAt, _lookedAt) = (used, maximum, observedAt, observedAt);
        }
    }

    /// <returns>A decision, or the answer to wait for before asking again.</returns>
    public (ReservationResult? Decision, Task? WaitFor) TryReserve(string connection, int thresholdPercent)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_limitReachedAt is { } reachedAt && now < reachedAt + LookAgain && _maximum == 0)
                return (new ReservationResult.Denied(reachedAt + LookAgain, 0, 0, 0), null);
            if (_maximum == 0 || now - _observedAt >= Window) return FindOut();

            var stop = Stop(thresholdPercent);
            var goOn = _stopped.Contains(connection) ? Stop(Math.Max(thresholdPercent - PointsUnder, 1)) : stop;
            if (_used + _reserved < goOn)
            {
                _stopped.Remove(connection);
                return (Grant(), null);
            }

            // Only known use stops a connection; calls under way end, and then it is asked again.
            if (_used < goOn) return (null, NextAnswer());
            _stopped.Add(connection);
            var until = _lookedAt + LookAgain;
            return now >= until ? FindOut() : (new ReservationResult.Denied(until, _used, _maximum, stop), null);
        }

        long Stop(int percent) => (_maximum * percent + 99) / 100;
    }

    public void Settle(Reservation reservation, ApiUseHeader? header)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _reserved--;
            var now = time.GetUtcNow();
            if (header is { } seen)
            {
                // Answers overtake each other: a lower number only counts if its call began after the higher one was seen.
                if (seen.Used >= _used || reservation.StartedAfter >= _knownSince || _maximum == 0) Learn(seen.Used, seen.Maximum, now);
                else (_observedAt, _lookedAt) = (now, now);
            }
            else
            {
                _used++;
                _knownSince = ++_answers;
                _lookedAt = now;
            }

            (waiting, _nextAnswer) = (_nextAnswer, null);
        }

        waiting?.TrySetResult();
    }

    /// <summary>A call has ended that Salesforce did not count.</summary>
    public void Release()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _reserved--;
            (waiting, _nextAnswer) = (_nextAnswer, null);
        }

        waiting?.TrySetResult();
    }

    /// <summary>A reading that is newer than all before.</summary>
    public void Observe(ApiUseHeader header)
    {
        lock (_gate) Learn(header.Used, header.Maximum, time.GetUtcNow());
    }

    /// <summary>Salesforce has refused a call because the org's limit is reached.</summary>
    public DateTimeOffset LimitReached()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _limitReachedAt = now;
            if (_maximum > 0) Learn(Math.Max(_used, _maximum), _maximum, now);
            return now + LookAgain;
        }
    }

    private void Learn(long used, long maximum, DateTimeOffset now)
    {
        (_used, _maximum, _observedAt, _lookedAt) = (used, maximum, now, now);
        _knownSince = ++_answers;
    }

    // One call goes out; whoever else asks waits for its answer.
    private (ReservationResult?, Task?) FindOut() => _reserved == 0 ? (Grant(), null) : (null, NextAnswer());

    private ReservationResult.Granted Grant()
    {
        _reserved++;
        return new ReservationResult.Granted(new Reservation(this, _answers));
    }

    private Task NextAnswer() => (_nextAnswer ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
