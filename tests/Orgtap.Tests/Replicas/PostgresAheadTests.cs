using Dapper;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Replicas.Postgres;
using Orgtap.Tests.Salesforce;

namespace Orgtap.Tests.Replicas;

/// <summary>While a first load fills a table, the page behind the one that is committed is sent over a second session.</summary>
public sealed class PostgresAheadTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly PostgresTestSchema _schema = new();
    private readonly ManualTime _time = new();
    private PostgresReplica _replica = null!;
    private OpenTable _table = null!;

    public async ValueTask InitializeAsync()
    {
        _replica = await OpenAsync();
        _table = await _replica.OpenAsync(Pages.Account, Never);
        using var first = PageOf("first", 0, 10);
        Assert.Equal(10, (await _replica.CommitAsync(_table, first, Never)).Counts.Inserted);
    }

    public async ValueTask DisposeAsync()
    {
        await _replica.DisposeAsync();
        await _schema.DisposeAsync();
    }

    [Fact]
    public async Task Pages_that_are_sent_ahead_are_seen_from_their_commit_on_and_counted_like_others()
    {
        using var second = PageOf("second", 10, 1000);
        using var third = PageOf("third", 1010, 500);
        await _replica.SendAheadAsync(_table, second, Never);
        Assert.Equal(10, await CountAsync());
        Assert.Equal(1, await OpenTransactionsAsync());

        var committed = await _replica.CommitAsync(_table, second with { Covers = second.Covers with { Tally = _table.Checkpoint?.Tally ?? Tally.Zero } }, Never);
        Assert.Equal(new CommitCounts(1000, 0, 0, 0), committed.Counts);
        Assert.Equal(1010, await CountAsync());

        await _replica.SendAheadAsync(_table, third, Never);
        Assert.Equal(1, await OpenTransactionsAsync());
        Assert.Equal(500, (await _replica.CommitAsync(_table, third, Never)).Counts.Inserted);
        Assert.Equal(1510, await CountAsync());
        Assert.Equal(1510, Assert.Single(await _replica.TablesAsync(Never)).Rows);
    }

    [Fact]
    public async Task A_page_is_sent_while_the_one_before_it_is_being_committed()
    {
        using var second = PageOf("second", 10, 40_000);
        using var third = PageOf("third", 50_000, 1000);
        using var held = new FreezingList(second.Batches);
        var committing = Task.Run(() => _replica.CommitAsync(_table, second with { Batches = held }, Never));
        await held.Frozen.WaitAsync(TestContext.Current.CancellationToken);
        await _replica.SendAheadAsync(_table, third, Never);
        Assert.Equal(2, await OpenTransactionsAsync());
        held.Wake();
        Assert.Equal(40_000, (await committing).Counts.Inserted);
        Assert.Equal(1000, (await _replica.CommitAsync(_table, third, Never)).Counts.Inserted);
        Assert.Equal(41_010, await CountAsync());
    }

    [Fact]
    public async Task Of_a_page_whose_commit_does_not_come_nothing_stays()
    {
        using var abandoned = new CancellationTokenSource();
        using var second = PageOf("second", 10, 1000);
        await _replica.SendAheadAsync(_table, second, abandoned.Token);
        Assert.Equal(1, await OpenTransactionsAsync());
        await abandoned.CancelAsync();
        while (await OpenTransactionsAsync() > 0) TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        Assert.Equal(10, await CountAsync());

        // Another page in its place is written as ever.
        using var other = PageOf("other", 10, 5);
        Assert.Equal(5, (await _replica.CommitAsync(_table, other, Never)).Counts.Inserted);
        Assert.Equal(15, await CountAsync());
    }

    [Fact]
    public async Task A_page_with_rows_that_are_there_already_is_merged_by_its_commit()
    {
        using var second = PageOf("second", 5, 10);
        await _replica.SendAheadAsync(_table, second, Never);
        Assert.Equal(new CommitCounts(5, 5, 0, 0), (await _replica.CommitAsync(_table, second, Never)).Counts);
        Assert.Equal(15, await CountAsync());
        await using var db = await _schema.ConnectAsync();
        Assert.Equal(10, await db.ExecuteScalarAsync<long>("SELECT count(*) FROM account WHERE name LIKE 'second%'"));
    }

    [Fact]
    public async Task A_session_that_the_server_closed_with_a_page_in_it_costs_nothing_but_sending_it_again()
    {
        using var second = PageOf("second", 10, 1000);
        await _replica.SendAheadAsync(_table, second, Never);
        await using (var db = await _schema.ConnectAsync())
            Assert.Equal(1, await db.ExecuteScalarAsync<long>("SELECT count(pg_terminate_backend(pid)) FROM _orgtap_tables, unnest(ARRAY[writer_pid, ahead_pid]) AS pid WHERE pid IS NOT NULL"));
        Assert.Equal(1000, (await _replica.CommitAsync(_table, second, Never)).Counts.Inserted);
        Assert.Equal(1010, await CountAsync());
    }

    [Fact]
    public async Task Whoever_opens_the_table_anew_ends_both_sessions_of_the_one_before()
    {
        using var second = PageOf("second", 10, 1000);
        using var third = PageOf("third", 1010, 1000);
        await _replica.SendAheadAsync(_table, second, Never);
        await _replica.SendAheadAsync(_table, third, Never);
        Assert.Equal(2, await OpenTransactionsAsync());
        await using var newer = await OpenAsync();
        var table = await newer.OpenAsync(Pages.Account, Never);
        Assert.Equal(0, await OpenTransactionsAsync());
        // The same rows: nothing that was sent ahead is in their way.
        using (var same = PageOf("newer", 10, 1000)) Assert.Equal(1000, (await newer.CommitAsync(table, same, Never)).Counts.Inserted);
        await Assert.ThrowsAsync<FencedException>(() => _replica.CommitAsync(_table, second, Never));
        Assert.Equal(1010, await CountAsync());
    }

    [Fact]
    public async Task An_Id_in_two_pages_does_not_let_them_wait_for_each_other_and_the_later_one_stays()
    {
        using var second = PageOf("second", 10, 1000);
        using var third = PageOf("third", 1009, 500);
        // The third has the row first, and waits for its commit; the second waits for the row.
        await _replica.SendAheadAsync(_table, third, Never);
        var committing = _replica.CommitAsync(_table, second, Never);
        while (await WaitingAsync() == 0) TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        Assert.False(committing.IsCompleted);
        _time.Advance(PostgresReplica.Patience);
        Assert.Equal(1000, (await committing).Counts.Inserted);
        Assert.Equal(new CommitCounts(499, 1, 0, 0), (await _replica.CommitAsync(_table, third, Never)).Counts);
        Assert.Equal(1509, await CountAsync());
        await using var reading = await _schema.ConnectAsync();
        Assert.Equal("third", await reading.ExecuteScalarAsync<string>("SELECT name FROM account WHERE id = @id", new { id = Pages.Id(1009) }));

        // From now on pages keep their order.
        using var fourth = PageOf("fourth", 2000, 10);
        await _replica.SendAheadAsync(_table, fourth, Never);
        Assert.Equal(0, await OpenTransactionsAsync());
    }

    private static Page PageOf(string name, int from, int count) => Pages.Of(Pages.Account, Pages.Backfill(Pages.Account), Enumerable.Range(from, count).Select(i => new[] { Pages.Id(i), name, "1", "false" }));

    private Task<PostgresReplica> OpenAsync() => PostgresReplica.OpenAsync(_schema.Source, _time, Never);

    private async Task<long> CountAsync()
    {
        await using var db = await _schema.ConnectAsync();
        return await db.ExecuteScalarAsync<long>("SELECT count(*) FROM account");
    }

    /// <summary>Of the sessions that write the table.</summary>
    private async Task<long> OpenTransactionsAsync()
    {
        await using var db = await _schema.ConnectAsync();
        return await db.ExecuteScalarAsync<long>("SELECT count(*) FROM pg_stat_activity a JOIN _orgtap_tables t ON a.pid IN (t.writer_pid, t.ahead_pid) WHERE a.xact_start IS NOT NULL");
    }

    private async Task<long> WaitingAsync()
    {
        await using var db = await _schema.ConnectAsync();
        return await db.ExecuteScalarAsync<long>("SELECT count(*) FROM pg_locks l JOIN _orgtap_tables t ON l.pid IN (t.writer_pid, t.ahead_pid) WHERE NOT l.granted");
    }
}
