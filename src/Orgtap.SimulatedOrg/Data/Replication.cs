namespace Orgtap.SimulatedOrg.Data;

/// <summary>How the lists of updated and deleted records fall short. Thread-safe.</summary>
public sealed class Replication
{
    private readonly Lock _gate = new();
    private TimeSpan _lag;
    private DateTimeOffset _purgedBefore = DateTimeOffset.MinValue;
    private int _mostIds = 600_000;

    /// <summary>What happened within so long before now is not covered yet: <c>latestDateCovered</c> says so. Default none.</summary>
    public TimeSpan Lag
    {
        get { lock (_gate) return _lag; }
        set { lock (_gate) _lag = value; }
    }

    /// <summary>The list of deleted records begins here: what was deleted before was purged. Default: only the 15 days count.</summary>
    public DateTimeOffset PurgedBefore
    {
        get { lock (_gate) return _purgedBefore; }
        set { lock (_gate) _purgedBefore = value; }
    }

    /// <summary>More updated records than this are refused with EXCEEDED_ID_LIMIT. Default 600,000, Salesforce's.</summary>
    public int MostIds
    {
        get { lock (_gate) return _mostIds; }
        set { lock (_gate) _mostIds = value; }
    }
}
