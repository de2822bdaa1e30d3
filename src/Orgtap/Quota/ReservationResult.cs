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
public sealed class Reservation : IDisposable
{
    private readonly OrgLedger _ledger;
    private int _settled;

    internal Reservation(OrgLedger ledger, long startedAfter)
    {
        _ledger = ledger;
        StartedAfter = startedAfter;
    }

    /// <summary>How many answers the ledger had seen when the call began.</summary>
    internal long StartedAfter { get; }

    /// <summary>The call has ended. Only the first time counts.</summary>
    /// <param name="header">What the answer said of the org's use; null: nothing, so the call is taken as counted.</param>
    public void Settle(ApiUseHeader? header)
    {
        if (Interlocked.Exchange(ref _settled, 1) == 0) _ledger.Settle(this, header);
    }

    /// <summary>The call did not count: it was refused for its token. What is known stays as it is.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _settled, 1) == 0) _ledger.Release();
    }

    /// <summary>A call that ends without <see cref="Settle"/> is taken as counted.</summary>
    public void Dispose() => Settle(null);
}
