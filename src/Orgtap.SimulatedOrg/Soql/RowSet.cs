using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>The rows of one run, as ordinals.</summary>
internal abstract class RowSet
{
    public abstract long Count { get; }

    /// <summary>The same for sets with the same rows in the same order; for others almost certainly another.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>Calls for the ordinals one after another, from a position on.</summary>
    public abstract OrdinalCursor From(long position);
}

internal abstract class OrdinalCursor
{
    /// <returns>Minus one at the end.</returns>
    public abstract long Next();
}

/// <summary>One bit per row: five million rows take 625 KB, and any position is found at once.</summary>
internal sealed class BitRowSet(long first, bool descending) : RowSet
{
    private const int Stride = 64;
    private readonly List<ulong> _words = [];
    private readonly List<long> _before = [];
    private long _count;

    public override long Count => _count;

    public override string Fingerprint => $"{first}{(descending ? '-' : '+')}{Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_words))))}";

    /// <param name="ordinal">Not below the first.</param>
    public void Add(long ordinal)
    {
        var word = (int)((ordinal - first) >> 6);
        while (_words.Count <= word) _words.Add(0);
        _words[word] |= 1UL << (int)((ordinal - first) & 63);
        _count++;
    }

    /// <summary>Call once, when all rows are in.</summary>
    public BitRowSet Seal()
    {
        var sum = 0L;
        for (var word = 0; word < _words.Count; word++)
        {
            if (word % Stride == 0) _before.Add(sum);
            sum += BitOperations.PopCount(_words[word]);
        }
        return this;
    }

    public override OrdinalCursor From(long position) => descending ? new Backward(this, Locate(_count - 1 - position)) : new Forward(this, Locate(position));

    /// <returns>The bit at a rank; one before the first or after the last when there is no such rank.</returns>
    private long Locate(long rank)
    {
        if (rank < 0) return -1;
        if (rank >= _count) return (long)_words.Count * 64;
        var block = _before.BinarySearch(rank);
        block = block >= 0 ? block : ~block - 1;
        while (block + 1 < _before.Count && _before[block + 1] <= rank) block++;
        var word = block * Stride;
        var rest = rank - _before[block];
        while (BitOperations.PopCount(_words[word]) is var ones && ones <= rest)
        {
            rest -= ones;
            word++;
        }
        var bits = _words[word];
        while (rest-- > 0) bits &= bits - 1;
        return ((long)word * 64) + BitOperations.TrailingZeroCount(bits);
    }

    private sealed class Forward(BitRowSet set, long bit) : OrdinalCursor
    {
        private long _bit = bit;

        public override long Next()
        {
            var word = (int)(_bit >> 6);
            if (word >= set._words.Count) return -1;
            var bits = set._words[word] & (ulong.MaxValue << (int)(_bit & 63));
            while (bits == 0)
            {
                if (++word >= set._words.Count) return -1;
                bits = set._words[word];
            }
            var found = ((long)word * 64) + BitOperations.TrailingZeroCount(bits);
            _bit = found + 1;
            return set.Ordinal(found);
        }
    }

    private sealed class Backward(BitRowSet set, long bit) : OrdinalCursor
    {
        private long _bit = bit;

        public override long Next()
        {
            if (_bit < 0) return -1;
            var word = (int)(_bit >> 6);
            var bits = set._words[word] & (ulong.MaxValue >> (63 - (int)(_bit & 63)));
            while (bits == 0)
            {
                if (--word < 0) return -1;
                bits = set._words[word];
            }
            var found = ((long)word * 64) + 63 - BitOperations.LeadingZeroCount(bits);
            _bit = found - 1;
            return set.Ordinal(found);
        }
    }

    private long Ordinal(long bit) => first + bit;
}

/// <summary>Rows in an order of their own.</summary>
internal sealed class ListRowSet(int[] ordinals) : RowSet
{
    public override long Count => ordinals.Length;

    public override string Fingerprint => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(ordinals.AsSpan())));

    public override OrdinalCursor From(long position) => new Cursor(ordinals, position);

    private sealed class Cursor(int[] ordinals, long position) : OrdinalCursor
    {
        private long _position = position;

        public override long Next() => _position < ordinals.Length ? ordinals[_position++] : -1;
    }
}
