using Dapper;
using Microsoft.Data.Sqlite;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Tests.Storage;

/// <summary>What the control store promises, on either database.</summary>
public abstract class ControlStoreTests(StoreDatabase database) : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orgtap-control-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DeleteAsync(_directory);
    }

    [Fact]
    public async Task Opens_again_with_what_was_written()
    {
        await using (var store = await OpenAsync())
        {
            Assert.Contains("0001_control.sql", store.Applied);
            await new AuditLog(store, TimeProvider.System).WriteAsync("ada@example.com", "connection.created", "acme", null, Stop);
        }

        await using var again = await OpenAsync();
        Assert.Empty(again.Applied);
        var entry = Assert.Single(await new AuditLog(again, TimeProvider.System).ListAsync(10, Stop));
        Assert.Equal(("ada@example.com", "connection.created", "acme"), (entry.Actor, entry.Action, entry.Target));
    }

    [Fact]
    public async Task A_write_that_throws_leaves_nothing()
    {
        await using var store = await OpenAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.WriteAsync(async transaction =>
        {
            await transaction.Connection!.ExecuteAsync("INSERT INTO api_use (org_id, used, maximum, observed_at) VALUES ('00D', 1, 2, 3)", transaction: transaction);
            throw new InvalidOperationException("in the middle");
        }, Stop));

        await using var db = await store.ConnectAsync(Stop);
        Assert.Equal(0, await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM api_use"));
    }

    [Fact]
    public async Task Writers_of_all_processes_wait_for_each_other()
    {
        await using var here = await OpenAsync();
        await using var elsewhere = await OpenAsync();
        await here.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("INSERT INTO api_use (org_id, used, maximum, observed_at) VALUES ('00D', 0, 100, 0)", transaction: transaction), Stop);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? here : elsewhere).WriteAsync(async transaction =>
        {
            var used = await transaction.Connection!.ExecuteScalarAsync<long>("SELECT used FROM api_use", transaction: transaction);
            await Task.Yield();
            await transaction.Connection!.ExecuteAsync("UPDATE api_use SET used = @used", new { used = used + 1 }, transaction);
        }, Stop)));

        await using var db = await here.ConnectAsync(Stop);
        Assert.Equal(40, await db.ExecuteScalarAsync<long>("SELECT used FROM api_use"));
    }

    [Fact]
    public async Task Processes_that_start_at_once_apply_each_script_once()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(OpenAsync)));
        var applied = stores.SelectMany(store => store.Applied).ToList();
        Assert.NotEmpty(applied);
        Assert.Equal(applied.Distinct().Count(), applied.Count);
        await using var db = await stores[0].ConnectAsync(Stop);
        Assert.Equal(applied.Order(StringComparer.Ordinal), (await db.QueryAsync<string>("SELECT name FROM schema_migrations")).Order(StringComparer.Ordinal));
        foreach (var store in stores) await store.DisposeAsync();
    }

    [Fact]
    public async Task Refuses_a_database_of_a_newer_version()
    {
        await using (var store = await OpenAsync())
            await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("INSERT INTO schema_migrations VALUES ('9999_future.sql', 'x', 0)", transaction: transaction), Stop);
        Assert.Contains("newer", (await Assert.ThrowsAsync<InvalidInputException>(OpenAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_database_whose_script_changed()
    {
        await using (var store = await OpenAsync())
            await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("UPDATE schema_migrations SET checksum = 'changed'", transaction: transaction), Stop);
        Assert.Contains("another form", (await Assert.ThrowsAsync<InvalidInputException>(OpenAsync)).Message, StringComparison.Ordinal);
    }

    private Task<ControlStore> OpenAsync() => database.OpenAsync(_directory, TimeProvider.System, Stop);

    public sealed class OnSqlite() : ControlStoreTests(StoreDatabase.Sqlite)
    {
        [Fact]
        public async Task A_commit_that_fails_leaves_nothing_says_why_and_the_next_one_works()
        {
            await using var store = await OpenAsync();
            var refuse = true;
            var failure = await Assert.ThrowsAsync<SqliteException>(() => store.WriteAsync(async transaction =>
            {
                SQLitePCL.raw.sqlite3_commit_hook(((SqliteConnection)transaction.Connection!).Handle, _ => refuse ? 1 : 0, null);
                await transaction.Connection!.ExecuteAsync("INSERT INTO api_use (org_id, used, maximum, observed_at) VALUES ('00D', 1, 2, 3)", transaction: transaction);
            }, Stop));
            Assert.Equal(SQLitePCL.raw.SQLITE_CONSTRAINT_COMMITHOOK, failure.SqliteExtendedErrorCode);

            refuse = false;
            await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("INSERT INTO api_use (org_id, used, maximum, observed_at) VALUES ('00E', 1, 2, 3)", transaction: transaction), Stop);
            await using var db = await store.ConnectAsync(Stop);
            Assert.Equal("00E", await db.ExecuteScalarAsync<string>("SELECT org_id FROM api_use"));
        }
    }

    public sealed class OnPostgres() : ControlStoreTests(StoreDatabase.Postgres);
}
