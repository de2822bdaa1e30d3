using Dapper;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Replicas.Postgres;

namespace Orgtap.Tests.Replicas;

/// <summary>What is PostgreSQL's own.</summary>
public sealed class PostgresReplicaTests : IAsyncDisposable
{
    private readonly PostgresTestSchema _schema = new();

    private static CancellationToken Never => CancellationToken.None;

    public ValueTask DisposeAsync() => _schema.DisposeAsync();

    [Theory]
    [InlineData("Account", "account")]
    [InlineData("acme__Invoice_Line__c", "acme__invoice_line__c")]
    [InlineData("Order", "order")]
    public void A_name_is_the_API_name_in_lower_case(string name, string expected) => Assert.Equal(expected, PostgresNames.Of(name));

    [Fact]
    public async Task Names_longer_than_63_bytes_that_begin_alike_stay_apart_and_are_listed()
    {
        var (one, two) = (new string('N', 70) + "One__c", new string('N', 70) + "Two__c");
        var schema = new ObjectSchema(one, [new("Id", ColumnType.Id), new(one, ColumnType.Text), new(two, ColumnType.Text), new("\u00C4" + new string('\u00E4', 40), ColumnType.Text)]);
        await using (var replica = await OpenAsync())
            Assert.Equal(1, (await CommitAsync(replica, schema, [Pages.Id(1), "one", "two", "three"])).Counts.Inserted);
        await using var db = await _schema.ConnectAsync();
        var columns = (await db.QueryAsync<(string Name, string Column)>("SELECT name, column_name FROM _orgtap_columns")).ToDictionary(row => row.Name, row => row.Column);
        Assert.All(columns.Values, column => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(column), 1, 63));
        Assert.NotEqual(columns[one], columns[two]);
        var table = await db.ExecuteScalarAsync<string>("SELECT table_name FROM _orgtap_tables");
        Assert.Equal("one|two", await db.ExecuteScalarAsync<string>($"SELECT \"{columns[one]}\" || '|' || \"{columns[two]}\" FROM \"{table}\""));
    }

    [Fact]
    public async Task A_first_load_leaves_no_dead_rows_and_an_unchanged_page_writes_none()
    {
        await using var replica = await OpenAsync();
        var rows = Enumerable.Range(0, 3_000).Select(i => new string?[] { Pages.Id(i), $"Name {i}", "1", "false" }).ToArray();
        await CommitAsync(replica, Pages.Account, rows);
        await using var db = await _schema.ConnectAsync();
        var before = await db.ExecuteScalarAsync<string>("SELECT max(xmin::text::bigint) || ' ' || max(ctid) FROM account");
        Assert.Equal(3_000, (await CommitAsync(replica, Pages.Account, rows)).Counts.Unchanged);
        Assert.Equal(before, await db.ExecuteScalarAsync<string>("SELECT max(xmin::text::bigint) || ' ' || max(ctid) FROM account"));
        Assert.Equal("p", (await db.ExecuteScalarAsync<char>("SELECT relpersistence FROM pg_class WHERE oid = 'account'::regclass")).ToString());
    }

    [Fact]
    public async Task A_table_in_which_nothing_changed_costs_its_checkpoint_and_no_session_of_its_own()
    {
        await using var replica = await OpenAsync();
        using var nothing = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account) with { Mode = LoadMode.Incremental, Finished = true }, []);
        await CommitAsync(replica, Pages.Account, [Pages.Id(1), "one", "1", "false"]);
        await replica.CommitAsync(await replica.OpenAsync(Pages.Account, Never), nothing, Never);
        await using var db = await _schema.ConnectAsync();
        const string columns = "SELECT string_agg(name || ' ' || ctid::text || ' ' || xmin::text || ' ' || updated, '; ' ORDER BY name) FROM _orgtap_columns";
        Assert.DoesNotContain(" 2;", await db.ExecuteScalarAsync<string>(columns) + ";", StringComparison.Ordinal);
        var (before, writer) = (await db.ExecuteScalarAsync<string>(columns), await db.ExecuteScalarAsync<DateTime>("SELECT writer_since FROM _orgtap_tables"));

        var table = await replica.OpenAsync(Pages.Account, Never);
        var commit = await replica.CommitAsync(table, nothing, Never);

        Assert.Equal((default, LoadMode.Incremental, true), (commit.Counts, commit.Stored.Mode, commit.Stored.Finished));
        Assert.Equal(commit.Stored.ToJson(), Assert.Single(await replica.TablesAsync(Never)).Checkpoint!.ToJson());
        Assert.Equal(before, await db.ExecuteScalarAsync<string>(columns));
        Assert.Equal(writer, await db.ExecuteScalarAsync<DateTime>("SELECT writer_since FROM _orgtap_tables"));
        await replica.OpenAsync(Pages.Account, Never);
        await Assert.ThrowsAsync<FencedException>(() => replica.CommitAsync(table, nothing, Never));
    }

    [Fact]
    public async Task A_slice_that_is_read_again_is_merged_and_not_doubled()
    {
        await using var replica = await OpenAsync();
        var table = await replica.OpenAsync(Pages.Account, Never);
        async Task<CommitCounts> Commit(int from, int count)
        {
            using var page = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account), Enumerable.Range(from, count).Select(i => new[] { Pages.Id(i), "x", "1", "false" }));
            return (await replica.CommitAsync(table, page, Never)).Counts;
        }

        Assert.Equal(new CommitCounts(100, 0, 0, 0), await Commit(0, 100));
        Assert.Equal(new CommitCounts(50, 0, 50, 0), await Commit(50, 100));
        Assert.Equal(new CommitCounts(10, 0, 0, 0), await Commit(150, 10));
        Assert.Equal(160, Assert.Single(await replica.TablesAsync(Never)).Rows);
    }

    [Theory]
    [InlineData(LoadMode.Backfill)]
    [InlineData(LoadMode.Incremental)]
    public async Task A_process_that_froze_in_the_middle_of_a_page_holds_nobody_up_and_wakes_to_its_fence(LoadMode mode)
    {
        await using var frozen = await OpenAsync();
        await using var newer = await OpenAsync();
        var covers = Pages.Backfill(Pages.Account) with { Mode = mode };
        var older = await frozen.OpenAsync(Pages.Account, Never);
        // Enough that a part of it is at the server when the process stops.
        using var page = Pages.Of(Pages.Account, covers, Enumerable.Range(0, 40_000).Select(i => new[] { Pages.Id(i), $"Name of account number {i}", "1", "false" }));
        Assert.True(page.Batches.Count > 1);
        using var freezing = new FreezingList(page.Batches);
        var commit = Task.Run(() => frozen.CommitAsync(older, page with { Batches = freezing }, Never));
        await freezing.Frozen.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        var table = await newer.OpenAsync(Pages.Account, Never);
        using (var same = Pages.Of(Pages.Account, covers, Enumerable.Range(0, 100).Select(i => new[] { Pages.Id(i), "newer", "1", "false" })))
            Assert.Equal(100, (await newer.CommitAsync(table, same, Never)).Counts.Inserted);

        freezing.Wake();
        await Assert.ThrowsAnyAsync<OrgtapException>(() => commit);
        using (var again = Pages.Of(Pages.Account, covers, [[Pages.Id(1), "older", "1", "false"]]))
            await Assert.ThrowsAsync<FencedException>(() => frozen.CommitAsync(older, again, Never));
        Assert.Equal(100, Assert.Single(await newer.TablesAsync(Never)).Rows);
        await using var db = await _schema.ConnectAsync();
        Assert.Equal(100, await db.ExecuteScalarAsync<long>("SELECT count(*) FROM account WHERE name = 'newer'"));
    }

    [Fact]
    public async Task A_schema_that_holds_something_else_is_left_alone()
    {
        _ = _schema.Source;
        await using var db = await _schema.ConnectAsync();
        await db.ExecuteAsync($"CREATE SCHEMA {_schema.Name}; CREATE TABLE {_schema.Name}.theirs (x int)");
        Assert.Contains("not empty", (await Assert.ThrowsAsync<InvalidInputException>(OpenAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_of_a_newer_version_is_refused()
    {
        await (await OpenAsync()).DisposeAsync();
        await using (var db = await _schema.ConnectAsync()) await db.ExecuteAsync("UPDATE _orgtap_layout SET version = 99");
        Assert.Contains("newer version", (await Assert.ThrowsAsync<InvalidInputException>(OpenAsync)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public")]
    [InlineData("pg_toast")]
    [InlineData("orgtap")]
    [InlineData("Acme")]
    [InlineData("a;b")]
    [InlineData("")]
    public void A_schema_that_cannot_be_ours_is_refused(string name) => Assert.Throws<InvalidInputException>(() => PostgresNames.CheckSchema(name));

    private Task<PostgresReplica> OpenAsync() => PostgresReplica.OpenAsync(_schema.Source, TimeProvider.System, Never);

    private static async Task<Commit> CommitAsync(PostgresReplica replica, ObjectSchema schema, params string?[][] rows)
    {
        var table = await replica.OpenAsync(schema, Never);
        using var page = Pages.Of(schema, rows);
        return await replica.CommitAsync(table, page, Never);
    }
}
