using Dapper;
using Npgsql;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Tests.Storage;

public sealed class PostgresControlStoreTests : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orgtap-control-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync() => await StoreDatabase.Postgres.DeleteAsync(_directory);

    [Fact]
    public async Task A_write_goes_through_after_the_server_closed_all_connections()
    {
        await using var store = await StoreDatabase.Postgres.OpenAsync(_directory, TimeProvider.System, Stop);
        var audit = new AuditLog(store, TimeProvider.System);
        await audit.WriteAsync("a", "b", "c", null, Stop);
        await using (var other = NpgsqlDataSource.Create(TestPostgres.Address.With(parts => parts.Pooling = false).ConnectionString))
        await using (var kill = other.CreateCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%audit%'"))
            await kill.ExecuteNonQueryAsync(Stop);
        await audit.WriteAsync("a", "b", "c", null, Stop);
        Assert.Equal(2, (await audit.ListAsync(10, Stop)).Count);
    }

    [Fact]
    public async Task A_role_without_rights_is_told_what_it_needs()
    {
        var role = $"poor_{Guid.NewGuid():N}";
        await using var admin = NpgsqlDataSource.Create(TestPostgres.Address.ConnectionString);
        await using (var make = admin.CreateCommand($"CREATE ROLE {role} LOGIN PASSWORD 'secret'")) await make.ExecuteNonQueryAsync(Stop);
        try
        {
            var address = StoreDatabase.Postgres.AddressFor(_directory)!.With(parts => (parts.Username, parts.Password) = (role, "secret"));
            var failure = await Assert.ThrowsAsync<OrgtapException>(() => ControlStore.OpenAsync(address, TimeProvider.System, Stop));
            Assert.Equal(FailureKind.InvalidInput, failure.Kind);
            Assert.Contains("docs/postgresql.md", failure.NextStep, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            await using var drop = admin.CreateCommand($"DROP ROLE {role}");
            await drop.ExecuteNonQueryAsync(Stop);
        }
    }

    [Fact]
    public async Task A_wrong_password_is_named_and_not_shown()
    {
        var address = TestPostgres.Address.With(parts => parts.Password = "hunter2");
        var failure = await Assert.ThrowsAsync<OrgtapException>(() => ControlStore.OpenAsync(address, TimeProvider.System, Stop));
        Assert.Equal(FailureKind.InvalidInput, failure.Kind);
        Assert.Contains("password", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failure_that_passes()
    {
        var address = PostgresAddress.Parse("Host=127.0.0.1;Port=1;Database=orgtap;Username=x;Timeout=2", "test");
        Assert.Equal(FailureKind.Transient, (await Assert.ThrowsAsync<OrgtapException>(() => ControlStore.OpenAsync(address, TimeProvider.System, Stop))).Kind);
    }

    [Fact]
    public async Task A_failure_in_the_middle_of_a_write_is_put_into_words()
    {
        await using var store = await StoreDatabase.Postgres.OpenAsync(_directory, TimeProvider.System, Stop);
        var failure = await Assert.ThrowsAsync<OrgtapException>(() => store.WriteAsync(transaction =>
            transaction.Connection!.ExecuteAsync("SELECT pg_terminate_backend(pg_backend_pid())", transaction: transaction), Stop));
        Assert.Equal(FailureKind.Transient, failure.Kind);
    }

    [Fact]
    public async Task A_database_has_one_owner_who_is_named()
    {
        await using var first = await StoreDatabase.Postgres.OpenAsync(_directory, TimeProvider.System, Stop);
        await using var second = await StoreDatabase.Postgres.OpenAsync(_directory, TimeProvider.System, Stop);
        Assert.Null(await first.OwnAsync("orgtap serve on here", Stop));
        Assert.Equal("orgtap serve on here", await second.OwnAsync("orgtap sync on there", Stop));
        await first.DisposeAsync();
        // The server lets go of a closed session's lock in its own time.
        var left = 200;
        while (await second.OwnAsync("orgtap sync on there", Stop) is not null) Assert.True(--left > 0, "The lock outlives its session.");
    }
}
