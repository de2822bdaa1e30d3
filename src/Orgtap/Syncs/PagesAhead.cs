using Orgtap.Records;

namespace Orgtap.Syncs;

/// <summary>Reads pages ahead, so that download and parsing overlap the load. Owns what it read and did not give.</summary>
internal sealed class PagesAhead : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly IAsyncEnumerator<Page> _source;
    private readonly Func<Page, CancellationToken, Task> _next;
    private readonly int _most;
    private readonly Queue<Page> _line = new();
    private readonly SemaphoreSlim _mayRead = new(0), _hasCome = new(0);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly Task _reading;
    private Page? _last;
    private Task _told = Task.CompletedTask;
    private bool _isReading;
    private bool _isGiven;
    private bool _askedForMore;

    private PagesAhead(IAsyncEnumerable<Page> source, int most, Func<Page, CancellationToken, Task> next)
    {
        (_source, _most, _next) = (source.GetAsyncEnumerator(CancellationToken.None), most, next);
        // A page is parsed on a thread of its own: parsing begins before the first wait.
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>
    /// Gives the pages of a load in order; each is the receiver's to dispose. Nothing is read behind a page without rows before the receiver has it, for what follows from it costs something (a Bulk job), and nothing behind the
    /// page that finishes the load before the receiver asks for more.
    /// </summary>
    /// <param name="most">How many at most: a process that dies has read them in vain.</param>
    /// <param name="next">
    /// Told of a page that is next, as soon as the one before it has been given: the receiver is perhaps at work on that one. Its token says that the receiver wants no more pages; until its task ends, a page that was not given stays alive.
    /// </param>
    public static async IAsyncEnumerable<Page> ReadAsync(IAsyncEnumerable<Page> source, int most, Func<Page, CancellationToken, Task> next)
    {
        await using var ahead = new PagesAhead(source, most, next);
        while (await ahead.TakeAsync() is { } page)
        {
            yield return page;
            ahead.AskForMore();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _abandoned.CancelAsync();
        // An enumerator that is moving cannot be disposed of.
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _told;
        foreach (var page in _line) page.Dispose();
        await _source.DisposeAsync();
        _abandoned.Dispose();
        _mayRead.Dispose();
        _hasCome.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate) GoOnReading();
                await _mayRead.WaitAsync(_abandoned.Token);
                if (!await _source.MoveNextAsync()) return;
                lock (_gate)
                {
                    (_last, _isReading, _askedForMore) = (_source.Current, false, false);
                    _line.Enqueue(_last);
                    if (_line.Count == 1 && _isGiven) _told = _next(_last, _abandoned.Token);
                }
                _hasCome.Release();
            }
        }
        finally
        {
            // For whoever waits: there is nothing more, or a failure.
            _hasCome.Release();
        }
    }

    /// <returns>Null: there are no more.</returns>
    private async Task<Page?> TakeAsync()
    {
        await _hasCome.WaitAsync();
        Page? page;
        lock (_gate)
        {
            if (_line.TryDequeue(out page))
            {
                (_isGiven, _askedForMore) = (true, false);
                if (_line.TryPeek(out var behind)) _told = _next(behind, _abandoned.Token);
                GoOnReading();
            }
        }
        if (page is null) await _reading;
        return page;
    }

    private void AskForMore()
    {
        lock (_gate)
        {
            _askedForMore = true;
            GoOnReading();
        }
    }

    private void GoOnReading()
    {
        if (_isReading || (_last is { } last && !(_line.Count == 0 ? !last.Covers.Finished || _askedForMore : _line.Count < _most && last.RowCount > 0 && !last.Covers.Finished))) return;
        _isReading = true;
        _mayRead.Release();
    }
}
