using System.Text.Json;
using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Quota;

/// <summary>
/// The ledger of processes that share a control store: one row per org, which each step replaces only if no other process has replaced it meanwhile, so that a call
/// that any process has begun is known to all before the next begins. A step is one statement where this process took the one before it, else two.
/// </summary>
internal sealed class SharedLedger(ControlStore store, OrgId org, TimeProvider time) : OrgLedger(time), IDisposable
{
    // Answers that other processes hear are not announced here.
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time = time;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private (OrgUse Use, long Version)? _last;

    public override async ValueTask<OrgUse> ReadAsync(CancellationToken cancellationToken) => (await LoadAsync(cancellationToken)).Use;

    public void Dispose() => _gate.Dispose();

    protected override async ValueTask<T> ChangeAsync<T>(Func<OrgUse, (OrgUse Next, T Result)> step, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                var (use, version) = _last ?? await LoadAsync(cancellationToken);
                var (next, result) = step(use);
                // What a step decides from is what the others see, also where it changes nothing.
                if (await ReplaceAsync(next, version, cancellationToken))
                {
                    _last = (next, version + 1);
                    return result;
                }
                _last = null;
            }
        }
        catch
        {
            // Whether the statement arrived is not known.
            _last = null;
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    protected override async Task WaitAsync(Task answer, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(answer, Task.Delay(LookPause, _time, enough.Token));
        await enough.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<(OrgUse Use, long Version)> LoadAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var row = await db.QuerySingleOrDefaultAsync<Row>("SELECT used, maximum, observed_at AS at, ledger, version FROM api_use WHERE org_id = @org", new { org = org.Value });
        if (row is null) return (new OrgUse(), 0);
        return (row.Ledger is { } ledger ? JsonSerializer.Deserialize<OrgUse>(ledger)!
            : new OrgUse().Restored(new KnownUse(org, row.Used, row.Maximum, DateTimeOffset.FromUnixTimeMilliseconds(row.At)), _time.GetUtcNow()), row.Version);
    }

    private async Task<bool> ReplaceAsync(OrgUse next, long version, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var values = new
        {
            org = org.Value, used = next.Used, maximum = next.Maximum, at = next.IsKnown ? next.ObservedAt.ToUnixTimeMilliseconds() : 0, ledger = JsonSerializer.Serialize(next), version,
        };
        return await db.ExecuteAsync("""
            INSERT INTO api_use (org_id, used, maximum, observed_at, ledger, version) VALUES (@org, @used, @maximum, @at, @ledger, @version + 1)
            ON CONFLICT (org_id) DO UPDATE SET used = excluded.used, maximum = excluded.maximum, observed_at = excluded.observed_at, ledger = excluded.ledger, version = excluded.version
            WHERE api_use.version = @version
            """, values) == 1;
    }

    private sealed record Row(long Used, long Maximum, long At, string? Ledger, long Version);
}
