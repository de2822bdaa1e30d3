using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Tests.Storage;

public sealed class ControlStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orgtap-control-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Opens_again_with_what_was_written()
    {
        await using (var store = await OpenAsync()) await new AuditLog(store, TimeProvider.System).WriteAsync("ada@example.com", "connection.created", "acme", null, Stop);

        await using var again = await OpenAsync();
        var entry = Assert.Single(await new AuditLog(again, TimeProvider.System).ListAsync(10, Stop));
        Assert.Equal(("ada@example.com", "connection.created", "acme"), (entry.Actor, entry.Action, entry.Target));
    }

    [Fact]
    public async Task A_write_that_throws_leaves_nothing()
    {
        await using var store = await OpenAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.WriteAsync(async transaction =>
        {
            await transaction.Connection!.ExecuteAsync("INSERT INTO api_use VALUES ('00D', 1, 2, 3)", transaction: transaction);
            throw new InvalidOperationException("in the middle");
        }, Stop));

        await using var db = await store.ConnectAsync(Stop);
        Assert.Equal(0, await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM api_use"));
    }

    [Fact]
    public async Task Writers_of_one_process_wait_for_each_other()
    {
        await using var store = await OpenAsync();
        await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("INSERT INTO api_use VALUES ('00D', 0, 100, 0)", transaction: transaction), Stop);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => store.WriteAsync(async transaction =>
        {
            var used = await transaction.Connection!.ExecuteScalarAsync<long>("SELECT used FROM api_use", transaction: transaction);
            await Task.Yield();
            await transaction.Connection!.ExecuteAsync("UPDATE api_use SET used = @used", new { used = used + 1 }, transaction);
        }, Stop)));

        await using var db = await store.ConnectAsync(Stop);
        Assert.Equal(40, await db.ExecuteScalarAsync<long>("SELECT used FROM api_use"));
    }

    [Fact]
    public async Task Refuses_a_database_of_a_newer_version_and_one_whose_script_changed()
    {
        await using (var store = await OpenAsync())
        {
            await using var db = await store.ConnectAsync(Stop);
            await db.ExecuteAsync("INSERT INTO schema_migrations VALUES ('9999_future.sql', 'x', 0)");
        }

        Assert.Contains("newer", (await Assert.ThrowsAsync<InvalidInputException>(OpenAsync)).Message, StringComparison.Ordinal);

        await using (var raw = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_directory, "control.db")};Pooling=False"))
            await raw.ExecuteAsync("DELETE FROM schema_migrations WHERE name = '9999_future.sql'; UPDATE schema_migrations SET checksum = 'changed'");
        Assert.Contains("another form", (await Assert.ThrowsAsync<InvalidInputException>(OpenAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "control.db"), new string('x', 4096), Stop);
        var failure = await Assert.ThrowsAsync<InvalidInputException>(OpenAsync);
        Assert.Contains("control.db", failure.Message, StringComparison.Ordinal);
    }

    private Task<ControlStore> OpenAsync() => ControlStore.OpenAsync(_directory, TimeProvider.System, Stop);
}
