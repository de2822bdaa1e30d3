using System.Globalization;
using System.Text.Json;
using Orgtap.App.Api;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Replicas;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary>What a verb reads and changes nothing by: from this machine's stores, or from another Orgtap over its HTTP API. Both say the same.</summary>
internal interface IReadings
{
    /// <summary>By name.</summary>
    Task<IReadOnlyList<ConnectionDocument>> ConnectionsAsync(CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    /// <param name="connection">Null: of all.</param>
    Task<IReadOnlyList<RunDocument>> RunsAsync(string? connection, int limit, CancellationToken cancellationToken);

    /// <exception cref="InvalidInputException">There is no such run.</exception>
    Task<RunDocument> RunAsync(long id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    Task<IReadOnlyList<TimelineEntry>> TimelineAsync(string connection, int limit, CancellationToken cancellationToken);

    /// <summary>A connection's API calls.</summary>
    Task<CallsDocument> CallsAsync(string connection, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    Task<IReadOnlyList<AuditEntryDocument>> AuditAsync(AuditFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>A row by its Id, with the runs that touched it.</summary>
    /// <exception cref="InvalidInputException">The replica has no such row.</exception>
    Task<RowDocument> RowAsync(string connection, string id, CancellationToken cancellationToken);

    /// <summary>The caller disposes it.</summary>
    Task<IReplicaQuery> QueryAsync(string connection, string sql, long limit, CancellationToken cancellationToken);
}

/// <summary>From the stores that the verb opened.</summary>
internal sealed class ReadingsHere(ConnectionStore connections, OverviewReader overviews, RunStore runs, Timeline timeline, AuditLog audit, ReplicaFiles replicas, RowExplorer rows, CallsDesk calls) : IReadings
{
    public async Task<IReadOnlyList<ConnectionDocument>> ConnectionsAsync(CancellationToken cancellationToken) => [.. (await overviews.ListAsync(cancellationToken)).Select(ConnectionDocument.Of)];

    public async Task<IReadOnlyList<RunDocument>> RunsAsync(string? connection, int limit, CancellationToken cancellationToken)
    {
        var names = (await connections.ListAsync(cancellationToken)).ToDictionary(known => known.Id, known => known.Name);
        var only = connection is null ? null : await connections.GetAsync(connection, cancellationToken);
        return [.. (await runs.ListAsync(only?.Id, limit, cancellationToken)).Select(run => RunDocument.Of(run, names.GetValueOrDefault(run.ConnectionId, "?"), null))];
    }

    public async Task<RunDocument> RunAsync(long id, CancellationToken cancellationToken)
    {
        var run = await runs.FindAsync(new RunId(id), cancellationToken) ?? throw new InvalidInputException($"There is no run {id}.", "See the numbers with `orgtap runs`.");
        return RunDocument.Of(run, (await connections.FindAsync(run.ConnectionId, cancellationToken))?.Name ?? "?", null);
    }

    public async Task<IReadOnlyList<TimelineEntry>> TimelineAsync(string connection, int limit, CancellationToken cancellationToken) =>
        await timeline.OfAsync(await connections.GetAsync(connection, cancellationToken), limit, cancellationToken);

    public async Task<CallsDocument> CallsAsync(string connection, CancellationToken cancellationToken) =>
        await calls.OfAsync(await connections.GetAsync(connection, cancellationToken), cancellationToken);

    public async Task<IReadOnlyList<AuditEntryDocument>> AuditAsync(AuditFilter filter, int limit, CancellationToken cancellationToken) =>
        [.. (await audit.ListAsync(filter, limit, cancellationToken)).Select(AuditEntryDocument.Of)];

    public async Task<RowDocument> RowAsync(string connection, string id, CancellationToken cancellationToken)
    {
        var found = await connections.GetAsync(connection, cancellationToken);
        return await rows.FindAsync(found, null, id, cancellationToken) is { } row ? RowDocument.Of(row.Row, row.Touches)
            : throw new InvalidInputException($"The replica of {found.Name} has no row {id}.", "It may not be selected, not synced yet, or deleted and removed.");
    }

    public async Task<IReplicaQuery> QueryAsync(string connection, string sql, long limit, CancellationToken cancellationToken) =>
        await replicas.QueryAsync(await connections.GetAsync(connection, cancellationToken), sql, limit, trusted: true, cancellationToken);
}

/// <summary>From another Orgtap.</summary>
internal sealed class ReadingsElsewhere(ApiClient api) : IReadings
{
    public Task<IReadOnlyList<ConnectionDocument>> ConnectionsAsync(CancellationToken cancellationToken) => api.SendAsync<IReadOnlyList<ConnectionDocument>>(HttpMethod.Get, "connections", null, cancellationToken);

    public Task<IReadOnlyList<RunDocument>> RunsAsync(string? connection, int limit, CancellationToken cancellationToken) =>
        api.SendAsync<IReadOnlyList<RunDocument>>(HttpMethod.Get, "runs" + Query(("connection", connection), ("limit", limit)), null, cancellationToken);

    public Task<RunDocument> RunAsync(long id, CancellationToken cancellationToken) =>
        api.SendAsync<RunDocument>(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"runs/{id}"), null, cancellationToken);

    public Task<CallsDocument> CallsAsync(string connection, CancellationToken cancellationToken) =>
        api.SendAsync<CallsDocument>(HttpMethod.Get, $"connections/{Uri.EscapeDataString(connection)}/calls", null, cancellationToken);

    public Task<IReadOnlyList<TimelineEntry>> TimelineAsync(string connection, int limit, CancellationToken cancellationToken) =>
        api.SendAsync<IReadOnlyList<TimelineEntry>>(HttpMethod.Get, $"connections/{Uri.EscapeDataString(connection)}/timeline{Query(("limit", limit))}", null, cancellationToken);

    public async Task<IReadOnlyList<AuditEntryDocument>> AuditAsync(AuditFilter filter, int limit, CancellationToken cancellationToken) =>
        (await api.SendAsync<AuditDocument>(HttpMethod.Get, "audit" + Query(("actor", filter.Actor), ("action", filter.Action), ("target", filter.Target), ("q", filter.Text),
            ("from", filter.From?.ToString("O", CultureInfo.InvariantCulture)), ("until", filter.Until?.ToString("O", CultureInfo.InvariantCulture)), ("limit", limit)), null, cancellationToken)).Entries;

    public Task<RowDocument> RowAsync(string connection, string id, CancellationToken cancellationToken) =>
        api.SendAsync<RowDocument>(HttpMethod.Get, $"connections/{Uri.EscapeDataString(connection)}/rows{Query(("id", id))}", null, cancellationToken);

    public async Task<IReplicaQuery> QueryAsync(string connection, string sql, long limit, CancellationToken cancellationToken) => new AnsweredQuery(await api.SendAsync<QueryAnswerDocument>(
        HttpMethod.Post, $"connections/{Uri.EscapeDataString(connection)}/query", new QueryDocument(sql, (int)Math.Min(limit, QueryApi.MostRows)), cancellationToken));

    private static string Query(params ReadOnlySpan<(string Name, object? Value)> parts)
    {
        var query = new List<string>();
        foreach (var (name, value) in parts)
            if (value is not null) query.Add($"{name}={Uri.EscapeDataString(Convert.ToString(value, CultureInfo.InvariantCulture)!)}");
        return query.Count == 0 ? "" : "?" + string.Join('&', query);
    }

    /// <summary>Rows that came in one answer.</summary>
    private sealed class AnsweredQuery(QueryAnswerDocument answer) : IReplicaQuery
    {
        public IReadOnlyList<string> Columns => answer.Columns;

        public bool IsTruncated => answer.Truncated;

        public async IAsyncEnumerable<object?[]> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var row in answer.Rows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return [.. row.Select(ValueOf)];
            }
            await Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static object? ValueOf(object? value) => value is not JsonElement json ? value : json.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.True or JsonValueKind.False => json.GetBoolean(),
            JsonValueKind.Number => json.TryGetInt64(out var whole) ? whole : json.GetDouble(),
            _ => json.ToString(),
        };
    }
}
