using System.Buffers;
using System.Runtime.InteropServices;

namespace Orgtap.SimulatedOrg.Bulk;

/// <summary>Writes rows to a file and where each row starts to a second one, in blocks of a megabyte.</summary>
internal sealed class SpoolWriter : IBufferWriter<byte>, IDisposable
{
    private readonly FileStream _rows;
    private readonly FileStream _starts;
    private readonly long[] _pendingStarts = new long[8 << 10];
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
    private int _used;
    private int _startCount;
    private long _flushed;

    public SpoolWriter(string rowsPath, string startsPath)
    {
        _rows = Create(rowsPath);
        _starts = Create(startsPath);
    }

    public long Length => _flushed + _used;

    /// <summary>Call before each row, and once more after the last.</summary>
    public void MarkStart()
    {
        if (_startCount == _pendingStarts.Length) FlushStarts();
        _pendingStarts[_startCount++] = Length;
    }

    public void Advance(int count) => _used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _buffer.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _buffer.AsSpan(_used);
    }

    public void Dispose()
    {
        Flush();
        FlushStarts();
        _rows.Dispose();
        _starts.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Ensure(int sizeHint)
    {
        var needed = Math.Max(sizeHint, 4096);
        if (_buffer.Length - _used >= needed) return;
        Flush();
        if (_buffer.Length >= needed) return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = ArrayPool<byte>.Shared.Rent(needed);
    }

    private void Flush()
    {
        _rows.Write(_buffer.AsSpan(0, _used));
        _flushed += _used;
        _used = 0;
    }

    private void FlushStarts()
    {
        _starts.Write(MemoryMarshal.AsBytes(_pendingStarts.AsSpan(0, _startCount)));
        _startCount = 0;
    }

    private static FileStream Create(string path) => new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
}
