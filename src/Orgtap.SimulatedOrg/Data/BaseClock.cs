namespace Orgtap.SimulatedOrg.Data;

/// <summary>
/// System stamps of base rows, in milliseconds since 1970 at whole seconds as Salesforce gives them. CreatedDate ascends roughly with the Id;
/// one block of 256 rows in sixteen was changed at once, as a bulk load leaves it.
/// </summary>
internal sealed class BaseClock
{
    public static readonly DateOnly Epoch = new(1970, 1, 1);
    private const long Day = 86_400;
    private const int BlockBits = 8;
    private readonly long _start;
    private readonly long _end;
    private readonly double _perRow;

    private readonly long _first;

    /// <param name="first">The first ordinal in use.</param>
    public BaseClock(DateTimeOffset now, long count, long first = 0)
    {
        _first = first;
        _end = now.ToUnixTimeSeconds() - 1;
        _start = now.AddYears(-5).ToUnixTimeSeconds();
        _perRow = (_end - _start) / (double)Math.Max(1, count);
    }

    public long Created(long ordinal, ulong hash) => 1000 * CreatedSecond(ordinal - _first, hash);

    public long Modified(long ordinal, ulong hash) => 1000 * (BulkSecond(ordinal - _first) ?? ModifiedSecond(ordinal - _first, hash));

    public long ModStamp(long ordinal, ulong hash)
    {
        if (BulkSecond(ordinal - _first) is { } bulk) return 1000 * bulk;
        var modified = ModifiedSecond(ordinal - _first, hash);
        // Automated changes move SystemModstamp alone.
        return 1000 * ((hash & 7) == 0 ? Math.Min(_end, modified + (long)((hash >> 40) % Day)) : modified);
    }

    private long CreatedSecond(long ordinal, ulong hash) => Math.Min(_end, _start + (long)(ordinal * _perRow) + (long)((hash >> 20) % 3_600));

    private long ModifiedSecond(long ordinal, ulong hash)
    {
        var created = CreatedSecond(ordinal, hash);
        var fraction = (Data.Hash.Mix(hash) >> 11) * (1.0 / (1UL << 53));
        return created + (long)((_end - created) * fraction * fraction * fraction);
    }

    private long? BulkSecond(long ordinal)
    {
        var block = ordinal >> BlockBits;
        var hash = Data.Hash.Mix((ulong)block + 0x9E3779B97F4A7C15UL);
        if ((hash & 15) != 0) return null;
        var earliest = Math.Min(_end, _start + (long)(((block + 1) << BlockBits) * _perRow) + 3_600);
        return earliest + (long)((hash >> 8) % (ulong)(_end - earliest + 1));
    }
}
