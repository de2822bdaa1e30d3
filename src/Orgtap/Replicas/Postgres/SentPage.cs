using Npgsql;
using Orgtap.Records;

namespace Orgtap.Replicas.Postgres;

/// <summary>A page on its way into the table, in a transaction of its own that is open until the page is committed or taken back.</summary>
internal sealed class SentPage : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<PostgresSession, Task<PostgresTableWriter>> _open;
    private NpgsqlTransaction? _transaction;
    private bool _sent;

    public SentPage(IReadOnlyList<RowBatch> batches, PostgresSession session, Func<PostgresSession, Task<PostgresTableWriter>> open)
    {
        (Batches, Session, _open) = (batches, session, open);
        Ended = Task.Run(SendAsync);
    }

    public IReadOnlyList<RowBatch> Batches { get; }

    public PostgresSession Session { get; }

    public NpgsqlTransaction Transaction => _transaction!;

    public RowCounts Counts { get; private set; }

    /// <summary>Takes it back when it becomes known that its commit will not come.</summary>
    public CancellationTokenRegistration Abandoned { get; set; }

    /// <summary>Completed when its rows are no longer read; never fails.</summary>
    public Task Ended { get; }

    /// <summary>Whether all its rows are in the table, in a transaction that still stands.</summary>
    public async Task<bool> IsReadyAsync()
    {
        await Ended;
        Abandoned.Unregister();
        if (!_sent) return false;
        try
        {
            await using var probe = new NpgsqlCommand("SELECT 1", Session.Writer!.Db, Transaction);
            await probe.ExecuteScalarAsync();
            return true;
        }
        catch (Exception gone) when (gone is NpgsqlException or InvalidOperationException)
        {
            // It waited for too long, or the server was restarted.
            return false;
        }
    }

    /// <summary>Takes it back: its rows are rolled back, and its session is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        Abandoned.Unregister();
        await _stop.CancelAsync();
        await Ended;
        await Session.CloseAsync();
        _stop.Dispose();
    }

    private async Task SendAsync()
    {
        try
        {
            var writer = await _open(Session);
            _transaction = await writer.Db.BeginTransactionAsync(_stop.Token);
            Counts = await writer.SendAsync(Batches, _stop.Token);
            _sent = true;
        }
        catch (Exception)
        {
            // Whatever it is (an Id that is there already, a fence, a lost session): the page is sent again with its commit, which meets what stays.
        }
    }
}
