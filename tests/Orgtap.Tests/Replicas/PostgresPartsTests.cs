using Dapper;
using Npgsql;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Replicas.Postgres;

namespace Orgtap.Tests.Replicas;

/// <summary>Tables of more columns than a row of PostgreSQL holds.</summary>
public sealed class PostgresPartsTests : IAsyncDisposable
{
    private readonly PostgresTestSchema _schema = new();

    private static CancellationToken Never => CancellationToken.None;

    public ValueTask DisposeAsync() => _schema.DisposeAsync();

    [Fact]
    public async Task Rows_of_800_filled_fields_of_200_characters_are_one_table_to_whoever_reads_them()
    {
        var schema = Wide(800);
        var random = new Random(5);
        string Text(int _) => string.Concat(Enumerable.Range(0, 200).Select(_ => (char)random.Next('!', '~')));
        var rows = Enumerable.Range(1, 30).Select(row => (string?[])[Pages.Id(row), "false", .. Enumerable.Range(0, 800).Select(Text)]).ToArray();
        await using var replica = await OpenAsync();
        Assert.Equal(new CommitCounts(30, 0, 0, 0), (await CommitAsync(replica, schema, rows)).Counts);
        await AssertHoldsAsync(schema, rows);

        // A value in each part, a whole row, a mark, and nothing.
        rows[0][2] = Text(0);
        rows[1][500] = Text(0);
        rows[2][801] = null;
        rows[3][1] = "true";
        string?[] added = [Pages.Id(31), "false", .. Enumerable.Range(0, 800).Select(Text)];
        Assert.Equal(new CommitCounts(1, 3, 26, 1), (await CommitAsync(replica, schema, [.. rows, added])).Counts);
        await AssertHoldsAsync(schema, [.. rows, added]);
        Assert.Equal(30, Assert.Single(await replica.TablesAsync(Never)).Rows);
    }

    [Fact]
    public async Task A_table_that_outgrows_one_row_keeps_its_rows_its_name_and_its_readers()
    {
        await using var replica = await OpenAsync(mostColumns: 3);
        var (narrow, wide) = (Wide(2), Wide(8));
        await CommitAsync(replica, narrow, [Pages.Id(1), "false", "a", "b"], [Pages.Id(2), "true", "c", null]);
        await using var db = await _schema.ConnectAsync();
        var reader = $"reader_{Guid.NewGuid():N}"[..20];
        await db.ExecuteAsync($"CREATE ROLE {reader}; GRANT USAGE ON SCHEMA {_schema.Name} TO {reader}; GRANT SELECT ON wide__c TO {reader}");
        try
        {
            string?[] first = [Pages.Id(1), "false", "a", "B", "1", "2", "3", "4", "5", "6"];
            Assert.Equal(new CommitCounts(0, 1, 0, 0), (await CommitAsync(replica, wide, first)).Counts);
            string?[] second = [Pages.Id(2), "true", "c", null, null, null, null, null, null, null];
            await AssertHoldsAsync(wide, first, second);
            await MayReadAsync();
            Assert.Equal(["0", "1", "2"], await db.QueryAsync<string>("SELECT DISTINCT part::text FROM _orgtap_columns ORDER BY 1"));

            // Dropped and made again, because a column becomes a text.
            var wider = new ObjectSchema(wide.SObject, [.. wide.Columns, new("Extra__c", ColumnType.Integer)]);
            await CommitAsync(replica, wider, [[.. first, "17"], [.. second, null]]);
            var widest = new ObjectSchema(wide.SObject, [.. wide.Columns, new("Extra__c", ColumnType.Text)]);
            await CommitAsync(replica, widest, [[.. second, "seventeen"]]);
            await AssertHoldsAsync(widest, [.. first, "17"], [.. second, "seventeen"]);
            await MayReadAsync();
        }
        finally
        {
            await db.ExecuteAsync($"DROP OWNED BY {reader}; DROP ROLE {reader}");
        }

        async Task MayReadAsync()
        {
            await using var theirs = await _schema.ConnectAsync();
            await theirs.ExecuteAsync($"SET ROLE {reader}");
            Assert.Equal(2, await theirs.ExecuteScalarAsync<long>($"SELECT count(*) FROM {_schema.Name}.wide__c"));
        }
    }

    [Fact]
    public async Task A_view_that_somebody_made_of_it_is_in_the_way_of_a_wider_type_only_and_the_refusal_says_so()
    {
        await using var replica = await OpenAsync(mostColumns: 1);
        var schema = new ObjectSchema("Wide__c", [new("Id", ColumnType.Id), new("A__c", ColumnType.Integer), new("B__c", ColumnType.Text)]);
        await CommitAsync(replica, schema, [Pages.Id(1), "1", "one"]);
        await using var db = await _schema.ConnectAsync();
        await db.ExecuteAsync("CREATE VIEW theirs AS SELECT a__c FROM wide__c");
        var wider = new ObjectSchema("Wide__c", [new("Id", ColumnType.Id), new("A__c", ColumnType.Text), new("B__c", ColumnType.Text)]);
        var failure = await Assert.ThrowsAsync<OrgtapException>(() => replica.OpenAsync(wider, Never));
        Assert.Contains("make it again", failure.NextStep, StringComparison.Ordinal);
        Assert.Contains("wide__c", failure.Detail, StringComparison.Ordinal);
        await AssertHoldsAsync(schema, [Pages.Id(1), "1", "one"]);
        // Columns are added behind the others, which is in nobody's way.
        await replica.OpenAsync(new ObjectSchema("Wide__c", [.. schema.Columns, new("C__c", ColumnType.Text)]), Never);
    }

