using Npgsql;
using Orgtap.Primitives;
using Orgtap.Storage;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>
/// Connections to one replica's schema. All replicas of a database share one pool, so that sessions are as many as are at work, not as there are connections; each has the schema for its search path while
/// it is out of the pool.
/// </summary>
public sealed class PostgresSource : IAsyncDisposable
{
    // A merge of a large page over a large table takes long; a session that waits for a lock, or does nothing within a transaction, is in others' way.
    private const string Settings = "-c lock_timeout=60s -c idle_in_transaction_session_timeout=60s -c statement_timeout=30min -c timezone=UTC -c datestyle=ISO";

    /// <summary>A session remembers every table it ever met, and gives nothing of that back while it lives.</summary>
    private static readonly TimeSpan SessionLife = TimeSpan.FromMinutes(10), IdleLife = TimeSpan.FromMinutes(1);

    private readonly NpgsqlDataSource _pool;
    private readonly bool _ownsPool;
    private readonly string _use;

    /// <summary>With a pool of its own.</summary>
    /// <param name="address">The database; its search path is not looked at.</param>
    public PostgresSource(PostgresAddress address, string schema)
        : this(PoolOf(address), address, schema) => _ownsPool = true;

    /// <param name="pool">Of the database, by <see cref="PoolOf"/>; the caller's to dispose.</param>
    internal PostgresSource(NpgsqlDataSource pool, PostgresAddress address, string schema)
    {
        CheckSchema(schema);
        (_pool, Schema, Where) = (pool, schema, $"The replica in PostgreSQL, {address}, schema {schema},");
        _use = $"SET search_path = {Quote(schema)}";
    }

    internal static NpgsqlDataSource PoolOf(PostgresAddress address) => NpgsqlDataSource.Create(address.With(parts =>
    {
        parts.SearchPath = null;
        if (string.IsNullOrWhiteSpace(parts.Options)) parts.Options = Settings;
        parts.CommandTimeout = 0;
        if (!parts.ShouldSerialize("Connection Lifetime")) parts.ConnectionLifetime = (int)SessionLife.TotalSeconds;
        if (!parts.ShouldSerialize("Connection Idle Lifetime")) parts.ConnectionIdleLifetime = (int)IdleLife.TotalSeconds;
    }).ConnectionString);

    public string Schema { get; }

    /// <summary>The schema of a connection that names none.</summary>
    public static string SchemaOf(string connectionName) => PostgresNames.SchemaOf(connectionName);

    /// <exception cref="InvalidInputException">It cannot be the name of a replica's schema.</exception>
    public static void Check(string schema) => CheckSchema(schema);

    /// <summary>For people; begins a sentence.</summary>
    internal string Where { get; }

    /// <summary>A connection that answers: after a restart of the server, or when another process took a table over, the pool holds dead ones.</summary>
    internal async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            try
            {
                return await UseAsync(cancellationToken);
            }
            catch (Exception dead) when (PostgresFailure.IsStaleConnection(dead))
            {
                _pool.Clear();
                return await UseAsync(cancellationToken);
            }
        }
        catch (Exception failure) when (PostgresFailure.Of(failure, Where) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>Runs a piece of work over a connection that answers.</summary>
    internal async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var db = await ConnectAsync(cancellationToken);
            return await work(db);
        }
        catch (Exception failure) when (PostgresFailure.Of(failure, Where) is { } explained)
        {
            throw explained;
        }
    }

    public ValueTask DisposeAsync() => _ownsPool ? _pool.DisposeAsync() : ValueTask.CompletedTask;

    private async Task<NpgsqlConnection> UseAsync(CancellationToken cancellationToken)
    {
        var db = await _pool.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var use = new NpgsqlCommand(_use, db);
            await use.ExecuteNonQueryAsync(cancellationToken);
            return db;
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }
}
