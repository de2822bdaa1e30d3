using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Streaming;

/// <summary>
/// The change events of the last 72 hours on the org's clock, and at most the last 100,000: one for every change of a row, in the order of the
/// changes, plus those that tests publish. Thread-safe.
/// </summary>
public sealed class ChangeFeed
{
    private const int MostEvents = 100_000;
    private static readonly TimeSpan Retention = TimeSpan.FromHours(72);
    private readonly OrgStore _store;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly LinkedList<ChangeEvent> _events = [];
    private readonly Queue<DateTimeOffset> _delivered = new();
    private TaskCompletionSource _next = NewSignal();
    private long _lastReplayId = 1_000;

    internal ChangeFeed(OrgStore store, TimeProvider time)
    {
        _store = store;
        _time = time;
        store.Changed += Take;
    }

    /// <summary>Events that clients may be sent in 24 hours. Default 50,000, an Enterprise Edition's.</summary>
    public long DailyLimit { get; set; } = 50_000;

    /// <summary>The replay id of the newest event; subscribers to new events start behind it.</summary>
    public long LastReplayId { get { lock (_gate) return _lastReplayId; } }

    internal OrgStore Store => _store;

    /// <summary>True where the day's deliveries have used up <see cref="DailyLimit"/>.</summary>
    internal bool IsExhausted { get { lock (_gate) return Delivered() >= DailyLimit; } }

    /// <summary>Publishes an event without fields: the change was too large, or happened outside the application servers.</summary>
    /// <param name="change">CREATE, UPDATE, DELETE, UNDELETE or OVERFLOW.</param>
    /// <exception cref="ArgumentException">Another change, or an unknown object.</exception>
    public long PublishGap(string sobject, string change, IReadOnlyList<string> ids)
    {
        if (change is not ("CREATE" or "UPDATE" or "DELETE" or "UNDELETE" or "OVERFLOW"))
            throw new ArgumentException($"\"{change}\" is none of CREATE, UPDATE, DELETE, UNDELETE, OVERFLOW.", nameof(change));
        var type = _store.Schema.FindAny(sobject) ?? throw new ArgumentException($"no object {sobject}", nameof(sobject));
        return Publish(type.Name, "GAP_" + change, change == "OVERFLOW" ? ["000000000000000AAA"] : ids, [], null);
    }

    /// <summary>Whether a client may go on behind this event.</summary>
    internal bool Knows(long replayId)
    {
        lock (_gate)
        {
            Trim();
            return _events.First is { } oldest && replayId >= oldest.Value.ReplayId && replayId <= _lastReplayId;
        }
    }

    /// <summary>Retained events behind a replay id, oldest first, and a task that ends when there is a further one.</summary>
    internal (IReadOnlyList<ChangeEvent> Events, Task Next) After(long replayId, Predicate<ChangeEvent> wanted)
    {
        lock (_gate)
        {
            Trim();
            var found = new List<ChangeEvent>();
            for (var node = _events.Last; node is not null && node.Value.ReplayId > replayId; node = node.Previous)
                if (wanted(node.Value)) found.Add(node.Value);
            found.Reverse();
            return (found, _next.Task);
        }
    }

    internal void CountDelivered(int events)
    {
        lock (_gate)
            for (var i = 0; i < events; i++) _delivered.Enqueue(_time.GetUtcNow());
    }

    private void Take(RowChange change)
    {
        if (_store.Schema.FindAny(change.Rows.Name) is not { Triggerable: true } type || ChangeKinds.Of(change) is not { } kind) return;
        string[] changed = kind == ChangeKind.Update ? [.. ChangePayload.ChangedFields(change, type)] : [];
        if (kind == ChangeKind.Update && changed.Length == 0) return;
        Publish(type.Name, kind.Text(), [SalesforceId.Text(change.Rows.KeyPrefix, change.Ordinal)], changed, kind == ChangeKind.Delete ? null : change);
    }

    private long Publish(string sobject, string type, IReadOnlyList<string> ids, IReadOnlyList<string> changed, RowChange? row)
    {
        TaskCompletionSource signal;
        long id;
        lock (_gate)
        {
            Trim();
            // Salesforce's replay ids ascend and are not contiguous.
            id = _lastReplayId += 1 + (long)(Hash.Mix((ulong)_lastReplayId) % 3);
            _events.AddLast(new ChangeEvent(id, _time.GetUtcNow(), sobject, type, ids, changed, row));
            (signal, _next) = (_next, NewSignal());
        }
        signal.SetResult();
        return id;
    }

    private void Trim()
    {
        var oldest = _time.GetUtcNow() - Retention;
        while (_events.First is { } first && (first.Value.At < oldest || _events.Count > MostEvents)) _events.RemoveFirst();
    }

    private int Delivered()
    {
        var since = _time.GetUtcNow() - TimeSpan.FromHours(24);
        while (_delivered.TryPeek(out var at) && at <= since) _delivered.Dequeue();
        return _delivered.Count;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