    [Fact]
    public async Task An_index_is_made_on_the_table_that_holds_its_column()
    {
        await using var replica = await OpenAsync(mostColumns: 1);
        await CommitAsync(replica, Wide(2), [Pages.Id(1), "false", "a", "b"]);
        await using var db = await _schema.ConnectAsync();
        foreach (var (column, part) in new[] { ("id", 0), ("isdeleted", 0), ("f0__c", 1), ("f1__c", 2) })
        {
            var holder = await TableParts.HolderOfAsync(db, null, "wide__c", column);
            Assert.EndsWith($"_{part}", holder, StringComparison.Ordinal);
            await db.ExecuteAsync($"CREATE INDEX ON {holder} ({column})");
        }
        await CommitAsync(replica, Pages.Account, [Pages.Id(1), "One", "1", "false"]);
        Assert.Equal("_orgtap_row_part", (await TableParts.HolderOfAsync(db, null, "account", "name"))[..16]);
        await using var whole = await OpenAsync();
        await CommitAsync(whole, Pages.CaseStatus, [Pages.Id(1), "Open"]);
        Assert.Equal("casestatus", await TableParts.HolderOfAsync(db, null, "casestatus", "label"));
    }

    [Fact]
    public async Task A_replica_of_layout_1_is_taken_over()
    {
        await using (var replica = await OpenAsync()) await CommitAsync(replica, Pages.Account, [Pages.Id(1), "One", "1", "false"]);
        await using (var db = await _schema.ConnectAsync()) await db.ExecuteAsync("ALTER TABLE _orgtap_columns DROP COLUMN part; ALTER TABLE _orgtap_tables DROP COLUMN ahead_pid, DROP COLUMN ahead_since; UPDATE _orgtap_layout SET version = 1");
        await using (var replica = await OpenAsync()) Assert.Equal(1, (await CommitAsync(replica, Pages.Account, [Pages.Id(1), "Two", "1", "false"])).Counts.Changed);
        await using (var db = await _schema.ConnectAsync()) Assert.Equal(3, await db.ExecuteScalarAsync<long>("SELECT version FROM _orgtap_layout"));
    }

    [Fact]
    public async Task A_move_that_broke_off_leaves_nothing_of_any_part()
    {
        await using (var replica = await OpenAsync(mostColumns: 1)) await CommitAsync(replica, Wide(3), [Pages.Id(1), "false", "a", "b", "c"]);
        await using (var db = await _schema.ConnectAsync()) await db.ExecuteAsync("UPDATE _orgtap_layout SET moving = true");
        await PostgresMove.BeginAsync(_schema.Source, Never);
        await using var left = await _schema.ConnectAsync();
        Assert.Empty(await left.QueryAsync<string>("SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(@Name) AND (relname LIKE 'wide%' OR relname LIKE '_orgtap_row%')", new { _schema.Name }));
    }

    [Fact]
    public void A_column_stays_where_it_is_and_new_ones_go_behind_all_others()
    {
        var first = TableParts.Place([], Columns("Id", "A", "B", "C", "SystemModstamp", "D"), 2);
        Assert.Equal("Id 0, SystemModstamp 0, A 0, B 1, C 1, D 2", Told(first));
        var then = TableParts.Place([.. first], Columns("E", "F", "CreatedDate"), 2);
        Assert.Equal("CreatedDate 0, E 2, F 3", Told(then));
        Assert.Equal(4, TableParts.CountOf([.. first, .. then]));

        static IEnumerable<Column> Columns(params string[] names) => names.Select(name => new Column(name, ColumnType.Text));
        static string Told(IEnumerable<StoredColumn> columns) => string.Join(", ", columns.Select(column => $"{column.Column.Name} {column.Part}"));
    }

    private static ObjectSchema Wide(int fields) =>
        new("Wide__c", [new("Id", ColumnType.Id), new("IsDeleted", ColumnType.Boolean), .. Enumerable.Range(0, fields).Select(i => new Column($"F{i}__c", ColumnType.Text))]);

    private Task<PostgresReplica> OpenAsync(int mostColumns = TableParts.MostColumns) => PostgresReplica.OpenAsync(_schema.Source, TimeProvider.System, mostColumns, Never);

    private static async Task<Commit> CommitAsync(PostgresReplica replica, ObjectSchema schema, params string?[][] rows)
    {
        var table = await replica.OpenAsync(schema, Never);
        using var page = Pages.Of(schema, rows);
        return await replica.CommitAsync(table, page, Never);
    }

    private async Task AssertHoldsAsync(ObjectSchema schema, params string?[][] rows)
    {
        await using var db = await _schema.ConnectAsync();
        await using var command = new NpgsqlCommand($"SELECT {string.Join(", ", schema.Columns.Select(column => $"{PostgresNames.Of(column.Name)}::text"))} FROM wide__c ORDER BY id", db);
        await using var reader = await command.ExecuteReaderAsync(Never);
        var held = new List<string?[]>();
        while (await reader.ReadAsync(Never)) held.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i))]);
        Assert.Equal(rows, held);
    }
}
