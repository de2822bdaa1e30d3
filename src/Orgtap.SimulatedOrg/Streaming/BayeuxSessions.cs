using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.Streaming;

/// <summary>
/// Clients that have shaken hands. One that stays away for more than 40 seconds on the org's clock between two connects, or comes without its
/// cookie, is unknown from then on. Thread-safe.
/// </summary>
internal sealed class BayeuxSessions(ChangeFeed feed, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, BayeuxSession> _sessions = [];

    public ChangeFeed Feed => feed;

    /// <param name="cookie">What the client's browser holds already; several clients in one browser share it. Null or empty = a new one.</param>
    public BayeuxSession Open(string accessToken, string? cookie)
    {
        var session = new BayeuxSession(RandomText.Of(28).ToLowerInvariant(), string.IsNullOrEmpty(cookie) ? RandomText.Of(32) : cookie, accessToken, feed) { LastSeen = time.GetUtcNow() };
        lock (_gate) _sessions.Add(session.ClientId, session);
        return session;
    }

    public BayeuxSession? Find(string? clientId, string? cookie)
    {
        if (clientId is null) return null;
        lock (_gate)
        {
            if (!_sessions.TryGetValue(clientId, out var session) || session.Cookie != cookie) return null;
            if (session.Waiting || time.GetUtcNow() - session.LastSeen <= Patience) return session;
            _sessions.Remove(clientId);
            return null;
        }
    }

    public void Touch(BayeuxSession session) => session.LastSeen = time.GetUtcNow();

    public void Close(BayeuxSession session) { lock (_gate) _sessions.Remove(session.ClientId); }

    /// <summary>Forgets every client, as a restart of the server does.</summary>
    public void Clear() { lock (_gate) _sessions.Clear(); }
}

/// <summary>One client: what it subscribed to and how far each channel has been delivered.</summary>
/// <param name="cookie">The value of <c>BAYEUX_BROWSER</c> that every later request must bring.</param>
internal sealed class BayeuxSession(string clientId, string cookie, string accessToken, ChangeFeed feed)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _positions = new(StringComparer.OrdinalIgnoreCase);
    private IReadOnlyList<(string Channel, ChangeEvent Event)> _last = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string ClientId => clientId;
    public string Cookie => cookie;
    public string AccessToken => accessToken;
    public DateTimeOffset LastSeen { get; set; }

    /// <summary>A connect is being held.</summary>
    public bool Waiting { get; set; }

    /// <param name="after">Events behind this replay id are delivered.</param>
    public void Subscribe(string channel, long after)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _positions[channel] = after;
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        changed.SetResult();
    }

    public bool Unsubscribe(string channel) { lock (_gate) return _positions.Remove(channel); }

    /// <summary>Takes what is due, or returns none and a task that ends when there may be something.</summary>
    public (IReadOnlyList<(string Channel, ChangeEvent Event)> Due, Task Next) Take()
    {
        lock (_gate)
        {
            var due = new List<(string Channel, ChangeEvent Event)>();
            var next = feed.After(long.MaxValue, static _ => false).Next;
            foreach (var channel in _positions.Keys.ToArray())
            {
                var events = feed.After(_positions[channel], change => Subscriptions.Carries(channel, change)).Events;
                if (events.Count == 0) continue;
                due.AddRange(events.Select(change => (channel, change)));
                _positions[channel] = events[^1].ReplayId;
            }
            due.Sort(static (left, right) => left.Event.ReplayId.CompareTo(right.Event.ReplayId));
            if (due.Count > 0) _last = due;
            return (due, Task.WhenAny(next, _changed.Task));
        }
    }

    /// <summary>The last events delivered.</summary>
    public IEnumerable<(string Channel, ChangeEvent Event)> Last(int count) { lock (_gate) return [.. _last.TakeLast(count)]; }
}
