using Orgtap.Masking;

namespace Orgtap.Records;

/// <summary>
/// A bounded piece of one object's rows together with the checkpoint that stands for them: the unit of commit.
/// The receiver owns it and disposes it, which returns its memory to the pool and its bytes to the budget.
/// </summary>
/// <param name="Batches">The rows, in pooled memory; none for a page that only moves the checkpoint.</param>
/// <param name="Covers">The checkpoint once these rows are committed. Its <see cref="Checkpoint.Tally"/> does not hold this page yet: the
/// replica adds <paramref name="Counts"/> and what it counted itself.</param>
public sealed record Page(IReadOnlyList<RowBatch> Batches, Checkpoint Covers, PageCounts Counts, IReadOnlyList<RejectedRow> Rejected) : IDisposable
{
    public int RowCount
    {
        get
        {
            var rows = 0;
            foreach (var batch in Batches) rows += batch.RowCount;
            return rows;
        }
    }

    /// <summary>What was masked in its rows; null: nothing.</summary>
    public MaskCounts? Masked => Batches.Aggregate((MaskCounts?)null, static (sum, batch) => batch.Masked is { } more ? more.Add(sum) : sum);

    /// <summary>A page without rows: records that a Bulk job exists, or that a load found nothing.</summary>
    public static Page Empty(Checkpoint covers) => new([], covers, default, []);

    public void Dispose()
    {
        foreach (var batch in Batches) batch.Dispose();
    }
}
