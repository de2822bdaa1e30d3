using System.Collections.Concurrent;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Storage;

namespace Orgtap.Quota;

/// <summary>
/// Keeps every connection under its share of its org's daily calls. One ledger per org; calls are reserved before they are made. With nothing
/// known of an org, one call goes out first and the others wait for what its answer says. A process that has its control store to itself keeps the ledgers in memory and
/// writes behind, at most once a second or at a change of 1 %, so a crash loses no more than that; in a control store that several processes share, every step is written
/// before the call goes out.
/// </summary>
public sealed class QuotaGuard(ControlStore store, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<OrgId, OrgLedger> _ledgers = new();
    private readonly ApiUseStore _kept = new(store, time);

    /// <param name="connection">Whose call it is.</param>
    /// <param name="thresholdPercent">Of the org's limit, 1 to 100.</param>
    public async Task<ReservationResult> ReserveAsync(OrgId org, ConnectionId connection, int thresholdPercent, CancellationToken cancellationToken) =>
        await (await LedgerAsync(org, cancellationToken)).ReserveAsync(connection.Value, thresholdPercent, cancellationToken);

    /// <summary>A call was sent: counts it as this installation's own.</summary>
    /// <param name="purpose">What it was made for.</param>
    public void CountCall(OrgId org, ConnectionId connection, CallPurpose purpose, ApiKind kind) => _kept.CountCall(org, connection, purpose, kind);

    /// <summary>A reading that is newer than all before, e.g. from <c>/limits</c>. Answers to reserved calls go to <see cref="Reservation.SettleAsync"/>.</summary>
    public async Task ObserveAsync(OrgId org, ApiUseHeader header, CancellationToken cancellationToken) => await (await LedgerAsync(org, cancellationToken)).ObserveAsync(header, cancellationToken);

    /// <summary>Salesforce refused a call because the org's limit is reached.</summary>
    /// <returns>When the next attempt makes sense.</returns>
    public async Task<DateTimeOffset> LimitReachedAsync(OrgId org, CancellationToken cancellationToken) => await (await LedgerAsync(org, cancellationToken)).LimitReachedAsync(cancellationToken);

    /// <summary>Null while nothing is known of the org.</summary>
    public async Task<ApiUse?> UseAsync(OrgId org, CancellationToken cancellationToken) =>
        await (await LedgerAsync(org, cancellationToken)).ReadAsync(cancellationToken) is { IsKnown: true } known
            ? new ApiUse(known.Used, known.Maximum, await _kept.OwnAsync(org, cancellationToken), known.ObservedAt)
            : null;

    /// <summary>Of many orgs at once; those of which nothing is known are left out.</summary>
    public async Task<IReadOnlyDictionary<OrgId, ApiUse>> UseAsync(IEnumerable<OrgId> orgs, CancellationToken cancellationToken)
    {
        var own = await _kept.OwnOfAllAsync(cancellationToken);
        var kept = await _kept.KnownAsync(cancellationToken);
        var all = new Dictionary<OrgId, ApiUse>();
        foreach (var org in orgs.Distinct())
        {
            // What this process has in memory is newer than what it has written behind.
            var known = _ledgers.TryGetValue(org, out var ledger) && ledger is OwnLedger { Use: { IsKnown: true } use }
                ? new KnownUse(org, use.Used, use.Maximum, use.ObservedAt) : kept.TryGetValue(org, out var written) ? written : (KnownUse?)null;
            if (known is { } found) all[org] = new ApiUse(found.Used, found.Maximum, own.GetValueOrDefault(org), found.ObservedAt);
        }
        return all;
    }

    /// <summary>What the installation's own calls of the last 24 hours to an org were for, most first.</summary>
    public Task<IReadOnlyList<OwnCalls>> OwnCallsAsync(OrgId org, CancellationToken cancellationToken) => _kept.OwnByPurposeAsync(org, cancellationToken);

    /// <summary>Writes what was learned, if a second has passed or use has moved by 1 % since the last time.</summary>
    public Task SaveIfDueAsync(CancellationToken cancellationToken) => _kept.SaveIfDueAsync(Known(), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _kept.SaveAsync(Known(), CancellationToken.None);
        _kept.Dispose();
        foreach (var ledger in _ledgers.Values) (ledger as IDisposable)?.Dispose();
    }

    private async ValueTask<OrgLedger> LedgerAsync(OrgId org, CancellationToken cancellationToken)
    {
        var ledger = _ledgers.GetOrAdd(org, _ => store.IsShared ? new SharedLedger(store, org, time) : new OwnLedger(time));
        if (ledger is OwnLedger { IsRestored: false } own) own.Restore(await _kept.FindAsync(org, cancellationToken), time.GetUtcNow());
        return ledger;
    }

    // Shared ledgers write themselves.
    private List<KnownUse> Known() =>
        [.. _ledgers.Select(entry => (Org: entry.Key, Use: (entry.Value as OwnLedger)?.Use)).Where(entry => entry.Use is { IsKnown: true })
            .Select(entry => new KnownUse(entry.Org, entry.Use!.Used, entry.Use.Maximum, entry.Use.ObservedAt))];
}
