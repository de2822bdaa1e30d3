using Npgsql;
using Orgtap.Storage;

namespace Orgtap.Tests.Storage;

/// <summary>
/// The databases a control store can lie in. Every test class of a store is written once, over this, and runs on each: the same folder is the same store
/// again. Without ORGTAP_TEST_POSTGRES (tests/with-postgres sets it) the PostgreSQL half is skipped.
/// </summary>
public abstract class StoreDatabase
{
    public static readonly StoreDatabase Sqlite = new OnSqlite(), Postgres = new OnPostgres();

    /// <summary>Null: the file in the folder.</summary>
    public abstract PostgresAddress? AddressFor(string folder);

    public Task<ControlStore> OpenAsync(string folder, TimeProvider time, CancellationToken cancellationToken = default) => AddressFor(folder) is { } address
        ? ControlStore.OpenAsync(address, time, cancellationToken)
        : ControlStore.OpenAsync(folder, time, cancellationToken);

    /// <summary>Removes the folder and what belongs to it.</summary>
    public virtual async Task DeleteAsync(string folder)
    {
        if (TestPostgres.IsThere && AddressFor(folder) is { } address)
        {
            await using var source = NpgsqlDataSource.Create(address.ConnectionString);
            await using var drop = source.CreateCommand($"DROP SCHEMA IF EXISTS \"{address.Schema}\" CASCADE");
            await drop.ExecuteNonQueryAsync();
        }
        Directory.Delete(folder, recursive: true);
    }

    private sealed class OnSqlite : StoreDatabase
    {
        public override PostgresAddress? AddressFor(string folder) => null;
    }

    private sealed class OnPostgres : StoreDatabase
    {
        public override PostgresAddress AddressFor(string folder) => TestPostgres.Address.With(parts => parts.ApplicationName = parts.SearchPath = Path.GetFileName(folder).ToLowerInvariant());
    }
}

/// <summary>The server the tests may use.</summary>
public static class TestPostgres
{
    private static readonly string? Text = Environment.GetEnvironmentVariable("ORGTAP_TEST_POSTGRES");

    public static bool IsThere => !string.IsNullOrEmpty(Text);

    /// <summary>Skips the calling test, visibly, where there is none.</summary>
    public static PostgresAddress Address
    {
        get
        {
            Assert.SkipUnless(IsThere, "No PostgreSQL: ORGTAP_TEST_POSTGRES is not set. Run the tests through ./test or tests/with-postgres.");
            // Each store of each test has a pool of its own.
            return PostgresAddress.Parse(Text!, "ORGTAP_TEST_POSTGRES").With(parts => (parts.MinPoolSize, parts.MaxPoolSize) = (0, 20));
        }
    }
}
