using Orgtap.Records;

namespace Orgtap.Syncs;

/// <summary>Reads one page ahead, so that download and parsing overlap the load. Owns what it read and did not give.</summary>
internal static class PagesAhead
{
    /// <summary>Gives the pages of a load in order; each is the receiver's to dispose. Nothing is read behind the page that finishes the load before the receiver asks for more.</summary>
    /// <param name="read">Told of each page as soon as it has been read, perhaps while the receiver is at work on the one before; its token says that the receiver wants no more pages, and until its task ends, a page that was not given stays alive.</param>
    public static async IAsyncEnumerable<Page> ReadAsync(IAsyncEnumerable<Page> source, Func<Page, CancellationToken, Task> read)
    {
        var pages = source.GetAsyncEnumerator(CancellationToken.None);
        var told = Task.CompletedTask;
        using var abandoned = new CancellationTokenSource();
        // A page is parsed on a thread of its own: parsing begins before the first wait.
        Task<bool>? moving = Task.Run(MoveAsync);
        try
        {
            while (await moving)
            {
                moving = null;
                var page = pages.Current;
                if (!page.Covers.Finished) moving = Task.Run(MoveAsync);
                yield return page;
                moving ??= Task.Run(MoveAsync);
            }
            moving = null;
        }
        finally
        {
            // An enumerator that is moving cannot be disposed of.
            if (moving is not null)
            {
                await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (moving.IsCompletedSuccessfully && await moving)
                {
                    await abandoned.CancelAsync();
                    await told;
                    pages.Current.Dispose();
                }
            }
            await pages.DisposeAsync();
        }

        async Task<bool> MoveAsync()
        {
            if (!await pages.MoveNextAsync()) return false;
            told = read(pages.Current, abandoned.Token);
            return true;
        }
    }
}
