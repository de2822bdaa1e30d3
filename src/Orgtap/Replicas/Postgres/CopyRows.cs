using System.Buffers.Binary;
using System.Buffers.Text;
using Orgtap.Records;

namespace Orgtap.Replicas.Postgres;

/// <summary>
/// Turns rows into PostgreSQL's binary COPY format (https://www.postgresql.org/docs/current/sql-copy.html, Binary Format) in one kept buffer. Allocates nothing per row.
/// Not thread-safe.
/// </summary>
/// <param name="columns">Which of a row's columns are written, in this order.</param>
/// <param name="stored">The type each of these is stored as: its own, or a wider one.</param>
/// <param name="width">How many columns a row has.</param>
internal sealed class CopyRows(int[] columns, ColumnType[] stored, int width)
{
    private const int FlushAt = 256 << 10;

    // Signature, no flags, no extension. The signature's eighth byte is FF, which no UTF-8 literal can spell.
    private static readonly byte[] Header = [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private byte[] _buffer = new byte[FlushAt + (64 << 10)];
    private int _length;
    private int _number;

    /// <summary>NUL bytes that were left out of texts, which PostgreSQL cannot store.</summary>
    public long NulsLeftOut { get; private set; }

    /// <summary>Writes a whole COPY: header, rows, trailer.</summary>
    /// <param name="turns">
    /// Goes before the columns, together with the row's number in the page: how often the row's Id occurred in the page before it. Null: the columns alone.
    /// </param>
    public async Task WriteAsync(Stream copy, IReadOnlyList<RowBatch> batches, IReadOnlyList<int[]?>? turns, CancellationToken cancellationToken)
    {
        NulsLeftOut = 0;
        Header.CopyTo(_buffer);
        _length = Header.Length;
        _number = 0;
        for (var number = 0; number < batches.Count; number++)
        {
            for (var row = 0; row < batches[number].RowCount;)
            {
                row = Fill(batches[number], row, turns is not null, turns?[number]);
                if (_length < FlushAt) continue;
                await copy.WriteAsync(_buffer.AsMemory(0, _length), cancellationToken);
                _length = 0;
            }
        }
        BinaryPrimitives.WriteInt16BigEndian(_buffer.AsSpan(_length), -1);
        await copy.WriteAsync(_buffer.AsMemory(0, _length + 2), cancellationToken);
    }

    /// <returns>The first row that did not fit any more.</returns>
    private int Fill(RowBatch batch, int row, bool withTurn, int[]? turns)
    {
        var (bytes, ends) = (batch.Bytes, batch.Ends);
        for (; row < batch.RowCount && _length < FlushAt; row++)
        {
            var first = row * width;
            Reserve(EndOf(ends[first + width]) - EndOf(ends[first]) + stored.Length * (4 + NumericFormat.Overhead) + 32);
            var to = _buffer.AsSpan();
            BinaryPrimitives.WriteInt16BigEndian(to[_length..], (short)(stored.Length + (withTurn ? 2 : 0)));
            _length += 2;
            if (withTurn)
            {
                WriteInt32(to, _number++);
                WriteInt32(to, turns is null ? 0 : turns[row]);
            }
            for (var i = 0; i < columns.Length; i++)
            {
                var cell = first + columns[i];
                var end = ends[cell + 1];
                if (end < 0)
                {
                    BinaryPrimitives.WriteInt32BigEndian(to[_length..], -1);
                    _length += 4;
                    continue;
                }
                var start = EndOf(ends[cell]);
                var length = Encode(stored[i], bytes.AsSpan(start, end - start), to[(_length + 4)..]);
                BinaryPrimitives.WriteInt32BigEndian(to[_length..], length);
                _length += 4 + length;
            }
        }
        return row;
    }

    /// <summary>The end of a cell with NULL is complemented.</summary>
    private static int EndOf(int end) => end ^ (end >> 31);

    private void WriteInt32(Span<byte> to, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(to[_length..], 4);
        BinaryPrimitives.WriteInt32BigEndian(to[(_length + 4)..], value);
        _length += 8;
    }

    private int Encode(ColumnType type, ReadOnlySpan<byte> canonical, Span<byte> to)
    {
        switch (type)
        {
            case ColumnType.Boolean:
                to[0] = (byte)(canonical[0] == 't' ? 1 : 0);
                return 1;
            case ColumnType.Integer:
                BinaryPrimitives.WriteInt64BigEndian(to, Utf8Parser.TryParse(canonical, out long whole, out _) ? whole : throw new ArgumentException("Not in canonical form.", nameof(canonical)));
                return 8;
            case ColumnType.Decimal: return NumericFormat.Write(canonical, to);
            case ColumnType.Date:
                BinaryPrimitives.WriteInt32BigEndian(to, TimeFormat.Days(canonical));
                return 4;
            case ColumnType.DateTime:
                BinaryPrimitives.WriteInt64BigEndian(to, TimeFormat.Days(canonical) * TimeFormat.MicrosecondsPerDay + TimeFormat.Microseconds(canonical[11..]));
                return 8;
            case ColumnType.Time:
                BinaryPrimitives.WriteInt64BigEndian(to, TimeFormat.Microseconds(canonical));
                return 8;
            default: return WriteText(canonical, to);
        }
    }

    private int WriteText(ReadOnlySpan<byte> text, Span<byte> to)
    {
        var nul = text.IndexOf((byte)0);
        if (nul < 0)
        {
            text.CopyTo(to);
            return text.Length;
        }
        var length = 0;
        foreach (var b in text)
            if (b != 0) to[length++] = b;
        NulsLeftOut += text.Length - length;
        return length;
    }

    private void Reserve(int needed)
    {
        if (_length + needed > _buffer.Length) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + needed));
    }
}

/// <summary>Canonical dates and times as PostgreSQL counts them: from 2000-01-01, in days and microseconds.</summary>
internal static class TimeFormat
{
    public const long MicrosecondsPerDay = 86_400_000_000;

    private static readonly int Epoch = new DateOnly(2000, 1, 1).DayNumber;

    /// <param name="date">Begins with <c>yyyy-MM-dd</c>.</param>
    public static int Days(ReadOnlySpan<byte> date) => new DateOnly(Two(date) * 100 + Two(date[2..]), Two(date[5..]), Two(date[8..])).DayNumber - Epoch;

    /// <param name="time">Begins with <c>HH:mm:ss.fff</c>.</param>
    public static long Microseconds(ReadOnlySpan<byte> time) =>
        ((Two(time) * 60L + Two(time[3..])) * 60 + Two(time[6..])) * 1_000_000 + (Two(time[9..]) * 10 + time[11] - '0') * 1_000L;

    private static int Two(ReadOnlySpan<byte> digits) => (digits[0] - '0') * 10 + digits[1] - '0';
}
