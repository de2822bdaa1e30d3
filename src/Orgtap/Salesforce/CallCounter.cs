namespace Orgtap.Salesforce;

/// <summary>What one table of a run, or one look at an org, costs. Thread-safe.</summary>
/// <param name="purpose">What its calls are for.</param>
public sealed class CallCounter(CallPurpose purpose = CallPurpose.Lookup)
{
    private long _calls;
    private long _bytes;

    public CallPurpose Purpose => purpose;

    /// <summary>Calls that count toward the org's daily limit, retries included.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Bytes of response bodies, after decompression.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public void AddCall() => Interlocked.Increment(ref _calls);

    public void AddBytes(long count) => Interlocked.Add(ref _bytes, count);
}

/// <summary>What calls to an org are made for.</summary>
public enum CallPurpose
{
    /// <summary>Somebody looked: tables, fields, a plan, a connection test.</summary>
    Lookup,

    /// <summary>Bringing tables up to date.</summary>
    Sync,

    /// <summary>Comparing all Ids for rows that vanished.</summary>
    Reconcile,

    /// <summary>Reading values again that change without a stamp.</summary>
    Refresh,

    /// <summary>Comparing the copy with the org.</summary>
    Verify,

    /// <summary>Looking whether tables and fields have changed.</summary>
    SchemaRefresh,

    /// <summary>Looking whether the authorization still holds.</summary>
    TokenCheck,

    /// <summary>Importing conversations.</summary>
    Conversations,

    /// <summary>Checking a new authorization.</summary>
    Authorization,

    /// <summary>Looking at, stopping and starting jobs inside the org.</summary>
    OrgJobs,

    /// <summary>Counted before purposes were told apart.</summary>
    Earlier,
}
