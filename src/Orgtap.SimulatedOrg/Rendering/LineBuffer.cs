using System.Runtime.CompilerServices;

namespace Orgtap.SimulatedOrg.Rendering;

/// <summary>Room for one CSV record. Cells go here without a call through an interface each; the record goes out in one piece.</summary>
internal sealed class LineBuffer
{
    private byte[] _bytes = new byte[4096];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public void Add(byte value)
    {
        GetSpan(1)[0] = value;
        _length++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> GetSpan(int needed)
    {
        if (_bytes.Length - _length < needed) Grow(needed);
        return _bytes.AsSpan(_length);
    }

    public void Advance(int count) => _length += count;

    private void Grow(int needed) => Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + needed));
}
