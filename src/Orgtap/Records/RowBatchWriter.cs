using System.Text;
using Orgtap.Masking;

namespace Orgtap.Records;

/// <summary>
/// Fills the row batches of one page, cell after cell in column order, allocating nothing per row. Make one writer per page, in the order pages are to
/// be committed (<see cref="ByteBudget"/>), await <see cref="ReadyAsync"/> before the first row and after each <see cref="Take"/>, and dispose it once the page
/// has its batches. Not thread-safe.
/// </summary>
public sealed partial class RowBatchWriter : IDisposable
{
    private readonly ObjectSchema _schema;
    private readonly ColumnType[] _types;
    private readonly BudgetShare _share;
    private readonly TextMasker? _masker;
    private readonly long[] _masked;
    private readonly long[] _maskedInRow;
    private RowBatch? _batch;
    private byte[] _bytes = [];
    private int[] _ends = [];
    private int _used;
    private int _column;
    private int _cells;
    private int _rowStart;
    private int _longestRow = 4096;

    public RowBatchWriter(ObjectSchema schema, ByteBudget budget)
    {
        _schema = schema;
        _types = [.. schema.Columns.Select(column => column.Type)];
        _share = budget.OpenShare();
        _masker = schema.Masker;
        (_masked, _maskedInRow) = (new long[_masker?.RuleCount ?? 0], new long[_masker?.RuleCount ?? 0]);
    }

    /// <summary>Rows that <see cref="Take"/> would give now.</summary>
    public int RowCount => _batch?.RowCount ?? 0;

    /// <summary>Another row may not fit: take the batch.</summary>
    public bool IsFull => _batch is not null && (_bytes.Length - _used < _longestRow || _ends.Length - 1 - _cells < _types.Length);

    /// <summary>The column that the next append fills; as many as there are columns when the row is complete.</summary>
    public int Column => _column;

    /// <summary>Why the last append said false, in words that follow the field's name; holds nothing of the value.</summary>
    public string? LastReason { get; private set; }

    /// <summary>Waits until the shared budget has memory for a batch. Rows can be appended without it, but then memory is not bounded.</summary>
    public async ValueTask ReadyAsync(CancellationToken cancellationToken)
    {
        if (_batch is not null) return;
        await _share.AcquireAsync(RowBatch.StandardMemory, cancellationToken);
        Begin();
    }

    /// <summary>Appends a value as CSV or a JSON number spells it, brought to the canonical form of the next column. Nothing at all is NULL.</summary>
    /// <returns>False if it is not a value of the column's type (<see cref="LastReason"/>); the row can then only be discarded.</returns>
    public bool Append(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty) return AppendNull();
        var type = NextType();
        var needed = Canonical.LongestForm(type, raw.Length);
        if (_bytes.Length - _used < needed) Reserve(needed);
        if (type == ColumnType.Text)
        {
            raw.CopyTo(_bytes.AsSpan(_used));
            return EndText(raw.Length);
        }
        return Canonical.TryWrite(type, raw, _bytes.AsSpan(_used), out var written) ? EndCell(written) : Refuse(type);
    }

    public bool AppendNull()
    {
        _ = NextType();
        _ends[++_cells] = ~_used;
        _column++;
        return true;
    }

    /// <exception cref="InvalidOperationException">Columns are missing.</exception>
    public void EndRow()
    {
        if (_column != _types.Length) throw new InvalidOperationException($"A row of {_schema.SObject} ended after {_column} of {_types.Length} columns.");
        _batch!.RowCount++;
        _longestRow = Math.Max(_longestRow, _used - _rowStart);
        _rowStart = _used;
        _column = 0;
        for (var i = 0; i < _masked.Length; i++) _masked[i] += _maskedInRow[i];
        Array.Clear(_maskedInRow);
    }

    /// <summary>Forgets the cells appended since the last <see cref="EndRow"/>.</summary>
    public void DiscardRow()
    {
        _cells -= _column;
        _column = 0;
        _used = _rowStart;
        Array.Clear(_maskedInRow);
    }

    /// <summary>Discards the row whose last append said false, and says which it was.</summary>
    public RejectedRow RejectRow()
    {
        var id = _column > 0 ? Encoding.UTF8.GetString(PendingCell(0)) : "";
        var rejected = new RejectedRow(id, _schema.Columns[Math.Min(_column, _types.Length - 1)].Name, LastReason ?? "cannot be stored");
        DiscardRow();
        return rejected;
    }

    /// <summary>The canonical form of a cell of the row that is being appended; empty if NULL.</summary>
    public ReadOnlySpan<byte> PendingCell(int column)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, _column);
        var index = _cells - _column + column;
        var (start, end) = (_ends[index], _ends[index + 1]);
        start ^= start >> 31;
        return _bytes.AsSpan(start, (end ^ (end >> 31)) - start);
    }

    /// <summary>The rows so far; the caller disposes them (usually through their page). Empty batches are fine.</summary>
    /// <exception cref="InvalidOperationException">A row has begun and not ended.</exception>
    public RowBatch Take()
    {
        if (_column != 0) throw new InvalidOperationException("A row has begun; end or discard it first.");
        if (_batch is null) Reserve(0);
        var taken = _batch!;
        if (_masker?.CountsOf(_masked) is { Total: > 0 } masked) taken.Masked = masked;
        Array.Clear(_masked);
        Forget();
        return taken;
    }

    public void Dispose()
    {
        _batch?.Dispose();
        Forget();
        _share.Dispose();
    }

    private ColumnType NextType()
    {
        if (_column >= _types.Length) throw new InvalidOperationException($"A row of {_schema.SObject} has more than {_types.Length} columns.");
        if (_cells + 1 >= _ends.Length) Reserve(0);
        return _types[_column];
    }

    /// <summary>A text lies behind what is written: it is masked before it counts.</summary>
    private bool EndText(int length)
    {
        if (_masker?.Mask(_bytes.AsSpan(_used, length), _maskedInRow) is not { } masked) return EndCell(length);
        if (_bytes.Length - _used < masked.Length) Reserve(masked.Length);
        masked.CopyTo(_bytes.AsSpan(_used));
        // A shorter text leaves nothing of the longer one behind it.
        if (masked.Length < length) _bytes.AsSpan(_used + masked.Length, length - masked.Length).Clear();
        return EndCell(masked.Length);
    }

    private bool EndCell(int written)
    {
        _used += written;
        _ends[++_cells] = _used;
        _column++;
        return true;
    }

    private bool Refuse(ColumnType type)
    {
        LastReason = Canonical.Reason(type);
        return false;
    }

    private void Begin()
    {
        _batch = new RowBatch(_share, _types.Length, _share.Budget.RentBytes(RowBatch.StandardBytes), _share.Budget.RentEnds(RowBatch.StandardEnds));
        (_bytes, _ends) = (_batch.Bytes, _batch.Ends);
    }

    private void Reserve(int bytes)
    {
        if (_batch is null)
        {
            _share.Draw(RowBatch.StandardMemory);
            Begin();
        }
        var neededEnds = _cells + 1 + _types.Length - _column;
        if (_bytes.Length - _used >= bytes && _ends.Length >= neededEnds) return;
        _batch!.Grow(checked(_used + bytes), _used, neededEnds, _cells + 1);
        (_bytes, _ends) = (_batch.Bytes, _batch.Ends);
    }

    private void Forget()
    {
        (_batch, _bytes, _ends) = (null, [], []);
        (_used, _cells, _column, _rowStart) = (0, 0, 0, 0);
    }
}
