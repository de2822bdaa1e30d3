namespace Orgtap.SimulatedOrg.Limits;

/// <summary>A limit per user and app over a rolling hour of the org's clock, apart from the org's daily one. Thread-safe.</summary>
public sealed class HourlyCalls(TimeProvider time, int limit)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<(string UserId, string ClientId), Queue<DateTimeOffset>> _calls = [];
    private int _limit = limit;

    /// <summary>Calls per hour.</summary>
    public int Limit
    {
        get { lock (_gate) return _limit; }
        set { lock (_gate) _limit = value; }
    }

    /// <returns>False where the limit is reached: nothing is counted then.</returns>
    public bool TryCount(string userId, string clientId)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (!_calls.TryGetValue((userId, clientId), out var calls)) _calls[(userId, clientId)] = calls = new();
            while (calls.TryPeek(out var oldest) && now - oldest >= Window) calls.Dequeue();
            if (calls.Count >= _limit) return false;
            calls.Enqueue(now);
            return true;
        }
    }
}
