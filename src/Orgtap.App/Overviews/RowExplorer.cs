using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

/// <summary>A row and the runs that touched it, for page, verb and endpoint alike (product G2a).</summary>
public sealed class RowExplorer(ReplicaRows rows, RunStore runs)
{
    /// <summary>Runs that are looked through, newest first.</summary>
    private const int MostRuns = 1_000;

    /// <param name="sobject">Null: it is looked for in all tables.</param>
    /// <returns>Null: the replica has no such row.</returns>
    /// <exception cref="InvalidInputException">No Id, or no such table.</exception>
    public async Task<(FoundRow Row, IReadOnlyList<RowTouch> Touches)?> FindAsync(Connection connection, string? sobject, string id, CancellationToken cancellationToken)
    {
        var table = sobject ?? await rows.FindAsync(connection, id, cancellationToken);
        if (table is null || await rows.RowAsync(connection, table, id, cancellationToken) is not { } row) return null;
        return (row, RowHistory.Of(row, await runs.ListAsync(connection.Id, MostRuns, cancellationToken)));
    }
}
