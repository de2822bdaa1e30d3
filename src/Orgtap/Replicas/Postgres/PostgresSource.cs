using Npgsql;
using Orgtap.Primitives;
using Orgtap.Storage;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>Connections to one replica's schema. Kept as long as the process may use it: it holds the pool.</summary>
public sealed class PostgresSource : IAsyncDisposable
{
    // A merge of a large page over a large table takes long; a session that waits for a lock, or does nothing within a transaction, is in others' way.
    private const string Settings = "-c lock_timeout=60s -c idle_in_transaction_session_timeout=60s -c statement_timeout=30min -c timezone=UTC -c datestyle=ISO";

    private readonly NpgsqlDataSource _source;

    /// <param name="address">The database; its search path is not looked at.</param>
    public PostgresSource(PostgresAddress address, string schema)
    {
        CheckSchema(schema);
        (Schema, Where) = (schema, $"The replica in PostgreSQL, {address}, schema {schema},");
        _source = NpgsqlDataSource.Create(address.With(parts =>
        {
            parts.SearchPath = Quote(schema);
            if (string.IsNullOrWhiteSpace(parts.Options)) parts.Options = Settings;
            parts.CommandTimeout = 0;
        }).ConnectionString);
    }

    public string Schema { get; }

    /// <summary>The schema of a connection that names none.</summary>
    public static string SchemaOf(string connectionName) => PostgresNames.SchemaOf(connectionName);

    /// <exception cref="InvalidInputException">It cannot be the name of a replica's schema.</exception>
    public static void Check(string schema) => CheckSchema(schema);

    /// <summary>For people; begins a sentence.</summary>
    internal string Where { get; }

    internal async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _source.OpenConnectionAsync(cancellationToken);
        }
        catch (Exception failure) when (PostgresFailure.Of(failure, Where) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>A connection that answers: after a restart of the server, or when another process took a table over, the pool holds dead ones.</summary>
    internal async Task<NpgsqlConnection> ConnectAliveAsync(CancellationToken cancellationToken)
    {
        var db = await ConnectAsync(cancellationToken);
        try
        {
            await using var probe = new NpgsqlCommand("SELECT 1", db);
            await probe.ExecuteScalarAsync(cancellationToken);
            return db;
        }
        catch (Exception dead) when (PostgresFailure.IsStaleConnection(dead))
        {
            await db.DisposeAsync();
            _source.Clear();
            return await ConnectAsync(cancellationToken);
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a piece of work; once more if the pool gave a connection that was dead before anything was asked of it.</summary>
    internal async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var db = await ConnectAliveAsync(cancellationToken);
            return await work(db);
        }
        catch (Exception failure) when (PostgresFailure.Of(failure, Where) is { } explained)
        {
            throw explained;
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
