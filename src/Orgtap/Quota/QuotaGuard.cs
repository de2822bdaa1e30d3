using System.Collections.Concurrent;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Storage;

namespace Orgtap.Quota;

/// <summary>
/// Keeps every connection under its share of its org's daily calls. One ledger per org; calls are reserved before they are made. With nothing
/// known of an org, one call goes out first and the others wait for what its answer says. What is learned is written behind, at most once a second
/// or at a change of 1 %, so a crash loses no more than that.
/// </summary>
public sealed class QuotaGuard(ControlStore store, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<OrgId, OrgLedger> _ledgers = new();
    private readonly ApiUseStore _kept = new(store, time);

    /// <param name="connection">Whose call it is.</param>
    /// <param name="thresholdPercent">Of the org's limit, 1 to 100.</param>
    public async Task<ReservationResult> ReserveAsync(OrgId org, ConnectionId connection, int thresholdPercent, CancellationToken cancellationToken)
    {
        var ledger = await LedgerAsync(org, cancellationToken);
        while (true)
        {
            var (decision, waitFor) = ledger.TryReserve(connection.Value, thresholdPercent);
            if (decision is not null) return decision;
            await waitFor!.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A call was sent: counts it as this installation's own.</summary>
    public void CountCall(OrgId org, ConnectionId connection) => _kept.CountCall(org, connection);

    /// <summary>A reading that is newer than all before, e.g. from <c>/limits</c>. Answers to reserved calls go to <see cref="Reservation.Settle"/>.</summary>
    public void Observe(OrgId org, ApiUseHeader header) => _ledgers.GetOrAdd(org, _ => new OrgLedger(time)).Observe(header);

    /// <summary>Salesforce refused a call because the org's limit is reached.</summary>
    /// <returns>When the next attempt makes sense.</returns>
    public DateTimeOffset LimitReached(OrgId org) => _ledgers.GetOrAdd(org, _ => new OrgLedger(time)).LimitReached();

    /// <summary>Null while nothing is known of the org.</summary>
    public async Task<ApiUse?> UseAsync(OrgId org, CancellationToken cancellationToken) =>
        (await LedgerAsync(org, cancellationToken)).Known is { } known
            ? new ApiUse(known.Used, known.Maximum, await _kept.OwnAsync(org, cancellationToken), known.ObservedAt)
            : null;

    /// <summary>Of many orgs at once; those of which nothing is known are left out.</summary>
    public async Task<IReadOnlyDictionary<OrgId, ApiUse>> UseAsync(IEnumerable<OrgId> orgs, CancellationToken cancellationToken)
    {
        var own = await _kept.OwnOfAllAsync(cancellationToken);
        var all = new Dictionary<OrgId, ApiUse>();
        foreach (var org in orgs.Distinct())
            if ((await LedgerAsync(org, cancellationToken)).Known is { } known) all[org] = new ApiUse(known.Used, known.Maximum, own.GetValueOrDefault(org), known.ObservedAt);
        return all;
    }

    /// <summary>Writes what was learned, if a second has passed or use has moved by 1 % since the last time.</summary>
    public Task SaveIfDueAsync(CancellationToken cancellationToken) => _kept.SaveIfDueAsync(Known(), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _kept.SaveAsync(Known(), CancellationToken.None);
        _kept.Dispose();
    }

    private async ValueTask<OrgLedger> LedgerAsync(OrgId org, CancellationToken cancellationToken)
    {
        if (_ledgers.TryGetValue(org, out var ledger) && ledger.Known is not null) return ledger;
        ledger = _ledgers.GetOrAdd(org, _ => new OrgLedger(time));
        if (!ledger.IsRestored && await _kept.FindAsync(org, cancellationToken) is { } kept) ledger.Restore(kept.Used, kept.Maximum, kept.ObservedAt);
        ledger.IsRestored = true;
        return ledger;
    }

    private List<KnownUse> Known()
    {
        var all = new List<KnownUse>();
        foreach (var (org, ledger) in _ledgers)
            if (ledger.Known is { } known) all.Add(new KnownUse(org, known.Used, known.Maximum, known.ObservedAt));
        return all;
    }
}
