using Dapper;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Storage;

namespace Orgtap.Quota;

/// <summary>What is known of one org, as it is kept.</summary>
internal readonly record struct KnownUse(OrgId Org, long Used, long Maximum, DateTimeOffset ObservedAt);

/// <summary>Keeps use per org and own calls per org, connection and hour; gathers them in memory between writes.</summary>
internal sealed class ApiUseStore(ControlStore store, TimeProvider time) : IDisposable
{
    private const long HourInMilliseconds = 3_600_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _saving = new(1, 1);
    private readonly Dictionary<OrgId, KnownUse> _saved = [];
    private Dictionary<CallsKey, long> _calls = [];
    private DateTimeOffset _savedAt = DateTimeOffset.MinValue;

    public void CountCall(OrgId org, ConnectionId connection, CallPurpose purpose, ApiKind kind)
    {
        var key = new CallsKey(org, connection.Value, purpose, kind, time.GetUtcNow().ToUnixTimeMilliseconds() / HourInMilliseconds);
        lock (_gate) _calls[key] = _calls.GetValueOrDefault(key) + 1;
    }

    public async Task<KnownUse?> FindAsync(OrgId org, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var (used, maximum, at) = await db.QuerySingleOrDefaultAsync<(long Used, long Maximum, long At)>(
            "SELECT used, maximum, observed_at FROM api_use WHERE org_id = @org", new { org = org.Value });
        return maximum > 0 ? new KnownUse(org, used, maximum, DateTimeOffset.FromUnixTimeMilliseconds(at)) : null;
    }

