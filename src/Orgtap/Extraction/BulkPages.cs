using System.Runtime.CompilerServices;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Salesforce.Bulk;

namespace Orgtap.Extraction;

/// <summary>
/// A finished job's pages in order. Where the org lists all pages beforehand, a few are read at once; else each is found at the end of the one before.
/// </summary>
internal sealed class BulkPages(BulkPageReader reader, ByteBudget budget, ExtractionOptions options)
{
    /// <summary>Listed pages end where Salesforce says, so they are asked for whole: it chooses the size.</summary>
    private const int WholePage = 0;

    /// <summary>Rows of the last page that was asked for with a size of our own choice; null: none was. The next job's pages hold rows of the same kind.</summary>
    public int? Chosen { get; private set; }

    /// <param name="listed">Locators of all pages from here on; null: not known.</param>
    /// <param name="next">Where to begin without a list; null: at the first page.</param>
    /// <returns>Each page with the position behind it: a locator, or null at the end.</returns>
    public async IAsyncEnumerable<(BulkPage Page, string? Next)> ReadAsync(
        IReadOnlyList<string?>? listed, string? next, int maxRecords, int parallel, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ahead = new Queue<Task<BulkPage>>();
        try
        {
            if (listed is not null)
            {
                var (started, given) = (0, 0);
                while (given < listed.Count)
                {
                    for (; started < listed.Count && ahead.Count < parallel; started++)
                        ahead.Enqueue(reader.StartAsync(listed[started], WholePage, maySplit: false, stop.Token));
                    var (page, shrink) = await TakeListedAsync(ahead.Dequeue());
                    if (page is not null)
                    {
                        given++;
                        yield return (page, given < listed.Count ? listed[given] : null);
                        shrink = given < listed.Count && IsTooLarge(page);
                    }
                    if (!shrink) continue;
                    // From here on page by page, with a size of our own choice.
                    (next, maxRecords) = (listed[given], PageFit.Smaller(maxRecords, options));
                    Chosen = maxRecords;
                    await stop.CancelAsync();
                    await DiscardAsync(ahead);
                    break;
                }
                if (given == listed.Count) yield break;
            }

            while (true)
            {
                var page = await reader.StartAsync(next, maxRecords, maySplit: true, cancellationToken);
                yield return (page, page.Next);
                if (page.Next is null) yield break;
                next = page.Next;
                maxRecords = page.MaxRecords;
                if (IsTooLarge(page)) Chosen = maxRecords = PageFit.Smaller(maxRecords, options);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await DiscardAsync(ahead);
        }
    }

    /// <returns>No page if it failed for good although nothing but its size may be wrong.</returns>
    private static async Task<(BulkPage? Page, bool Shrink)> TakeListedAsync(Task<BulkPage> reading)
    {
        try
        {
            return (await reading, false);
        }
        catch (OrgtapException failure) when (failure.Kind == FailureKind.Transient && failure is not BulkJobGoneException)
        {
            return (null, true);
        }
    }

    private bool IsTooLarge(BulkPage page) => PageFit.IsTooLarge(page.Counts.Bytes, budget.Limit);

    private static async Task DiscardAsync(Queue<Task<BulkPage>> ahead)
    {
        while (ahead.TryDequeue(out var reading))
        {
            // What is abandoned may fail in any way; it was never handed out.
            await reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            if (reading.IsCompletedSuccessfully) (await reading).Dispose();
        }
    }
}
