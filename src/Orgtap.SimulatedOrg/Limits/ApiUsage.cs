namespace Orgtap.SimulatedOrg.Limits;

/// <summary>Use and limit of one connected app, where an org has set one.</summary>
public sealed record AppQuota(string Name, long Used, long Limit);

/// <summary>
/// Counts API calls of the whole org over a rolling 24 hours on the org's clock, as Salesforce does (no reset at midnight).
/// Granularity: one minute. Thread-safe.
/// </summary>
public sealed class ApiUsage(TimeProvider time, long limit)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);
    private readonly Lock _gate = new();
    private readonly Queue<(long Minute, long Calls)> _minutes = new();
    private long _counted;
    private long _openMinute;
    private long _openCalls;
    private long _background;
    private long _max = limit;
    private AppQuota? _app;

    /// <summary>Calls allowed per 24 hours.</summary>
    public long Limit
    {
        get { lock (_gate) return _max; }
        set { lock (_gate) _max = value; }
    }

    /// <summary>Use by other apps: a level that is added to the count and does not age.</summary>
    public long Background
    {
        get { lock (_gate) return _background; }
        set { lock (_gate) _background = value; }
    }

    /// <summary>Calls of the last 24 hours, other apps' included.</summary>
    public long Used { get { lock (_gate) { Age(); return _counted + _background; } } }

    /// <summary>Counts calls made now, unless the limit is reached already.</summary>
    /// <returns>False where nothing was counted because the limit is reached.</returns>
    public bool TryCount(long calls)
    {
        lock (_gate)
        {
            Age();
            if (_counted + _background >= _max) return false;
            Add(calls);
            return true;
        }
    }

    /// <summary>Counts calls whatever the limit: the further subrequests of a batch, or calls of other apps that age like all others.</summary>
    public void Count(long calls)
    {
        lock (_gate)
        {
            Age();
            Add(calls);
        }
    }

    /// <summary>Forgets every call; limit and background stay.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _minutes.Clear();
            _counted = _openCalls = 0;
        }
    }

    /// <summary>A quota of one app alone, which the header then tells too; null = none. It is told, not enforced.</summary>
    public AppQuota? App
    {
        get { lock (_gate) return _app; }
        set { lock (_gate) _app = value; }
    }

    /// <summary>The value of the <c>Sforce-Limit-Info</c> header.</summary>
    public string Header
    {
        get
        {
            lock (_gate)
            {
                Age();
                var org = $"api-usage={_counted + _background}/{_max}";
                return _app is { } app ? $"{org}; per-app-api-usage={app.Used}/{app.Limit}(appName={app.Name})" : org;
            }
        }
    }

    private void Add(long calls)
    {
        _counted += calls;
        _openCalls += calls;
    }

    private void Age()
    {
        var minute = time.GetUtcNow().UtcTicks / TimeSpan.TicksPerMinute;
        if (minute != _openMinute)
        {
            if (_openCalls > 0) _minutes.Enqueue((_openMinute, _openCalls));
            (_openMinute, _openCalls) = (minute, 0);
        }
        while (_minutes.TryPeek(out var oldest) && oldest.Minute <= minute - (long)Window.TotalMinutes)
        {
            _counted -= oldest.Calls;
            _minutes.Dequeue();
        }
    }
}
