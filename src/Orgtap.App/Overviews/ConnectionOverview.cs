using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Replicas;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

/// <summary>What page, verb and endpoint alike say of a connection.</summary>
/// <param name="Tables">What its replica holds.</param>
/// <param name="Use">API calls of the org in the last 24 hours; null while nothing is known.</param>
/// <param name="Running">The run under way, as far as this process runs it; null: none.</param>
/// <param name="LastRun">The newest run, running or not; null: none yet.</param>
public sealed record ConnectionOverview(
    Connection Connection, ConnectionStatus Status, IReadOnlyList<SelectedObject> Selection, IReadOnlyList<ReplicaTable> Tables, ApiUse? Use,
    RunSnapshot? Running, Run? LastRun)
{
    /// <summary>Where its rows lie, or will.</summary>
    public required string Replica { get; init; }


    /// <summary>When it syncs next by itself, UTC; null: not by itself.</summary>
    public DateTimeOffset? NextSyncAt => Selection.Count == 0 || IsRunning ? null : Orgtap.Scheduling.DueSyncs.NextAt(Connection, LastRun?.StartedAt);

    /// <summary>Rows that are not marked deleted.</summary>
    public long Rows => Tables.Sum(table => table.Rows);

    /// <summary>A run is under way, here or in another process.</summary>
    public bool IsRunning => Running is not null || LastRun?.Outcome == RunOutcome.Running;
}

/// <summary>Gathers overviews.</summary>
public sealed class OverviewReader(
    ConnectionStore connections, SelectionStore selections, ReplicaFiles replicas, QuotaGuard quota, LiveRuns live, RunStore runs, TimeProvider time)
{
    /// <summary>Of every connection, by name.</summary>
    public async Task<IReadOnlyList<ConnectionOverview>> ListAsync(CancellationToken cancellationToken)
    {
        var all = new List<ConnectionOverview>();
        foreach (var connection in await connections.ListAsync(cancellationToken)) all.Add(await OfAsync(connection, cancellationToken));
        return all;
    }

    public async Task<ConnectionOverview> OfAsync(Connection connection, CancellationToken cancellationToken)
    {
        var (current, tables) = (live.Current(connection.Id), (IReadOnlyList<ReplicaTable>)[]);
        try
        {
            tables = await replicas.TablesAsync(connection, cancellationToken);
        }
        catch (OrgtapException away) when (connection.Replica is not null)
        {
            // A database that is away must not take the page of all connections with it.
            connection = connection with { Problem = connection.Problem ?? Problem.From(away, time.GetUtcNow()) };
        }
        var selection = await selections.GetAsync(connection.Id, cancellationToken);
        return new ConnectionOverview(
            connection, SyncStatuses.Of(connection, selection, tables), selection, tables, connection.OrgId is { } org ? await quota.UseAsync(org, cancellationToken) : null,
            current is { Outcome: RunOutcome.Running } ? current : null,
            await runs.ListAsync(connection.Id, 1, cancellationToken) is [var newest, ..] ? newest : null) { Replica = replicas.PlaceOf(connection) };
    }
}

/// <summary>Sums of a run that several faces show.</summary>
public static class RunFigures
{
    public static long RowsWritten(IReadOnlyList<RunTable> tables) => tables.Sum(table => table.RowsWritten);

    /// <summary>Rows expected of all tables; null while one that is not over yet does not know.</summary>
    public static long? RowsExpected(IReadOnlyList<RunTable> tables)
    {
        long sum = 0;
        foreach (var table in tables)
        {
            if (table.RowsExpected is null && table.EndedAt is null) return null;
            sum += table.RowsExpected ?? table.RowsWritten;
        }
        return sum;
    }

    /// <summary>When the whole run ends at the present rate; null where it cannot be told.</summary>
    public static DateTimeOffset? ExpectedEnd(RunSnapshot run, DateTimeOffset now) =>
        ExpectedEnd(RowsExpected([.. run.Tables.Select(table => table.Table)]) - RowsWritten([.. run.Tables.Select(table => table.Table)]), run.RowsPerSecond, now);

    /// <inheritdoc cref="ExpectedEnd(RunSnapshot, DateTimeOffset)"/>
    public static DateTimeOffset? ExpectedEnd(long? left, double? rowsPerSecond, DateTimeOffset now)
    {
        if (left is not > 0 || rowsPerSecond is not >= 1) return null;
        var seconds = left.Value / rowsPerSecond.Value;
        return seconds < 7 * 86_400 ? now.AddSeconds(seconds) : null;
    }
}
