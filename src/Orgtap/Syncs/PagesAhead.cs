using Orgtap.Records;

namespace Orgtap.Syncs;

/// <summary>Reads one page ahead, so that download and parsing overlap the load. Owns what it read and did not give.</summary>
internal static class PagesAhead
{
    /// <summary>Gives the pages of a load in order; each is the receiver's to dispose. Nothing is read behind the page that finishes the load before the receiver asks for more.</summary>
    public static async IAsyncEnumerable<Page> ReadAsync(IAsyncEnumerable<Page> source)
    {
        var pages = source.GetAsyncEnumerator(CancellationToken.None);
        // A page is parsed on a thread of its own: parsing begins before the first wait.
        Task<bool>? moving = Task.Run(() => pages.MoveNextAsync().AsTask());
        try
        {
            while (await moving)
            {
                moving = null;
                var page = pages.Current;
                if (!page.Covers.Finished) moving = Task.Run(() => pages.MoveNextAsync().AsTask());
                yield return page;
                moving ??= Task.Run(() => pages.MoveNextAsync().AsTask());
            }
            moving = null;
        }
        finally
        {
            // An enumerator that is moving cannot be disposed of.
            if (moving is not null)
            {
                await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (moving.IsCompletedSuccessfully && await moving) pages.Current.Dispose();
            }
            await pages.DisposeAsync();
        }
    }
}
