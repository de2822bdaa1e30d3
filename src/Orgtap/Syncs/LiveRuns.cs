using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Orgtap.Primitives;

namespace Orgtap.Syncs;

/// <summary>A run as it is at this moment.</summary>
/// <param name="Outcome"><see cref="RunOutcome.Running"/> until it has ended.</param>
/// <param name="RowsPerSecond">Of all tables, over the last ten seconds.</param>
public sealed record RunSnapshot(
    RunId Id, ConnectionId ConnectionId, string StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, RunOutcome Outcome, Verdict? Verdict,
    long ApiCalls, double RowsPerSecond, Connections.Problem? Problem, IReadOnlyList<TableSnapshot> Tables);

/// <summary>A table of a run as it is at this moment.</summary>
/// <param name="Table">What run history would say of it.</param>
/// <param name="RowsPerSecond">Over the last ten seconds; 0 while nothing was written.</param>
/// <param name="ExpectedEnd">UTC; null where rate or number of rows is unknown.</param>
/// <param name="Activity">What it is doing, for people, e.g. <c>Salesforce prepares the rows</c>.</param>
public sealed record TableSnapshot(RunTable Table, double RowsPerSecond, DateTimeOffset? ExpectedEnd, string Activity);

/// <summary>The runs of this process, live. Keeps the last one of each connection for a while after its end, so that a watcher sees how it ended; history has it for good.</summary>
public sealed class LiveRuns(TimeProvider time)
{
    /// <summary>How long a run stays behind its end. Whoever looks at it late reads history; kept for ever, a thousand connections' last runs would hold 150 MB.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<ConnectionId, LiveRun> _runs = new();
    private readonly ConcurrentDictionary<ConnectionId, TaskCompletionSource> _changes = new();
    private readonly ConcurrentQueue<(ConnectionId Connection, LiveRun Run, long At)> _ended = new();

    /// <summary>The run under way or the one that ended last, within the last ten minutes or so; null: none.</summary>
    public RunSnapshot? Current(ConnectionId connection) => _runs.GetValueOrDefault(connection)?.Snapshot();

    /// <summary>Yields the present state at once if there is one, then a new one after each change; changes that come faster than they are read are joined. Ends only when cancelled.</summary>
    public async IAsyncEnumerable<RunSnapshot> WatchAsync(ConnectionId connection, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before looking, so that a change in between is not missed.
            var change = _changes.GetOrAdd(connection, _ => NewSignal()).Task;
            if (Current(connection) is { } snapshot) yield return snapshot;
            await change.WaitAsync(cancellationToken);
        }
    }

    internal LiveRun Begin(Run run)
    {
        LetGo();
        var live = new LiveRun(run, time, () => Changed(run.ConnectionId));
        live.Ended = () => _ended.Enqueue((run.ConnectionId, live, time.GetTimestamp()));
        _runs[run.ConnectionId] = live;
        Changed(run.ConnectionId);
        return live;
    }

    /// <summary>The state of a run that belongs to another process; nobody watches it here.</summary>
    internal LiveRun Aside(Run run) => new(run, time, static () => { });

    /// <summary>Another process has the run now.</summary>
    internal void Leave(Run run)
    {
        if (_runs.TryGetValue(run.ConnectionId, out var known) && known.Id == run.Id) _runs.TryRemove(new KeyValuePair<ConnectionId, LiveRun>(run.ConnectionId, known));
        Changed(run.ConnectionId);
    }

    /// <summary>Forgets what ended long ago, the oldest first.</summary>
    private void LetGo()
    {
        while (_ended.TryPeek(out var first) && time.GetElapsedTime(first.At) > Kept && _ended.TryDequeue(out var old))
            _runs.TryRemove(new KeyValuePair<ConnectionId, LiveRun>(old.Connection, old.Run));
    }

    private void Changed(ConnectionId connection)
    {
        if (_changes.TryRemove(connection, out var change)) change.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>One run's live state. Thread-safe.</summary>
internal sealed class LiveRun(Run run, TimeProvider time, Action changed)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LiveTable> _tables = run.Tables.ToDictionary(table => table.SObject, table => new LiveTable(table), StringComparer.OrdinalIgnoreCase);
    private Run _run = run;

    public RunId Id { get; } = run.Id;

    /// <summary>Called when it has ended.</summary>
    public Action Ended { get; set; } = static () => { };

    public void Update(RunTable table, string activity)
    {
        lock (_gate) _tables[table.SObject].Update(table, activity, time.GetUtcNow());
        changed();
    }

    public void End(Run ended)
    {
        lock (_gate) _run = ended;
        Ended();
        changed();
    }

    public RunSnapshot Snapshot()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var tables = _run.Tables.Select(table => _tables[table.SObject].Snapshot(now)).ToList();
            var calls = _run.Outcome == RunOutcome.Running ? tables.Sum(table => table.Table.ApiCalls) : _run.ApiCalls;
            return new RunSnapshot(_run.Id, _run.ConnectionId, _run.StartedBy, _run.StartedAt, _run.EndedAt, _run.Outcome, _run.Verdict, calls,
                _run.Outcome == RunOutcome.Running ? tables.Sum(table => table.RowsPerSecond) : 0, _run.Problem, tables);
        }
    }
}

/// <summary>A table's rate over a sliding window.</summary>
internal sealed class LiveTable(RunTable table)
{
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(10);
    private readonly Queue<(DateTimeOffset At, long Rows)> _marks = new();
    private RunTable _table = table;
    private string _activity = "Waiting";

    public void Update(RunTable table, string activity, DateTimeOffset now)
    {
        (_table, _activity) = (table, activity);
        _marks.Enqueue((now, table.RowsWritten));
        // The last mark before the window stays: the rate is measured from there.
        while (_marks.Count > 2 && now - _marks.ElementAt(1).At > RateWindow) _marks.Dequeue();
    }

    public TableSnapshot Snapshot(DateTimeOffset now)
    {
        var rate = 0d;
        if (_table.State == RunTableState.Running && _marks.TryPeek(out var first) && now > first.At)
            rate = Math.Max(0, (_table.RowsWritten - first.Rows) / (now - first.At).TotalSeconds);
        var left = _table.RowsExpected - _table.RowsWritten;
        // Beyond a month the rate is too small to tell.
        var seconds = left > 0 && rate > 0 ? left.Value / rate : double.NaN;
        return new TableSnapshot(_table, rate, seconds < 30 * 86_400 ? now + TimeSpan.FromSeconds(seconds) : null, _activity);
    }
}
