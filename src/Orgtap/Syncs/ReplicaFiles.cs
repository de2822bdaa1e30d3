using Orgtap.Connections;
using Orgtap.Replicas;
using Orgtap.Replicas.Sqlite;

namespace Orgtap.Syncs;

/// <summary>Opens a connection's replica for writing; the caller disposes it.</summary>
public delegate Task<IReplica> OpenReplica(Connection connection, CancellationToken cancellationToken);

/// <summary>Where the SQLite replicas lie: <c>replicas/NAME.db</c> in the data directory.</summary>
public sealed class ReplicaFiles(string dataDirectory, TimeProvider time)
{
    public string PathOf(Connection connection) => Path.Combine(dataDirectory, "replicas", connection.Name + ".db");

    public bool Exists(Connection connection) => File.Exists(PathOf(connection));

    public async Task<IReplica> OpenAsync(Connection connection, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(dataDirectory, "replicas");
        if (!Directory.Exists(directory))
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
            else Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        return await SqliteReplica.OpenAsync(PathOf(connection), time, cancellationToken);
    }

    /// <summary>What the replica holds; nothing if there is none yet.</summary>
    public async Task<IReadOnlyList<ReplicaTable>> TablesAsync(Connection connection, CancellationToken cancellationToken)
    {
        if (!Exists(connection)) return [];
        await using var replica = await OpenAsync(connection, cancellationToken);
        return await replica.TablesAsync(cancellationToken);
    }
}
