using System.Globalization;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;

namespace Orgtap.Tests.Replicas;

/// <summary>What every kind of replica must do. A subclass says how to open one, how to look at it from outside, and how to make a row fail.</summary>
public abstract partial class ReplicaContract
{
    protected static CancellationToken Never => CancellationToken.None;

    /// <summary>Opens this test's one store; again after a close it is the same store.</summary>
    protected abstract Task<IReplica> OpenAsync();

    /// <summary>The rows in order of Id as another program sees them, each cell as canonical text.</summary>
    protected abstract Task<IReadOnlyList<string?[]>> ReadAsync(ObjectSchema schema);

    /// <summary>Whether texts keep their NULs; where they do not, those that are lost are counted.</summary>
    protected virtual bool KeepsNuls => true;

    /// <summary>From now on the store refuses a row of this Id.</summary>
    protected abstract Task MakeRowFailAsync(ObjectSchema schema, string id);

    [Fact]
    public async Task A_committed_page_is_there_with_its_checkpoint_after_reopening()
    {
        Checkpoint stored;
        await using (var replica = await OpenAsync())
        {
            var table = await replica.OpenAsync(Pages.Account, Never);
            Assert.Null(table.Checkpoint);
            using var page = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, Pages.Id(2)), [[Pages.Id(1), "One", "5", "false"], [Pages.Id(2), null, null, "false"]]);
            stored = (await replica.CommitAsync(table, page, Never)).Stored;
        }
        await using var again = await OpenAsync();
        var reopened = await again.OpenAsync(Pages.Account, Never);
        Assert.Equal(stored.ToJson(), reopened.Checkpoint!.ToJson());
        Assert.Equal(new KeysetPosition(Pages.Id(2)), reopened.Checkpoint.Position);
        Assert.Equal(new Tally(2, 1, 1, 2, 0, 2, 0, 0, 0, 0), reopened.Checkpoint.Tally);
        Assert.Equal([[Pages.Id(1), "One", "5", "false"], [Pages.Id(2), null, null, "false"]], await ReadAsync(Pages.Account));
    }

    [Fact]
    public async Task A_page_with_a_row_that_fails_leaves_neither_rows_nor_checkpoint()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        using (var first = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, Pages.Id(1)), [[Pages.Id(1), "One", "1", "false"]])) await replica.CommitAsync(table, first, Never);
        await MakeRowFailAsync(Pages.Account, Pages.Id(3));
        using (var second = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, Pages.Id(3)),
            [[Pages.Id(1), "Changed", "1", "false"], [Pages.Id(2), "Two", "2", "false"], [Pages.Id(3), "Three", "3", "false"]]))
            await Assert.ThrowsAsync<OrgtapException>(() => replica.CommitAsync(table, second, Never));
        Assert.Equal([[Pages.Id(1), "One", "1", "false"]], await ReadAsync(Pages.Account));
        var held = Assert.Single(await replica.TablesAsync(Never));
        Assert.Equal(1, held.Rows);
        Assert.Equal(new KeysetPosition(Pages.Id(1)), held.Checkpoint!.Position);
        // The same run goes on with a page that has no such row.
        using var third = Pages.Of(Pages.Account, held.Checkpoint, [[Pages.Id(2), "Two", "2", "false"]]);
        Assert.Equal(2, (await replica.CommitAsync(table, third, Never)).Stored.Tally.Inserted);
    }

    [Fact]
    public async Task Readers_never_see_half_a_page()
    {
        const int PerPage = 500;
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        var writing = Task.Run(async () =>
        {
            for (var number = 0; number < 20; number++)
            {
                using var page = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account), Enumerable.Range(number * PerPage, PerPage).Select(i => new[] { Pages.Id(i), $"Name {i}", "1", "false" }));
                await replica.CommitAsync(table, page, Never);
            }
        });
        while (!writing.IsCompleted) Assert.Equal(0, (await ReadAsync(Pages.Account)).Count % PerPage);
        await writing;
        Assert.Equal(20 * PerPage, (await ReadAsync(Pages.Account)).Count);
    }

    [Fact]
    public async Task Only_the_newest_opener_may_commit()
    {
        await using var replica = await OpenAsync();
        var older = await replica.OpenAsync(Pages.Account, Never);
        var newer = await replica.OpenAsync(Pages.Account, Never);
        Assert.True(newer.Fence > older.Fence);
        using var page = Pages.Of(Pages.Account, [Pages.Id(1), "One", "1", "false"]);
        await Assert.ThrowsAsync<FencedException>(() => replica.CommitAsync(older, page, Never));
        Assert.Empty(await ReadAsync(Pages.Account));
        await replica.CommitAsync(newer, page, Never);
        await Assert.ThrowsAsync<FencedException>(() => replica.CommitAsync(older, page, Never));
        Assert.Single(await ReadAsync(Pages.Account));
    }

    [Fact]
    public async Task A_second_process_that_opens_the_table_fences_the_first()
    {
        await using var first = await OpenAsync();
        await using var second = await OpenAsync();
        var older = await first.OpenAsync(Pages.Account, Never);
        await second.OpenAsync(Pages.Account, Never);
        using var page = Pages.Of(Pages.Account, [Pages.Id(1), "One", "1", "false"]);
        await Assert.ThrowsAsync<FencedException>(() => first.CommitAsync(older, page, Never));
        Assert.Empty(await ReadAsync(Pages.Account));
    }

    [Fact]
    public async Task Each_row_is_counted_in_exactly_one_way()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        async Task<CommitCounts> Commit(params string?[][] rows)
        {
            using var page = Pages.Of(Pages.Account, rows);
            return (await replica.CommitAsync(table, page, Never)).Counts;
        }

        Assert.Equal(new CommitCounts(3, 0, 0, 1), await Commit(
            [Pages.Id(1), "a", "1", "false"], [Pages.Id(2), "b", null, "false"], [Pages.Id(3), "c", "3", "false"], [Pages.Id(4), "d", "4", "true"]));
        Assert.Equal(3, await RowsAsync(replica));
        Assert.Equal(new CommitCounts(1, 2, 3, 0), await Commit(
            [Pages.Id(1), "a", "1", "false"], [Pages.Id(2), "b", "2", "false"], [Pages.Id(3), "c", null, "false"], [Pages.Id(4), "d", "4", "true"],
            [Pages.Id(5), "e", "5", "false"], [Pages.Id(5), "e", "5", "false"]));
        Assert.Equal(4, await RowsAsync(replica));
        // 1 becomes deleted; 4 stays deleted and differs; 4 comes back; 6 arrives deleted.
        Assert.Equal(new CommitCounts(0, 2, 0, 2), await Commit(
            [Pages.Id(1), "a", "1", "true"], [Pages.Id(4), "changed", "4", "true"], [Pages.Id(4), "changed", "4", "false"], [Pages.Id(6), "f", "6", "true"]));
        Assert.Equal(4, await RowsAsync(replica));
        Assert.Equal(4, (await ReadAsync(Pages.Account)).Count(row => row[3] == "false"));
    }

    [Fact]
    public async Task A_row_inserted_where_another_was_last_removed_counts_as_inserted()
    {
        await using var replica = await OpenAsync();
        await SnapshotAsync(replica, Pages.CaseStatus, 1, [[Pages.Id(1), "New"]]);
        Assert.Equal(new CommitCounts(1, 0, 0, 0, Swept: 1), await SnapshotAsync(replica, Pages.CaseStatus, 2, [[Pages.Id(2), "Closed"]]));
        Assert.Equal(new CommitCounts(1, 0, 0, 0, Swept: 1), await SnapshotAsync(replica, Pages.CaseStatus, 3, [[Pages.Id(3), "Open"]]));
        Assert.Equal([[Pages.Id(3), "Open"]], await ReadAsync(Pages.CaseStatus));
        Assert.Equal(1, await RowsAsync(replica));
    }

    [Fact]
    public async Task A_snapshot_marks_what_it_did_not_see_once_it_ends()
    {
        await using var replica = await OpenAsync();
        await SnapshotAsync(replica, Pages.Account, 1, [[Pages.Id(1), "a", "1", "false"], [Pages.Id(2), "b", "2", "false"], [Pages.Id(3), "c", "3", "false"]]);
        var table = await replica.OpenAsync(Pages.Account, Never);
        using (var half = Pages.Of(Pages.Account, Pages.Snapshot(Pages.Account, 2, finished: false), [[Pages.Id(1), "a", "1", "false"]]))
            Assert.Equal(new CommitCounts(0, 0, 1, 0), (await replica.CommitAsync(table, half, Never)).Counts);
        Assert.Equal(3, await RowsAsync(replica));
        using (var rest = Pages.Of(Pages.Account, Pages.Snapshot(Pages.Account, 2, finished: true), [[Pages.Id(3), "c", "3", "false"]]))
        {
            var commit = await replica.CommitAsync(table, rest, Never);
            Assert.Equal(new CommitCounts(0, 0, 1, 0, Swept: 1), commit.Counts);
            Assert.Equal(1, commit.Stored.Tally.Swept);
        }
        Assert.Equal(2, await RowsAsync(replica));
        Assert.Equal(["false", "true", "false"], (await ReadAsync(Pages.Account)).Select(row => row[3]));
    }

    [Fact]
    public async Task A_snapshot_begun_anew_does_not_count_what_the_broken_one_saw()
    {
        await using var replica = await OpenAsync();
        await SnapshotAsync(replica, Pages.CaseStatus, 1, [[Pages.Id(1), "New"], [Pages.Id(2), "Old"]]);
        var table = await replica.OpenAsync(Pages.CaseStatus, Never);
        using (var broken = Pages.Of(Pages.CaseStatus, Pages.Snapshot(Pages.CaseStatus, 2, finished: false), [[Pages.Id(2), "Old"]])) await replica.CommitAsync(table, broken, Never);
        await SnapshotAsync(replica, Pages.CaseStatus, 3, [[Pages.Id(1), "New"]]);
        Assert.Equal([[Pages.Id(1), "New"]], await ReadAsync(Pages.CaseStatus));
    }

    [Fact]
    public async Task A_hundred_thousand_rows_go_through_in_pages_of_several_batches()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        var checkpoint = Pages.Backfill(Pages.Account);
        for (var number = 0; number < 2; number++)
        {
            using var page = Pages.Of(Pages.Account, checkpoint with { Finished = number == 1 },
                Enumerable.Range(number * 50_000, 50_000).Select(i => new[] { Pages.Id(i), $"Name of account number {i}", i.ToString(CultureInfo.InvariantCulture), "false" }));
            Assert.True(page.Batches.Count > 1);
            checkpoint = (await replica.CommitAsync(table, page, Never)).Stored;
        }
        Assert.Equal(100_000, checkpoint.Tally.Inserted);
        var held = Assert.Single(await replica.TablesAsync(Never));
        Assert.Equal(100_000, held.Rows);
        Assert.NotNull(held.LastComplete);
        Assert.Equal(new string?[] { Pages.Id(99_999), "Name of account number 99999", "99999", "false" }, (await ReadAsync(Pages.Account))[99_999]);
    }

    [Fact]
    public async Task A_load_that_ends_with_something_missing_is_not_complete()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        using var page = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, finished: true), [[Pages.Id(1), "One", "1", "false"]]) with { Counts = new PageCounts(2, 1, 0, 0) };
        await replica.CommitAsync(table, page, Never);
        Assert.Null(Assert.Single(await replica.TablesAsync(Never)).LastComplete);
    }

    [Fact]
    public async Task A_page_without_rows_moves_only_the_checkpoint()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        using var page = Page.Empty(Pages.Backfill(Pages.Account) with { Position = new BulkPosition("750x", "66.0", null, []) });
        await replica.CommitAsync(table, page, Never);
        var position = (await replica.OpenAsync(Pages.Account, Never)).Checkpoint!.Position;
        Assert.Equal("750x", Assert.IsType<BulkPosition>(position).JobId);
    }

    private static async Task<long> RowsAsync(IReplica replica) => Assert.Single(await replica.TablesAsync(Never)).Rows;

    private static async Task<CommitCounts> SnapshotAsync(IReplica replica, ObjectSchema schema, int day, string?[][] rows)
    {
        var table = await replica.OpenAsync(schema, Never);
        using var page = Pages.Of(schema, Pages.Snapshot(schema, day, finished: true), rows);
        return (await replica.CommitAsync(table, page, Never)).Counts;
    }
}
