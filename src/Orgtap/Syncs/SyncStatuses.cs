using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Records;
using Orgtap.Replicas;

namespace Orgtap.Syncs;

/// <summary>Computes the one word that says how a connection is (product B2).</summary>
public sealed class SyncStatuses(SelectionStore selections, ReplicaFiles replicas)
{
    public async Task<ConnectionStatus> OfAsync(Connection connection, CancellationToken cancellationToken) =>
        Of(connection, await selections.GetAsync(connection.Id, cancellationToken), await replicas.TablesAsync(connection, cancellationToken));

    /// <summary>Of what is known already. Pure.</summary>
    public static ConnectionStatus Of(Connection connection, IReadOnlyList<SelectedObject> selection, IReadOnlyList<ReplicaTable> tables) =>
        ConnectionStatuses.Of(connection, connection.OrgId is null || HasUnfinishedLoad(selection, tables));

    /// <summary>Whether nothing is selected, or a selected table was not loaded to its end with its present fields. Pure.</summary>
    public static bool HasUnfinishedLoad(IReadOnlyList<SelectedObject> selection, IReadOnlyList<ReplicaTable> tables)
    {
        var byName = tables.ToDictionary(table => table.SObject, StringComparer.OrdinalIgnoreCase);
        return selection.Count == 0 || selection.Any(selected => byName.GetValueOrDefault(selected.SObject) is not { Checkpoint: { } checkpoint } table
            // An incremental load under way, or a repeated snapshot, leaves the table as usable as it was.
            || (!checkpoint.Finished && (checkpoint.Mode == LoadMode.Backfill || table.LastComplete is null))
            || selected.Fields?.Any(field => !checkpoint.Fields.Contains(field, StringComparer.OrdinalIgnoreCase)) == true);
    }
}
