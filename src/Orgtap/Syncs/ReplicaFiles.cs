using System.Collections.Concurrent;
using Npgsql;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Replicas;
using Orgtap.Replicas.Postgres;
using Orgtap.Replicas.Sqlite;
using Orgtap.Storage;

namespace Orgtap.Syncs;

/// <summary>Opens a connection's replica for writing; the caller disposes it.</summary>
public delegate Task<IReplica> OpenReplica(Connection connection, CancellationToken cancellationToken);

/// <summary>Where each connection's rows lie: in <c>replicas/NAME.db</c> in the data directory, or in a schema of a PostgreSQL database.</summary>
public sealed class ReplicaFiles(string dataDirectory, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<PostgresPlace, PostgresSource> _sources = new();
    private readonly ConcurrentDictionary<string, Lazy<NpgsqlDataSource>> _pools = new(StringComparer.Ordinal);

    /// <summary>The replica's file.</summary>
    /// <exception cref="InvalidInputException">The rows lie in PostgreSQL.</exception>
    public string PathOf(Connection connection) => connection.Replica is null
        ? FileOf(connection)
        : throw new InvalidInputException($"The rows of {connection.Name} lie in PostgreSQL, where this cannot be done yet.", $"Use psql: {PlaceOf(connection)}.");

    /// <summary>Where the rows lie, or will, for people: the path of a file, or a schema and its database.</summary>
    public string PlaceOf(Connection connection) => connection.Replica is { } place
        ? $"PostgreSQL {PostgresAddress.Parse(place.Address.Reveal(), "The replica's address")}, schema {place.Schema}"
        : FileOf(connection);

    /// <summary>Whether there is a replica; one in PostgreSQL is taken to be there.</summary>
    public bool Exists(Connection connection) => connection.Replica is not null || File.Exists(FileOf(connection));

    public async Task<IReplica> OpenAsync(Connection connection, CancellationToken cancellationToken)
    {
        if (connection.Replica is { } place) return await PostgresReplica.OpenAsync(SourceOf(place), time, cancellationToken);
        var directory = Path.Combine(dataDirectory, "replicas");
        if (!Directory.Exists(directory))
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
            else Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        return await SqliteReplica.OpenAsync(FileOf(connection), time, cancellationToken);
    }

    /// <summary>What the replica holds; nothing if there is none yet.</summary>
    public async Task<IReadOnlyList<ReplicaTable>> TablesAsync(Connection connection, CancellationToken cancellationToken)
    {
        if (connection.Replica is { } place) return await PostgresReplica.TablesAsync(SourceOf(place), cancellationToken);
        if (!Exists(connection)) return [];
        await using var replica = await OpenAsync(connection, cancellationToken);
        return await replica.TablesAsync(cancellationToken);
    }

    /// <summary>Opens a query on the replica.</summary>
    /// <param name="trusted">Whoever asks may read all of this installation's files and databases anyway.</param>
    /// <exception cref="InvalidInputException">There is no replica yet, or the statement is no query or has an error.</exception>
    public async Task<IReplicaQuery> QueryAsync(Connection connection, string sql, long rowLimit, bool trusted, CancellationToken cancellationToken)
    {
        if (connection.Replica is { } place) return await PostgresQuery.OpenAsync(SourceOf(place), sql, rowLimit, trusted, cancellationToken);
        if (!Exists(connection)) throw new InvalidInputException($"{connection.Name} has no replica yet.", $"Run `orgtap sync {connection.Name}` first.");
        return await ReplicaQuery.OpenAsync(FileOf(connection), sql, rowLimit, cancellationToken);
    }

    /// <summary>Makes the place ready, or says why it cannot be.</summary>
    /// <exception cref="OrgtapException">The database cannot be reached, the schema holds something else, or the role may not.</exception>
    public async Task PrepareAsync(PostgresPlace place, CancellationToken cancellationToken)
    {
        await using var replica = await PostgresReplica.OpenAsync(SourceOf(place), time, cancellationToken);
    }

    /// <summary>Deletes the copied rows.</summary>
    public async Task DeleteAsync(Connection connection, CancellationToken cancellationToken)
    {
        if (connection.Replica is { } place) await PostgresReplica.DropAsync(SourceOf(place), cancellationToken);
        else foreach (var part in (IReadOnlyList<string>)["", "-wal", "-shm"]) File.Delete(FileOf(connection) + part);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pool in _pools.Values) await pool.Value.DisposeAsync();
        _pools.Clear();
        _sources.Clear();
    }

    internal string FileOf(Connection connection) => Path.Combine(dataDirectory, "replicas", connection.Name + ".db");

    internal PostgresSource SourceOf(PostgresPlace place) => _sources.GetOrAdd(place, OpenSource);

    private PostgresSource OpenSource(PostgresPlace place)
    {
        var address = PostgresAddress.Parse(place.Address.Reveal(), "The replica's address");
        return new PostgresSource(_pools.GetOrAdd(address.ConnectionString, new Lazy<NpgsqlDataSource>(() => PostgresSource.PoolOf(address))).Value, address, place.Schema);
    }
}
