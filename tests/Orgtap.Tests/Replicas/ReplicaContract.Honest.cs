using Orgtap.Records;
using Orgtap.Replicas;

namespace Orgtap.Tests.Replicas;

/// <summary>Loads that keep an existing copy honest: some columns, Ids alone, rows that were missing.</summary>
public abstract partial class ReplicaContract
{
    private static readonly DateTimeOffset Later = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly ObjectSchema Stamped = new("Account",
        [new("Id", ColumnType.Id), new("Name", ColumnType.Text), new("Employees", ColumnType.Integer), new("IsDeleted", ColumnType.Boolean), new("SystemModstamp", ColumnType.DateTime)]);

    [Theory]
    [InlineData(LoadMode.Columns)]
    [InlineData(LoadMode.Refresh)]
    public async Task A_partial_load_changes_its_columns_of_rows_that_are_there_and_notes_those_that_are_not(LoadMode mode)
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        using (var first = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, finished: true), [[Pages.Id(1), "One", "1", "false"], [Pages.Id(2), "Two", null, "true"]]))
            await replica.CommitAsync(table, first, Never);

        var covers = Pages.Backfill(Pages.Account) with { Mode = mode, Part = ["Employees"] };
        using var page = Pages.Of(Pages.Account.Part(["Employees"]), covers, [[Pages.Id(1), "1"], [Pages.Id(2), "22"], [Pages.Id(3), "3"]]);
        var commit = await replica.CommitAsync(table, page, Never);

        Assert.Equal(new CommitCounts(0, 1, 1, 0, Absent: 1), commit.Counts);
        Assert.Equal(1, commit.Stored.Tally.Absent);
        Assert.Equal([[Pages.Id(1), "One", "1", "false"], [Pages.Id(2), "Two", "22", "true"]], await ReadAsync(Pages.Account));
        Assert.Equal([Pages.Id(3)], await replica.MissingAsync(table, null, 10, Never));
        Assert.Equal(1, await RowsAsync(replica));
    }

    [Theory]
    [InlineData(LoadMode.Columns)]
    [InlineData(LoadMode.Refresh)]
    public async Task A_live_row_that_a_partial_load_did_not_meet_is_asked_for_by_its_Id_and_gone_if_it_does_not_come(LoadMode mode)
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        using (var first = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, finished: true),
            [[Pages.Id(1), "One", "1", "false"], [Pages.Id(2), "Hidden", "2", "false"], [Pages.Id(3), "Changed", "3", "false"], [Pages.Id(4), "Purged", "4", "true"]])) await replica.CommitAsync(table, first, Never);
        var covers = Pages.Backfill(Pages.Account) with { Mode = mode, Part = ["Employees"], StartedAt = Later };
        using (var page = Pages.Of(Pages.Account.Part(["Employees"]), covers, [[Pages.Id(1), "11"]])) await replica.CommitAsync(table, page, Never);
        using (var end = Page.Empty(covers with { Finished = true, Part = null })) await replica.CommitAsync(table, end, Never);
        Assert.Equal([Pages.Id(2), Pages.Id(3)], await replica.MissingAsync(table, null, 10, Never));

        using (var mend = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account) with { Mode = LoadMode.Mend, Position = new KeysetPosition(Pages.Id(3)) }, [[Pages.Id(3), "Anew", "33", "false"]]))
            Assert.Equal((1L, 1L), ((await replica.CommitAsync(table, mend, Never)).Counts is var counts ? counts.Changed : 0, counts.Swept));
        Assert.Equal([[Pages.Id(1), "One", "11", "false"], [Pages.Id(2), "Hidden", "2", "true"], [Pages.Id(3), "Anew", "33", "false"], [Pages.Id(4), "Purged", "4", "true"]], await ReadAsync(Pages.Account));
        Assert.Empty(await replica.MissingAsync(table, null, 10, Never));
        Assert.Equal(2, await RowsAsync(replica));
    }

    [Fact]
    public async Task A_partial_load_can_take_a_value_away()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        using (var first = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, finished: true), [[Pages.Id(1), "One", "1", "false"]])) await replica.CommitAsync(table, first, Never);
        using var page = Pages.Of(Pages.Account.Part(["Employees", "Name"]), Pages.Backfill(Pages.Account) with { Mode = LoadMode.Refresh, Part = ["Employees", "Name"] }, [[Pages.Id(1), null, "Uno"]]);
        await replica.CommitAsync(table, page, Never);
        Assert.Equal([[Pages.Id(1), "Uno", null, "false"]], await ReadAsync(Pages.Account));
    }

    [Fact]
    public async Task Comparing_Ids_marks_what_is_gone_and_notes_what_is_missing_until_it_is_mended()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        using (var first = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, finished: true),
            [[Pages.Id(1), "One", "1", "false"], [Pages.Id(2), "Gone", "2", "false"], [Pages.Id(3), "Long gone", "3", "true"]])) await replica.CommitAsync(table, first, Never);

        var reconcile = Pages.Backfill(Pages.Account) with { Mode = LoadMode.Reconcile, StartedAt = Later };
        var ids = Pages.Account.Part([]);
        using (var seen = Pages.Of(ids, reconcile with { Position = new KeysetPosition(Pages.Id(5)) }, [[Pages.Id(1)], [Pages.Id(4)], [Pages.Id(5)]]))
            Assert.Equal(new CommitCounts(0, 0, 3, 0), (await replica.CommitAsync(table, seen, Never)).Counts);
        using (var end = Page.Empty(reconcile with { Finished = true }))
            Assert.Equal(1, (await replica.CommitAsync(table, end, Never)).Counts.Swept);
        Assert.Equal([[Pages.Id(1), "One", "1", "false"], [Pages.Id(2), "Gone", "2", "true"], [Pages.Id(3), "Long gone", "3", "true"]], await ReadAsync(Pages.Account));
        Assert.Equal([Pages.Id(4), Pages.Id(5)], await replica.MissingAsync(table, null, 10, Never));
        Assert.Equal([Pages.Id(5)], await replica.MissingAsync(table, Pages.Id(4), 10, Never));
        Assert.Equal([Pages.Id(4)], await replica.MissingAsync(table, null, 1, Never));

        // 5 is no longer shown by the time it is asked for.
        using (var mend = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account) with { Mode = LoadMode.Mend, Position = new KeysetPosition(Pages.Id(5)) }, [[Pages.Id(4), "Four", "4", "false"]]))
            Assert.Equal(1, (await replica.CommitAsync(table, mend, Never)).Counts.Inserted);
        Assert.Empty(await replica.MissingAsync(table, null, 10, Never));
        Assert.Equal(2, await RowsAsync(replica));
    }

    [Fact]
    public async Task A_row_whose_deletion_mark_differs_from_the_orgs_is_noted_as_missing()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        using (var first = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, finished: true),
            [[Pages.Id(1), "Came back", "1", "true"], [Pages.Id(2), "Binned", "2", "false"], [Pages.Id(3), "Same", "3", "false"]])) await replica.CommitAsync(table, first, Never);
        var reconcile = Pages.Backfill(Pages.Account) with { Mode = LoadMode.Reconcile, StartedAt = Later, Part = ["IsDeleted"] };
        using (var seen = Pages.Of(Pages.Account.Part(["IsDeleted"]), reconcile, [[Pages.Id(1), "false"], [Pages.Id(2), "true"], [Pages.Id(3), "false"]])) await replica.CommitAsync(table, seen, Never);
        using (var end = Page.Empty(reconcile with { Finished = true })) Assert.Equal(0, (await replica.CommitAsync(table, end, Never)).Counts.Swept);
        Assert.Equal([Pages.Id(1), Pages.Id(2)], await replica.MissingAsync(table, null, 10, Never));
    }

    [Fact]
    public async Task A_row_whose_stamp_differs_from_the_orgs_is_noted_as_missing()
    {
        const string Old = "2026-01-01T00:00:00.000Z", New = "2026-01-01T00:00:00.001Z";
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Stamped, Never);
        using (var first = Pages.Of(Stamped, Pages.Backfill(Stamped, finished: true),
            [[Pages.Id(1), "Stale", "1", "false", Old], [Pages.Id(2), "Same", "2", "false", New], [Pages.Id(3), "Without", "3", "false", null]])) await replica.CommitAsync(table, first, Never);
        var reconcile = Pages.Backfill(Stamped) with { Mode = LoadMode.Reconcile, StartedAt = Later, Part = ["IsDeleted", "SystemModstamp"] };
        using (var seen = Pages.Of(Stamped.Part(["IsDeleted", "SystemModstamp"]), reconcile, [[Pages.Id(1), "false", New], [Pages.Id(2), "false", New], [Pages.Id(3), "false", New]])) await replica.CommitAsync(table, seen, Never);
        using (var end = Page.Empty(reconcile with { Finished = true })) Assert.Equal(0, (await replica.CommitAsync(table, end, Never)).Counts.Swept);
        Assert.Equal([Pages.Id(1), Pages.Id(3)], await replica.MissingAsync(table, null, 10, Never));
    }

    [Fact]
    public async Task A_comparison_that_begins_anew_forgets_what_the_one_before_saw()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        using (var first = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, finished: true), [[Pages.Id(1), "One", "1", "false"]])) await replica.CommitAsync(table, first, Never);
        var old = Pages.Backfill(Pages.Account) with { Mode = LoadMode.Reconcile, StartedAt = Later };
        using (var seen = Pages.Of(Pages.Account.Part([]), old, [[Pages.Id(1)]])) await replica.CommitAsync(table, seen, Never);
        using var end = Page.Empty(old with { StartedAt = Later.AddDays(1), Finished = true });
        Assert.Equal(1, (await replica.CommitAsync(table, end, Never)).Counts.Swept);
    }

    [Fact]
    public async Task A_listed_deletion_marks_a_row_unless_it_was_changed_since()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Stamped, Never);
        using (var first = Pages.Of(Stamped, Pages.Backfill(Stamped, finished: true),
            [[Pages.Id(1), "Old", "1", "false", "2026-01-01T00:00:00.000Z"], [Pages.Id(2), "Came back", "2", "false", "2026-03-01T00:00:00.000Z"], [Pages.Id(3), "Marked", "3", "true", "2026-01-01T00:00:00.000Z"]]))
            await replica.CommitAsync(table, first, Never);
        const string At = "2026-02-01T00:00:00.000Z";
        using var page = Pages.Of(Stamped.Part(["SystemModstamp"]), Pages.Backfill(Stamped, finished: true) with { Mode = LoadMode.Deletes, Part = ["SystemModstamp"] },
            [[Pages.Id(1), At], [Pages.Id(2), At], [Pages.Id(3), At], [Pages.Id(4), At]]);
        Assert.Equal(new CommitCounts(0, 0, 3, 1), (await replica.CommitAsync(table, page, Never)).Counts);
        Assert.Equal(["true", "false", "true"], (await ReadAsync(Stamped)).Select(row => row[3]));
        Assert.Equal(1, await RowsAsync(replica));
    }

    [Fact]
    public async Task A_listed_deletion_removes_the_row_where_the_object_has_no_mark()
    {
        var schema = new ObjectSchema("CaseStatus", [.. Pages.CaseStatus.Columns, new("LastModifiedDate", ColumnType.DateTime)]);
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(schema, Never);
        using (var first = Pages.Of(schema, Pages.Backfill(schema, finished: true), [[Pages.Id(1), "New", "2026-01-01T00:00:00.000Z"], [Pages.Id(2), "Closed", "2026-01-01T00:00:00.000Z"]]))
            await replica.CommitAsync(table, first, Never);
        using var page = Pages.Of(schema.Part(["LastModifiedDate"]), Pages.Backfill(schema, finished: true) with { Mode = LoadMode.Deletes, Part = ["LastModifiedDate"] }, [[Pages.Id(1), "2026-02-01T00:00:00.000Z"]]);
        Assert.Equal(1, (await replica.CommitAsync(table, page, Never)).Counts.MarkedDeleted);
        Assert.Equal(Pages.Id(2), Assert.Single(await ReadAsync(schema))[0]);
        Assert.Equal(1, await RowsAsync(replica));
    }
}