    /// <summary>Of every org that is known, in one query.</summary>
    public async Task<IReadOnlyDictionary<OrgId, KnownUse>> KnownAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return (await db.QueryAsync<(string Org, long Used, long Maximum, long At)>("SELECT org_id, used, maximum, observed_at FROM api_use WHERE maximum > 0"))
            .Select(row => new KnownUse(new OrgId(row.Org), row.Used, row.Maximum, DateTimeOffset.FromUnixTimeMilliseconds(row.At))).ToDictionary(known => known.Org);
    }

    /// <summary>Own calls of the last 24 whole hours and the present one.</summary>
    public async Task<long> OwnAsync(OrgId org, CancellationToken cancellationToken)
    {
        var since = FirstHour();
        await _saving.WaitAsync(cancellationToken);
        try
        {
            await using var db = await store.ConnectAsync(cancellationToken);
            var written = await db.ExecuteScalarAsync<long>(
                "SELECT CAST(COALESCE(SUM(calls), 0) AS BIGINT) FROM api_calls WHERE org_id = @org AND hour >= @since", new { org = org.Value, since });
            lock (_gate) return written + _calls.Where(entry => entry.Key.Org == org && entry.Key.Hour >= since).Sum(entry => entry.Value);
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <summary>The same for every org that this installation called, in one query.</summary>
    public async Task<IReadOnlyDictionary<OrgId, long>> OwnOfAllAsync(CancellationToken cancellationToken)
    {
        var since = FirstHour();
        await _saving.WaitAsync(cancellationToken);
        try
        {
            await using var db = await store.ConnectAsync(cancellationToken);
            var own = (await db.QueryAsync<(string Org, long Calls)>("SELECT org_id, CAST(SUM(calls) AS BIGINT) FROM api_calls WHERE hour >= @since GROUP BY org_id", new { since }))
                .ToDictionary(row => new OrgId(row.Org), row => row.Calls);
            lock (_gate)
                foreach (var (key, count) in _calls)
                    if (key.Hour >= since) own[key.Org] = own.GetValueOrDefault(key.Org) + count;
            return own;
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <summary>The same of one org, by connection, purpose and interface; most calls first.</summary>
    public async Task<IReadOnlyList<OwnCalls>> OwnByPurposeAsync(OrgId org, CancellationToken cancellationToken)
    {
        var since = FirstHour();
        await _saving.WaitAsync(cancellationToken);
        try
        {
            await using var db = await store.ConnectAsync(cancellationToken);
            var calls = (await db.QueryAsync<(string Connection, string Purpose, string Kind, long Calls)>("""
                SELECT connection_id, purpose, kind, CAST(SUM(calls) AS BIGINT) FROM api_calls WHERE org_id = @org AND hour >= @since GROUP BY connection_id, purpose, kind
                """, new { org = org.Value, since })).ToDictionary(
                    row => new CallsKey(org, row.Connection, Enum.Parse<CallPurpose>(row.Purpose), Enum.Parse<ApiKind>(row.Kind), 0), row => row.Calls);
            lock (_gate)
            {
                foreach (var (key, count) in _calls.Where(entry => entry.Key.Org == org && entry.Key.Hour >= since))
                    calls[key with { Hour = 0 }] = calls.GetValueOrDefault(key with { Hour = 0 }) + count;
            }
            return [.. calls.Select(entry => new OwnCalls(new ConnectionId(entry.Key.Connection), entry.Key.Purpose, entry.Key.Kind, entry.Value))
                .OrderByDescending(own => own.Calls).ThenBy(own => own.Purpose).ThenBy(own => own.Kind)];
        }
        finally
        {
            _saving.Release();
        }
    }

    public Task SaveIfDueAsync(IReadOnlyList<KnownUse> known, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var moved = known.Any(use => !_saved.TryGetValue(use.Org, out var before) || before.Maximum != use.Maximum
                || Math.Abs(use.Used - before.Used) * 100 >= use.Maximum);
            if (!moved && time.GetUtcNow() - _savedAt < Pause) return Task.CompletedTask;
        }

        return SaveAsync(known, cancellationToken);
    }

    public async Task SaveAsync(IReadOnlyList<KnownUse> known, CancellationToken cancellationToken)
    {
        await _saving.WaitAsync(cancellationToken);
        Dictionary<CallsKey, long> calls;
        List<KnownUse> changed;
        lock (_gate)
        {
            (calls, _calls) = (_calls, []);
            changed = [.. known.Where(use => !_saved.TryGetValue(use.Org, out var before) || before != use)];
            _savedAt = time.GetUtcNow();
        }

        try
        {
            if (calls.Count > 0 || changed.Count > 0) await WriteAsync(changed, calls, cancellationToken);
            lock (_gate)
                foreach (var use in changed) _saved[use.Org] = use;
        }
        catch
        {
            lock (_gate)
                foreach (var (key, count) in calls) _calls[key] = _calls.GetValueOrDefault(key) + count;
            throw;
        }
        finally
        {
            _saving.Release();
        }
    }

    private long FirstHour() => (time.GetUtcNow().ToUnixTimeMilliseconds() / HourInMilliseconds) - 23;

    public void Dispose() => _saving.Dispose();

    private Task WriteAsync(
        List<KnownUse> known, Dictionary<CallsKey, long> calls, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var db = transaction.Connection!;
        foreach (var use in known)
        {
            await db.ExecuteAsync("""
                INSERT INTO api_use (org_id, used, maximum, observed_at) VALUES (@org, @used, @maximum, @at)
                ON CONFLICT (org_id) DO UPDATE SET used = excluded.used, maximum = excluded.maximum, observed_at = excluded.observed_at
                """, new { org = use.Org.Value, used = use.Used, maximum = use.Maximum, at = use.ObservedAt.ToUnixTimeMilliseconds() }, transaction);
        }

        foreach (var (key, count) in calls)
        {
            await db.ExecuteAsync("""
                INSERT INTO api_calls (org_id, connection_id, purpose, kind, hour, calls) VALUES (@org, @connection, @purpose, @kind, @hour, @count)
                ON CONFLICT (org_id, connection_id, purpose, kind, hour) DO UPDATE SET calls = api_calls.calls + excluded.calls
                """, new { org = key.Org.Value, connection = key.Connection, purpose = key.Purpose.ToString(), kind = key.Kind.ToString(), hour = key.Hour, count }, transaction);
        }
    }, cancellationToken);

    private readonly record struct CallsKey(OrgId Org, string Connection, CallPurpose Purpose, ApiKind Kind, long Hour);
}
