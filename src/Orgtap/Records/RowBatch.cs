namespace Orgtap.Records;

/// <summary>Rows of one object in pooled, pinned memory. Every cell is in its canonical form (docs/types.md). Not thread-safe.</summary>
public sealed class RowBatch : IDisposable
{
    internal RowBatch()
    {
    }

    public int RowCount { get; private set; }

    public void Dispose()
    {
    }
}
