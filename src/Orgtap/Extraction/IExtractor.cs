using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>
/// Reads one load. The pages come in the order in which they are to be committed, each with the checkpoint that stands for it and for all before it; the last one's is
/// <see cref="Checkpoint.Finished"/>, and nothing comes after it. Reading again from any committed checkpoint yields what is missing, at worst some rows twice.
/// </summary>
public interface IExtractor
{
    /// <param name="from">From <see cref="ExtractionPlan.StartFrom"/>. Tallies are the receiver's to fill: they go on from page to page, and with a page that begins a job go back to what they were when the slice began.</param>
    /// <exception cref="Primitives.OrgtapException">Its kind says what to do: Transient (resume), Unsupported (plan again without Bulk), SchemaChanged (describe again).</exception>
    IAsyncEnumerable<Page> ReadAsync(ExtractionPlan plan, Checkpoint from, CancellationToken cancellationToken);
}
