namespace Orgtap.SimulatedOrg.Data.Rules;

/// <summary>Builds one text; a piece that would pass the limit is left out whole, so no character is ever cut.</summary>
internal ref struct TextBuilder(Span<byte> room)
{
    private readonly Span<byte> _room = room;
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _room[.._length];
    public readonly int Length => _length;

    public void Add(scoped ReadOnlySpan<byte> piece)
    {
        if (_length + piece.Length > _room.Length) return;
        piece.CopyTo(_room[_length..]);
        _length += piece.Length;
    }

    public void Add(byte[][] list, ulong hash) => Add(list[Hash.Pick(hash, list.Length)]);

    /// <summary>A number with leading zeros up to <paramref name="width"/>.</summary>
    public void AddNumber(long number, int width = 1)
    {
        Span<byte> digits = stackalloc byte[20];
        var at = digits.Length;
        do
        {
            digits[--at] = (byte)('0' + (number % 10));
            number /= 10;
        }
        while (number > 0 || digits.Length - at < width);
        Add(digits[at..]);
    }
}
