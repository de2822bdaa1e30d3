using Orgtap.App.Composition;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Primitives;
using Orgtap.Replicas.Postgres;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

/// <summary>Where a connection's rows are to lie.</summary>
/// <param name="Postgres">False: a file in the data directory.</param>
/// <param name="Address">Of the database; absent: <c>ORGTAP_REPLICA_DATABASE</c>, else that of the control store.</param>
/// <param name="Schema">Absent: the connection's name in lower case, with underscores for dots and hyphens.</param>
/// <param name="Anew">Rows that a file holds are left there, and the next sync loads everything; otherwise they are moved to PostgreSQL with their checkpoints.</param>
public sealed record PlaceDocument(bool Postgres, string? Address = null, string? Schema = null, bool Anew = false);

/// <summary>Chooses where a connection's rows lie, for page, verb and endpoint alike.</summary>
public static class Placing
{
    /// <summary>
    /// Makes the place ready. Rows in a file are moved to PostgreSQL, unless they are to be loaded anew; every other change of place has the next sync load everything. What lies in the old
    /// place stays there.
    /// </summary>
    /// <exception cref="OrgtapException">A run is under way, or the place cannot be used.</exception>
    public static async Task<Connection> PlaceAsync(IServiceProvider services, Connection connection, PlaceDocument wanted, string actor, CancellationToken cancellationToken)
    {
        var runs = services.GetRequiredService<RunStore>();
        // E.g. one that was under way when a backup was made: in the new place, the next sync goes on.
        await runs.CloseAbandonedAsync(connection.Id, cancellationToken);
        if (await runs.FindRunningAsync(connection.Id, cancellationToken) is { } running)
            throw new InvalidInputException($"{connection.Name} is being synced (run {running.Id}).", "Stop that run first, or wait for its end.");
        var connections = services.GetRequiredService<ConnectionStore>();
        var place = wanted.Postgres ? PlaceOf(connection, wanted, services.GetRequiredService<InstallationSettings>()) : null;
        if (place == connection.Replica) return connection;
        if (place is not null)
        {
            if ((await connections.ListAsync(cancellationToken)).FirstOrDefault(other => other.Id != connection.Id && other.Replica?.Schema == place.Schema && other.Replica.Address.Equals(place.Address)) is { } other)
                throw new InvalidInputException($"The schema {place.Schema} holds the rows of {other.Name}.", "Name another with --schema.");
            await services.GetRequiredService<ReplicaFiles>().PrepareAsync(place, cancellationToken);
        }
        var moves = place is not null && !wanted.Anew && connection.Replica is null && services.GetRequiredService<ReplicaFiles>().Exists(connection);
        if (moves) await services.GetRequiredService<ReplicaMoving>().MoveAsync(connection, place!, actor, cancellationToken,
            stop => services.GetRequiredService<ConversationReader>().MoveAsync(connection, place!, stop));
        else await connections.SetReplicaAsync(connection.Id, place, cancellationToken);
        var placed = connection with { Replica = place };
        await services.GetRequiredService<AuditLog>().WriteAsync(actor, "replica.placed", connection.Name, services.GetRequiredService<ReplicaFiles>().PlaceOf(placed), cancellationToken);
        return placed;
    }

    private static PostgresPlace PlaceOf(Connection connection, PlaceDocument wanted, InstallationSettings settings)
    {
        var address = wanted.Address is { Length: > 0 } given ? PostgresAddress.Parse(given, "The address of the replica's database") : settings.ReplicaDatabase ?? settings.Database
            ?? throw new InvalidInputException("No PostgreSQL database was named for the replica.", "Set ORGTAP_REPLICA_DATABASE, or give --address Host=…;Database=…;Username=….");
        var schema = wanted.Schema is { Length: > 0 } named ? named : PostgresSource.SchemaOf(connection.Name);
        PostgresSource.Check(schema);
        return new PostgresPlace(new SecretText(address.ConnectionString), schema);
    }
}
