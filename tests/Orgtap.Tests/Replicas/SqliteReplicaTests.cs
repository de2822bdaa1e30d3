using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas.Sqlite;

namespace Orgtap.Tests.Replicas;

public sealed class SqliteReplicaTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Never => CancellationToken.None;

    private string FilePath => _folder.File("acme.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_as_it_was()
    {
        await File.WriteAllTextAsync(FilePath, new string('x', 5000), Never);
        await RefusedAsync("is not a replica");
        Assert.Equal(new string('x', 5000), await File.ReadAllTextAsync(FilePath, Never));
    }

    [Fact]
    public async Task Another_programs_database_is_refused_and_left_as_it_was()
    {
        using (var other = RawSqlite.Open(FilePath)) other.Execute("CREATE TABLE notes (text)");
        var before = await File.ReadAllBytesAsync(FilePath, Never);
        await RefusedAsync("is not a replica");
        Assert.Equal(before, await File.ReadAllBytesAsync(FilePath, Never));
    }

    [Fact]
    public async Task A_replica_of_a_newer_version_is_refused()
    {
        await (await SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never)).DisposeAsync();
        using (var other = RawSqlite.Open(FilePath)) other.Execute("PRAGMA user_version=3");
        await RefusedAsync("newer version");
    }

    [Fact]
    public async Task A_missing_folder_is_named()
    {
        var path = Path.Combine(_folder.Path, "missing", "acme.db");
        var thrown = await Assert.ThrowsAsync<OrgtapException>(() => SqliteReplica.OpenAsync(path, TimeProvider.System, Never));
        Assert.Equal(FailureKind.InvalidInput, thrown.Kind);
        Assert.Contains(path, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_file_is_said_to_be_damaged()
    {
        await using (var replica = await SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never)) await CommitAsync(replica, 0, 2000);
        var bytes = await File.ReadAllBytesAsync(FilePath, Never);
        bytes.AsSpan(4096).Fill(0xA5);
        await File.WriteAllBytesAsync(FilePath, bytes, Never);
        await using var damaged = await SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never);
        var thrown = await Assert.ThrowsAsync<OrgtapException>(() => CommitAsync(damaged, 2000, 10));
        Assert.Equal(FailureKind.InvalidInput, thrown.Kind);
        Assert.Contains("damaged", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_that_cannot_be_read_is_damage_and_not_a_new_beginning()
    {
        await using var replica = await SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never);
        await CommitAsync(replica, 0, 1);
        using (var other = RawSqlite.Open(FilePath)) other.Execute("UPDATE _orgtap_tables SET checkpoint = '{'");
        var thrown = await Assert.ThrowsAsync<OrgtapException>(() => replica.OpenAsync(Pages.Account, Never));
        Assert.Contains("damaged", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_leaves_the_last_page_that_fitted_and_going_on_works_once_there_is_room()
    {
        await using var replica = await SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never);
        await CommitAsync(replica, 0, 1000);
        await replica.LimitSizeAsync(200_000, Never);
        var thrown = await Assert.ThrowsAsync<OrgtapException>(() => CommitAsync(replica, 1000, 10_000));
        Assert.Equal(FailureKind.InvalidInput, thrown.Kind);
        Assert.Contains("no room", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(1000, Assert.Single(await replica.TablesAsync(Never)).Rows);
        await replica.LimitSizeAsync(200_000_000, Never);
        Assert.Equal(10_000, (await CommitAsync(replica, 1000, 10_000)).Counts.Inserted);
    }

    [Fact]
    public async Task Many_tables_commit_at_once_and_take_turns()
    {
        await using var replica = await SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            var schema = new ObjectSchema($"Table{i}__c", [new("Id", ColumnType.Id), new("Name", ColumnType.Text)]);
            var table = await replica.OpenAsync(schema, Never);
            for (var page = 0; page < 5; page++)
            {
                using var rows = Pages.Of(schema, Pages.Backfill(schema), Enumerable.Range(page * 100, 100).Select(n => new[] { Pages.Id(n), "x" }));
                await replica.CommitAsync(table, rows, Never);
            }
        }));
        Assert.All(await replica.TablesAsync(Never), table => Assert.Equal(500, table.Rows));
    }

    [Fact]
    public async Task A_cancelled_commit_that_has_not_begun_writes_nothing()
    {
        await using var replica = await SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never);
        var table = await replica.OpenAsync(Pages.Account, Never);
        using var page = Pages.Of(Pages.Account, [Pages.Id(1), "One", "1", "false"]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => replica.CommitAsync(table, page, new CancellationToken(canceled: true)));
        Assert.Equal(0, Assert.Single(await replica.TablesAsync(Never)).Rows);
    }

    [Fact]
    public async Task A_reader_in_mid_query_keeps_seeing_what_it_began_with()
    {
        await using var replica = await SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never);
        await CommitAsync(replica, 0, 1000);
        await using var query = await ReplicaQuery.OpenAsync(FilePath, "SELECT Name FROM Account ORDER BY Id", long.MaxValue, Never);
        var (names, first) = (new List<object?>(), true);
        await foreach (var row in query.ReadAsync(Never))
        {
            if (first) await CommitAsync(replica, 0, 2000, "changed");
            first = false;
            names.Add(row[0]);
        }
        Assert.Equal(1000, names.Count);
        Assert.DoesNotContain("changed", names);
    }

    [Fact]
    public async Task Values_lie_in_the_file_as_analysts_expect_them()
    {
        var schema = new ObjectSchema("T__c", [new("Id", ColumnType.Id), new("B__c", ColumnType.Boolean), new("I__c", ColumnType.Integer), new("R__c", ColumnType.Decimal, 10, 2),
            new("D__c", ColumnType.Decimal, 18, 2), new("S__c", ColumnType.DateTime)]);
        await using var replica = await SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never);
        var table = await replica.OpenAsync(schema, Never);
        using var page = Pages.Of(schema, [Pages.Id(1), "true", "12.0", "1.50", "12345678901234567890.120", "2026-01-02T03:04:05.000+0000"]);
        await replica.CommitAsync(table, page, Never);
        await using var query = await ReplicaQuery.OpenAsync(FilePath, "SELECT B__c, I__c, R__c, D__c, S__c FROM T__c", 10, Never);
        var rows = new List<object?[]>();
        await foreach (var row in query.ReadAsync(Never)) rows.Add(row);
        Assert.Equal([1L, 12L, 1.5, "12345678901234567890.12", "2026-01-02T03:04:05.000Z"], Assert.Single(rows));
    }

    private static async Task<Orgtap.Replicas.Commit> CommitAsync(SqliteReplica replica, int from, int count, string name = "some name of an account")
    {
        var table = await replica.OpenAsync(Pages.Account, Never);
        using var page = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account), Enumerable.Range(from, count).Select(i => new[] { Pages.Id(i), name, "1", "false" }));
        return await replica.CommitAsync(table, page, Never);
    }

    private async Task RefusedAsync(string words)
    {
        var thrown = await Assert.ThrowsAsync<OrgtapException>(() => SqliteReplica.OpenAsync(FilePath, TimeProvider.System, Never));
        Assert.Equal(FailureKind.InvalidInput, thrown.Kind);
        Assert.Contains(words, thrown.Message, StringComparison.Ordinal);
    }
}
