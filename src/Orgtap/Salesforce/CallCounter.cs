namespace Orgtap.Salesforce;

/// <summary>What one table of a run costs. Thread-safe.</summary>
public sealed class CallCounter
{
    private long _calls;
    private long _bytes;

    /// <summary>Calls that count toward the org's daily limit, retries included.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    /// <summary>Bytes of response bodies, after decompression.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public void AddCall() => Interlocked.Increment(ref _calls);

    public void AddBytes(long count) => Interlocked.Add(ref _bytes, count);
}
