namespace Orgtap.SimulatedOrg.Data;

internal enum CellKind : byte
{
    Null,
    Text,
    /// <summary>Text holds 18 ASCII characters.</summary>
    Id,
    Boolean,
    /// <summary>Bits × 10^-Scale, exactly.</summary>
    Number,
    /// <summary>Days since 1970-01-01.</summary>
    Date,
    /// <summary>Milliseconds since 1970-01-01T00:00:00Z.</summary>
    DateTime,
    /// <summary>Milliseconds since midnight.</summary>
    Time,
    /// <summary>Address or location: the value is in its component fields.</summary>
    Compound,
    /// <summary>Base64 content: REST gives an address, not the bytes.</summary>
    Blob,
}

/// <summary>One typed value. Text lies in a <see cref="Scratch"/> or in a constant and is valid until the scratch is reset.</summary>
internal readonly ref struct Cell
{
    private Cell(CellKind kind, long bits, int scale, ReadOnlySpan<byte> text)
    {
        Kind = kind;
        Bits = bits;
        Scale = scale;
        Text = text;
    }

    public CellKind Kind { get; }
    public long Bits { get; }
    /// <summary>Digits after the point; 1 on a whole zero of an int field asks for <c>0.0</c>, a negative one for E-notation in CSV.</summary>
    public int Scale { get; }
    public ReadOnlySpan<byte> Text { get; }
    public bool IsNull => Kind == CellKind.Null;

    public static Cell Null => default;
    public static Cell OfText(ReadOnlySpan<byte> utf8) => utf8.IsEmpty ? default : new(CellKind.Text, 0, 0, utf8);
    public static Cell OfId(ReadOnlySpan<byte> id18) => new(CellKind.Id, 0, 0, id18);
    public static Cell OfBoolean(bool value) => new(CellKind.Boolean, value ? 1 : 0, 0, default);
    public static Cell OfNumber(long unscaled, int scale) => new(CellKind.Number, unscaled, scale, default);
    public static Cell OfDate(long days) => new(CellKind.Date, days, 0, default);
    public static Cell OfDateTime(long milliseconds) => new(CellKind.DateTime, milliseconds, 0, default);
    public static Cell OfTime(long milliseconds) => new(CellKind.Time, milliseconds, 0, default);
    public static Cell Compound => new(CellKind.Compound, 0, 0, default);
    public static Cell Blob => new(CellKind.Blob, 0, 0, default);

    /// <exception cref="ArgumentException">More than 18 digits: no Salesforce number has them.</exception>
    public static Cell OfDecimal(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        value /= 1.0000000000000000000000000000m;
        decimal.GetBits(value, parts);
        if (parts[2] != 0 || parts[1] < 0) throw new ArgumentException($"{value} has more than 18 digits", nameof(value));
        var magnitude = ((long)parts[1] << 32) | (uint)parts[0];
        return OfNumber(parts[3] < 0 ? -magnitude : magnitude, (parts[3] >> 16) & 0xFF);
    }

    public decimal ToDecimal()
    {
        if (Scale >= 0)
        {
            var magnitude = Math.Abs(Bits);
            return new decimal((int)magnitude, (int)(magnitude >> 32), 0, Bits < 0, (byte)Scale);
        }
        decimal value = Bits;
        for (var i = Scale; i < 0; i++) value *= 10;
        return value;
    }
}

/// <summary>Memory for the texts of the cells at hand; one per reader, not thread-safe.</summary>
internal sealed class Scratch
{
    private byte[] _buffer = new byte[4096];
    private int _used;
    private object? _known;
    private ObjectRows? _knownRows;
    private long _knownOrdinal;

    /// <summary>Cells read before are no longer valid.</summary>
    public void Reset() => _used = 0;

    /// <summary>Room for <paramref name="length"/> bytes, apart from all room given out since the last reset.</summary>
    public Span<byte> Take(int length)
    {
        if (_used + length > _buffer.Length)
        {
            _buffer = new byte[Math.Max(_buffer.Length * 2, length + 4096)];
            _used = 0;
        }
        var room = _buffer.AsSpan(_used, length);
        _used += length;
        return room;
    }

    /// <summary>What was worked out for a row, for as long as no other row is asked about.</summary>
    /// <param name="make">Pure: the same row gives the same.</param>
    public T Remember<T>(scoped in RowRef row, Func<RowRef, T> make)
        where T : class
    {
        if (_known is T known && ReferenceEquals(_knownRows, row.Rows) && _knownOrdinal == row.Ordinal) return known;
        var made = make(row);
        (_known, _knownRows, _knownOrdinal) = (made, row.Rows, row.Ordinal);
        return made;
    }

    /// <summary>Gives back the end of the last room.</summary>
    public void Return(int length) => _used -= length;
}
