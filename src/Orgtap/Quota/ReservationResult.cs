using Orgtap.Salesforce;

namespace Orgtap.Quota;

/// <summary>Whether a call may be made.</summary>
public abstract record ReservationResult
{
    private ReservationResult()
    {
    }

    /// <summary>Yes; the reservation is held until it is settled or disposed.</summary>
    public sealed record Granted(Reservation Reservation) : ReservationResult;

    /// <summary>No, the threshold is reached.</summary>
    /// <param name="Until">When the next attempt makes sense, UTC.</param>
    /// <param name="Threshold">The number of calls at which this connection stops.</param>
    public sealed record Denied(DateTimeOffset Until, long Used, long Maximum, long Threshold) : ReservationResult;
}

/// <summary>One call that may be under way. Dispose it when the call has ended, however it ended.</summary>
public sealed class Reservation : IAsyncDisposable
{
    private readonly OrgLedger _ledger;
    private int _settled;

    internal Reservation(OrgLedger ledger, long startedAfter)
    {
        _ledger = ledger;
        StartedAfter = startedAfter;
    }

    /// <summary>How many answers the ledger had seen when the call was granted.</summary>
    internal long StartedAfter { get; }

    /// <summary>The call has ended. Only the first time counts.</summary>
    /// <param name="header">What the answer said of the org's use; null: nothing, so the call is taken as counted.</param>
    public ValueTask SettleAsync(ApiUseHeader? header) => Interlocked.Exchange(ref _settled, 1) == 0 ? _ledger.SettleAsync(this, header) : default;

    /// <summary>The call did not count: it was refused for its token. What is known stays as it is.</summary>
    public ValueTask ReleaseAsync() => Interlocked.Exchange(ref _settled, 1) == 0 ? _ledger.ReleaseAsync() : default;

    /// <summary>A call that ends without <see cref="SettleAsync"/> is taken as counted.</summary>
    public ValueTask DisposeAsync() => SettleAsync(null);
}
