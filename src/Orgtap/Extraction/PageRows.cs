using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>The rows of one page while they are being read. What is not taken is given back.</summary>
internal sealed class PageRows(ObjectSchema schema, ByteBudget budget) : IDisposable
{
    private readonly RowBatchWriter _writer = new(schema, budget);
    private List<RowBatch> _batches = [];

    public List<RejectedRow> Rejected { get; } = [];

    /// <summary>Rows that were read, rejected ones included.</summary>
    public long Parsed { get; private set; }

    /// <summary>Reads one query's answer whose records hold all columns.</summary>
    public async Task ReadAsync(JsonRows rows, System.Text.Json.JsonElement records, CancellationToken cancellationToken) =>
        Parsed += await rows.ReadAsync(records, _writer, _batches, Rejected, cancellationToken);

    /// <summary>Reads one row whose columns lie in several records.</summary>
    public async ValueTask AddAsync(JsonRows rows, System.Text.Json.JsonElement[] records, IReadOnlyList<FieldPart> parts, CancellationToken cancellationToken)
    {
        await _writer.ReadyAsync(cancellationToken);
        Parsed++;
        if (rows.Append(records, parts, _writer)) _writer.EndRow();
        else Rejected.Add(_writer.RejectRow());
        if (_writer.IsFull) _batches.Add(_writer.Take());
    }

    /// <summary>The rows; from now on the caller's.</summary>
    public IReadOnlyList<RowBatch> Take()
    {
        if (_writer.RowCount > 0) _batches.Add(_writer.Take());
        var taken = _batches;
        _batches = [];
        return taken;
    }

    public void Dispose()
    {
        foreach (var batch in _batches) batch.Dispose();
        _writer.Dispose();
    }
}
