using System.Collections.Concurrent;
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

    /// <summary>Somebody stopped the job that syncs it.</summary>
    public bool IsSyncStopped { get; init; }

    /// <summary>Every change of the org up to here is in the replica, UTC; null: not every selected table is loaded yet.</summary>
    public DateTimeOffset? DataAsOf { get; } = AsOf(Selection, Tables);

    /// <summary>As the org says; where it does not, told from its addresses.</summary>
    public bool IsSandbox => Connection.IsSandbox ?? (Connection.LoginUrl.Host.StartsWith("test.", StringComparison.Ordinal) || Connection.InstanceUrl?.Host.Contains(".sandbox.", StringComparison.Ordinal) == true);

    /// <summary>The edition in a word or two, e.g. Enterprise; null where it is not known.</summary>
    public string? Edition => Connection.Edition?.Replace(" Edition", "", StringComparison.Ordinal);

    /// <summary>When it syncs next by itself, UTC; null: not by itself.</summary>
    public DateTimeOffset? NextSyncAt => Selection.Count == 0 || IsRunning || IsSyncStopped ? null : Orgtap.Scheduling.DueSyncs.NextAt(Connection, LastRun?.StartedAt);

    /// <summary>Rows that are not marked deleted.</summary>
    public long Rows => Tables.Sum(table => table.Rows);

    /// <summary>A run is under way, here or in another process.</summary>
    public bool IsRunning => Running is not null || LastRun?.Outcome == RunOutcome.Running;

    private static DateTimeOffset? AsOf(IReadOnlyList<SelectedObject> selection, IReadOnlyList<ReplicaTable> tables)
    {
        var byName = tables.ToDictionary(table => table.SObject, StringComparer.OrdinalIgnoreCase);
        DateTimeOffset? oldest = null;
        foreach (var selected in selection)
        {
            var table = byName.GetValueOrDefault(selected.SObject);
            if ((table?.Checkpoint?.Watermark?.ModifiedAt ?? table?.LastComplete) is not { } at) return null;
            if (oldest is null || at < oldest) oldest = at;
        }
        return oldest;
    }
}

/// <summary>Gathers overviews.</summary>
public sealed class OverviewReader(
    ConnectionStore connections, SelectionStore selections, ReplicaFiles replicas, QuotaGuard quota, LiveRuns live, RunStore runs, Orgtap.Scheduling.JobStates states, TimeProvider time)
{
    // What a replica holds changes with runs only, and opening a thousand files for each look would be most of the work.
    private readonly ConcurrentDictionary<ConnectionId, (string Mark, IReadOnlyList<ReplicaTable> Tables)> _held = new();

    /// <summary>Of every connection, by name; a handful of queries, however many there are.</summary>
    public async Task<IReadOnlyList<ConnectionOverview>> ListAsync(CancellationToken cancellationToken)
    {
        var all = await connections.ListAsync(cancellationToken);
        if (all.Count == 0) return [];
        var (chosen, newest) = (await selections.AllAsync(cancellationToken), await runs.NewestAsync(cancellationToken));
        var use = await quota.UseAsync(all.Where(connection => connection.OrgId is not null).Select(connection => connection.OrgId!.Value), cancellationToken);
        var (overviews, decisions) = (new List<ConnectionOverview>(all.Count), await states.AllAsync(cancellationToken));
        foreach (var one in all)
        {
            var last = newest.GetValueOrDefault(one.Id);
            var (connection, tables) = await HeldAsync(one, last, cancellationToken);
            overviews.Add(Put(connection, chosen.GetValueOrDefault(one.Id) ?? [], tables, one.OrgId is { } org ? use.GetValueOrDefault(org) : null, last) with { IsSyncStopped = decisions.IsStopped(one.Id, Orgtap.Scheduling.JobKind.Sync) });
        }
        return overviews;
    }

    public async Task<ConnectionOverview> OfAsync(Connection connection, CancellationToken cancellationToken)
    {
        var last = await runs.ListAsync(connection.Id, 1, cancellationToken) is [var newest, ..] ? newest : null;
        _held.TryRemove(connection.Id, out _);
        (connection, var tables) = await HeldAsync(connection, last, cancellationToken);
        return Put(connection, await selections.GetAsync(connection.Id, cancellationToken), tables, connection.OrgId is { } org ? await quota.UseAsync(org, cancellationToken) : null, last)
            with { IsSyncStopped = (await states.AllAsync(cancellationToken)).IsStopped(connection.Id, Orgtap.Scheduling.JobKind.Sync) };
    }

    private ConnectionOverview Put(Connection connection, IReadOnlyList<SelectedObject> selection, IReadOnlyList<ReplicaTable> tables, ApiUse? use, Run? last) => new(
        Sooner(connection, last), SyncStatuses.Of(connection, selection, tables), selection, tables, use, live.Current(connection.Id) is { Outcome: RunOutcome.Running } current ? current : null, last)
    {
        Replica = replicas.PlaceOf(connection),
    };

    /// <summary>A sync that the update frequency brings before the next attempt is that attempt.</summary>
    private static Connection Sooner(Connection connection, Run? last) =>
        connection.Problem is { RetryAt: { } retry } problem && Orgtap.Scheduling.DueSyncs.NextAt(connection, last?.StartedAt) is { } next && next < retry ? connection with { Problem = problem with { RetryAt = next } } : connection;

    private async Task<(Connection Connection, IReadOnlyList<ReplicaTable> Tables)> HeldAsync(Connection connection, Run? last, CancellationToken cancellationToken)
    {
        var mark = $"{last?.Id.Value} {last?.EndedAt?.UtcTicks} {replicas.PlaceOf(connection)}";
        if (last?.Outcome != RunOutcome.Running && _held.TryGetValue(connection.Id, out var held) && held.Mark == mark) return (connection, held.Tables);
        try
        {
            var tables = await replicas.TablesAsync(connection, cancellationToken);
            _held[connection.Id] = (mark, tables);
            return (connection, tables);
        }
        catch (OrgtapException away) when (connection.Replica is not null)
        {
            // A database that is away must not take the page of all connections with it.
            return (connection with { Problem = connection.Problem ?? Problem.From(away, time.GetUtcNow()) }, []);
        }
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
