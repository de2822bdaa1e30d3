using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Orgtap.Masking;

namespace Orgtap.Records;

/// <summary>Rows of one object in pooled, pinned memory. Every cell is in its canonical form (docs/types.md). Not thread-safe.</summary>
public sealed class RowBatch : IDisposable
{
    internal const int StandardBytes = 1 << 20;
    internal const int StandardEnds = 1 << 17;

    /// <summary>Bytes of memory an ordinary batch takes from its budget.</summary>
    public const int StandardMemory = StandardBytes + StandardEnds * sizeof(int);

    private readonly BudgetShare _share;
    private byte[] _bytes;
    private int[] _ends;

    internal RowBatch(BudgetShare share, int columnCount, byte[] bytes, int[] ends)
    {
        (_share, ColumnCount, _bytes, _ends) = (share, columnCount, bytes, ends);
        ends[0] = 0;
    }

    public int RowCount { get; internal set; }

    public int ColumnCount { get; }

    /// <summary>What was masked in these rows; null: nothing.</summary>
    public MaskCounts? Masked { get; internal set; }

    /// <summary>Bytes of all cells together.</summary>
    public int ByteCount => Start(RowCount * ColumnCount);

    /// <summary>All cells one after the other, row by row. Pinned: its address is fixed until the batch is disposed.</summary>
    internal byte[] Bytes => _bytes;

    /// <summary>
    /// Entry 0 is 0; entry n + 1 is where cell n ends in <see cref="Bytes"/>, its complement if the cell is NULL. Cell n begins where the cell before it ends.
    /// </summary>
    internal int[] Ends => _ends;

    public bool IsNull(int row, int column) => _ends[IndexOf(row, column) + 1] < 0;

    /// <summary>The canonical form; empty if NULL. Valid until the batch is disposed.</summary>
    public ReadOnlySpan<byte> Cell(int row, int column)
    {
        var index = IndexOf(row, column);
        var start = Start(index);
        return _bytes.AsSpan(start, Start(index + 1) - start);
    }

    public void Dispose()
    {
        var bytes = Interlocked.Exchange(ref _bytes, []);
        if (bytes.Length == 0) return;
        var ends = Interlocked.Exchange(ref _ends, [0]);
        RowCount = 0;
        _share.Budget.Return(bytes, ends);
        _share.Release(MemoryOf(bytes, ends));
    }

    internal static long MemoryOf(byte[] bytes, int[] ends) => bytes.Length + (long)ends.Length * sizeof(int);

    internal unsafe byte* Address() => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_bytes));

    /// <summary>Moves to larger arrays, keeping what is written. The budget is told after the fact: a row that has begun must end.</summary>
    internal void Grow(int neededBytes, int usedBytes, int neededEnds, int usedEnds)
    {
        var before = MemoryOf(_bytes, _ends);
        var (oldBytes, oldEnds) = (_bytes, _ends);
        if (neededBytes > oldBytes.Length)
        {
            _bytes = _share.Budget.RentBytes(LargerThan(oldBytes.Length, neededBytes));
            oldBytes.AsSpan(0, usedBytes).CopyTo(_bytes);
        }
        if (neededEnds > oldEnds.Length)
        {
            _ends = _share.Budget.RentEnds(LargerThan(oldEnds.Length, neededEnds));
            oldEnds.AsSpan(0, usedEnds).CopyTo(_ends);
        }
        _share.Draw(MemoryOf(_bytes, _ends) - before);
        _share.Budget.Return(ReferenceEquals(oldBytes, _bytes) ? [] : oldBytes, ReferenceEquals(oldEnds, _ends) ? [] : oldEnds);
    }

    private static int LargerThan(int length, int needed) => (int)Math.Min(Array.MaxLength, Math.Max((long)length * 2, needed));

    private int IndexOf(int row, int column)
    {
        if ((uint)row >= (uint)RowCount) throw new ArgumentOutOfRangeException(nameof(row));
        if ((uint)column >= (uint)ColumnCount) throw new ArgumentOutOfRangeException(nameof(column));
        return row * ColumnCount + column;
    }

    private int Start(int index)
    {
        var end = _ends[index];
        return end ^ (end >> 31);
    }
}
