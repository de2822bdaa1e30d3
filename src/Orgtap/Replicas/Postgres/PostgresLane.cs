using Npgsql;
using Orgtap.Records;

namespace Orgtap.Replicas.Postgres;

/// <summary>
/// The two sessions over which one table is written. Commits take turns; while a first load fills the table, the page behind the one that is committed is sent over the other session, in a transaction that this page's commit ends.
/// </summary>
internal sealed class PostgresLane : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Stack<PostgresSession> _free = new([new PostgresSession("ahead"), new PostgresSession("writer")]);
    private readonly List<SentPage> _ahead = [];
    private PostgresTableWriter? _filler;
    private bool _inOrder;

    /// <summary>Held by whoever commits or opens.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>A session for a page that was not sent ahead; pages that hold both are taken back. It must be given back.</summary>
    public async Task<PostgresSession> RentAsync()
    {
        while (true)
        {
            lock (_lock)
                if (_free.TryPop(out var session)) return session;
            // One that is being taken back by somebody else comes back in a moment.
            if (!await DropAheadAsync()) await Task.Yield();
        }
    }

    public void GiveBack(PostgresSession session)
    {
        lock (_lock) _free.Push(session);
    }

    /// <param name="filler">The writer of the last page, if that went straight into the table: those behind it may be sent while another is committed. Null: they may not.</param>
    public void Fills(PostgresTableWriter? filler)
    {
        lock (_lock) _filler = _inOrder ? null : filler;
    }

    /// <summary>From now on each page waits for the one before it.</summary>
    public void KeepOrder()
    {
        lock (_lock) (_inOrder, _filler) = (true, null);
    }

    /// <param name="open">Gives a session its writer.</param>
    /// <returns>When the page's memory is no longer read; never fails.</returns>
    public Task SendAsync(OpenTable table, Page page, Func<PostgresSession, Task<PostgresTableWriter>> open, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_filler is null || page.RowCount == 0 || page.Covers.Finished || !_filler.Serves(table, page.Covers) || !_free.TryPop(out var session)) return Task.CompletedTask;
            var sent = new SentPage(page.Batches, session, open);
            _ahead.Add(sent);
            sent.Abandoned = cancellationToken.UnsafeRegister(_ => _ = DropAsync(sent), null);
            return sent.Ended;
        }
    }

    /// <summary>The page, if it was sent ahead; it and its session are the caller's from now on.</summary>
    /// <param name="wait">Waits until all its rows are sent.</param>
    /// <returns>Null: it was not sent, or not with success.</returns>
    public async Task<SentPage?> TakeAsync(Page page, Func<Task, Task> wait)
    {
        SentPage? sent;
        lock (_lock)
        {
            sent = _ahead.Find(ahead => ReferenceEquals(ahead.Batches, page.Batches));
            if (sent is null) return null;
            _ahead.Remove(sent);
        }
        await wait(sent.Ended);
        if (await sent.IsReadyAsync()) return sent;
        await sent.DisposeAsync();
        GiveBack(sent.Session);
        await CloseAsync();
        return null;
    }

    /// <summary>Takes back what was sent ahead; it is sent again with its commit.</summary>
    /// <returns>False: nothing was.</returns>
    public async Task<bool> DropAheadAsync()
    {
        List<SentPage> ahead;
        lock (_lock) ahead = [.. _ahead];
        var dropped = false;
        foreach (var sent in ahead) dropped |= await DropAsync(sent);
        return dropped;
    }

    /// <summary>Lets go of all sessions that are free; what was not committed is rolled back.</summary>
    public async Task CloseAsync()
    {
        Fills(null);
        await DropAheadAsync();
        List<PostgresSession> free;
        lock (_lock)
        {
            free = [.. _free];
            _free.Clear();
        }
        foreach (var session in free) await session.CloseAsync();
        // In the same order.
        foreach (var session in Enumerable.Reverse(free)) GiveBack(session);
    }

    public async ValueTask DisposeAsync()
    {
        await Gate.WaitAsync();
        await CloseAsync();
        Gate.Release();
    }

    private async Task<bool> DropAsync(SentPage sent)
    {
        lock (_lock)
            if (!_ahead.Remove(sent)) return false;
        await sent.DisposeAsync();
        GiveBack(sent.Session);
        return true;
    }
}

/// <summary>One of a table's sessions.</summary>
/// <param name="role">What the replica's metadata call it: <c>writer</c> or <c>ahead</c>.</param>
internal sealed class PostgresSession(string role)
{
    public string Role => role;

    /// <summary>Null: it is not open.</summary>
    public PostgresTableWriter? Writer { get; set; }

    public async Task CloseAsync()
    {
        if (Writer is { } writer)
        {
            Writer = null;
            try
            {
                await writer.DisposeAsync();
            }
            catch (Exception gone) when (gone is NpgsqlException or IOException or InvalidOperationException)
            {
                // The server ended the session with a page in it: there is nothing left to roll back.
            }
        }
    }
}
