using Npgsql;
using Orgtap.Records;

namespace Orgtap.Replicas.Postgres;

/// <summary>
/// The sessions over which one table is written. Commits take turns over one of them; while a first load fills the table, the other one is sent the page behind it, in a transaction that this page's commit ends.
/// At most one page is ahead.
/// </summary>
internal sealed class PostgresLane : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private PostgresTableWriter? _spare;
    private SentPage? _ahead;
    private bool _filling;
    private bool _inOrder;

    /// <summary>Held by whoever commits or opens.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Over which the next page is written, unless it has been sent already.</summary>
    public PostgresTableWriter? Writer { get; private set; }

    public void Keep(PostgresTableWriter writer)
    {
        lock (_lock) Writer = writer;
    }

    /// <summary>The last page went straight into the table: the one behind it may be sent while another is committed.</summary>
    public void Fills(bool filling)
    {
        lock (_lock) _filling = filling && !_inOrder;
    }

    /// <summary>From now on each page waits for the one before it.</summary>
    public void KeepOrder()
    {
        lock (_lock) (_inOrder, _filling) = (true, false);
    }

    /// <param name="open">Opens a second session.</param>
    /// <returns>When the page's memory is no longer read; never fails.</returns>
    public Task SendAsync(OpenTable table, Page page, Func<Task<PostgresTableWriter>> open, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_filling || _ahead is not null || page.RowCount == 0 || page.Covers.Finished || Writer is null || !Writer.Serves(table, page.Covers)) return Task.CompletedTask;
            var sent = _ahead = new SentPage(page.Batches, _spare, open);
            _spare = null;
            sent.Abandoned = cancellationToken.UnsafeRegister(_ => _ = DropAsync(sent), null);
            return sent.Ended;
        }
    }

    /// <summary>The page, if it is the one that was sent ahead; it is the caller's from now on, and its session the one that commits.</summary>
    /// <param name="wait">Waits until all its rows are sent.</param>
    /// <returns>Null: it was not sent, or not with success.</returns>
    public async Task<SentPage?> TakeAsync(Page page, Func<Task, Task> wait)
    {
        SentPage? sent;
        lock (_lock)
        {
            if (_ahead is null || !ReferenceEquals(_ahead.Batches, page.Batches)) return null;
            (sent, _ahead) = (_ahead, null);
        }
        await wait(sent.Ended);
        if (await sent.IsReadyAsync())
        {
            lock (_lock) (_spare, Writer) = (Writer, sent.Writer);
            return sent;
        }
        await sent.DisposeAsync();
        await CloseAsync();
        return null;
    }

    /// <summary>Takes back the page that was sent ahead; it is sent again with its commit.</summary>
    /// <returns>False: there is none.</returns>
    public async Task<bool> DropAheadAsync()
    {
        SentPage? ahead;
        lock (_lock) ahead = _ahead;
        return ahead is not null && await DropAsync(ahead);
    }

    /// <summary>Gives all sessions back; what was not committed is rolled back.</summary>
    public async Task CloseAsync()
    {
        PostgresTableWriter? writer, spare;
        lock (_lock)
        {
            (writer, Writer, spare, _spare) = (Writer, null, _spare, null);
            _filling = false;
        }
        // First: a page that was sent ahead may wait for what this one has written.
        if (writer is not null) await writer.DisposeAsync();
        if (spare is not null) await spare.DisposeAsync();
        await DropAheadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Gate.WaitAsync();
        await CloseAsync();
        Gate.Release();
    }

    private async Task<bool> DropAsync(SentPage ahead)
    {
        lock (_lock)
        {
            if (_ahead != ahead) return false;
            _ahead = null;
        }
        await ahead.DisposeAsync();
        return true;
    }
}

/// <summary>A page on its way into the table, in a transaction of its own that is open until the page is committed or taken back.</summary>
internal sealed class SentPage : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sending;
    private PostgresTableWriter? _writer;
    private NpgsqlTransaction? _transaction;
    private bool _sent;

    /// <param name="writer">A session that is at hand; null: one is opened.</param>
    public SentPage(IReadOnlyList<RowBatch> batches, PostgresTableWriter? writer, Func<Task<PostgresTableWriter>> open)
    {
        (Batches, _writer) = (batches, writer);
        _sending = Task.Run(() => SendAsync(open));
    }

    public IReadOnlyList<RowBatch> Batches { get; }

    public PostgresTableWriter Writer => _writer!;

    public NpgsqlTransaction Transaction => _transaction!;

    public RowCounts Counts { get; private set; }

    /// <summary>Takes it back when it becomes known that its commit will not come.</summary>
    public CancellationTokenRegistration Abandoned { get; set; }

    /// <summary>Completed when its rows are no longer read.</summary>
    public Task Ended => _sending;

    /// <summary>Whether all its rows are in the table, in a transaction that still stands.</summary>
    public async Task<bool> IsReadyAsync()
    {
        await _sending;
        if (!_sent) return false;
        try
        {
            await using var probe = new NpgsqlCommand("SELECT 1", Writer.Db, Transaction);
            await probe.ExecuteScalarAsync();
            return true;
        }
        catch (Exception gone) when (gone is NpgsqlException or InvalidOperationException)
        {
            // It waited for too long, or the server was restarted.
            return false;
        }
    }

    /// <summary>Takes it back: its rows are rolled back, and its session is given back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sending;
        if (_writer is not null) await _writer.DisposeAsync();
        Abandoned.Unregister();
        _stop.Dispose();
    }

    private async Task SendAsync(Func<Task<PostgresTableWriter>> open)
    {
        try
        {
            _writer ??= await open();
            _transaction = await _writer.Db.BeginTransactionAsync(_stop.Token);
            Counts = await _writer.SendAsync(Batches, _stop.Token);
            _sent = true;
        }
        catch (Exception)
        {
            // Whatever it is (an Id that is there already, a fence, a lost session): the page is sent again with its commit, which meets what stays.
        }
    }
}
