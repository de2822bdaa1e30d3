using Dapper;
using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;
using Orgtap.Storage;

namespace Orgtap.Catalog;

/// <summary>A describe as it was fetched.</summary>
internal sealed record CachedDescribe(string? LastModified, DateTimeOffset FetchedAt, string Body);

/// <summary>Keeps describes, so that an unchanged one costs an answer without a body, and a fresh one costs nothing.</summary>
internal sealed class DescribeCache(ControlStore store, TimeProvider time)
{
    public async Task<CachedDescribe?> FindAsync(ConnectionId connection, string resource, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string? LastModified, long FetchedAt, string Body)>(
            "SELECT last_modified, fetched_at, body FROM describes WHERE connection_id = @connection AND resource = @resource", new { connection = connection.Value, resource });
        return rows.Select(row => new CachedDescribe(row.LastModified, DateTimeOffset.FromUnixTimeMilliseconds(row.FetchedAt), DescribeText.Unpack(row.Body))).SingleOrDefault();
    }

    /// <summary>When each of the connection's describes was fetched, by its resource; without reading them.</summary>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> FetchedAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string Resource, long FetchedAt)>("SELECT resource, fetched_at FROM describes WHERE connection_id = @connection", new { connection = connection.Value });
        return rows.ToDictionary(row => row.Resource, row => DateTimeOffset.FromUnixTimeMilliseconds(row.FetchedAt), StringComparer.Ordinal);
    }

    /// <param name="resource">With % for anything.</param>
    public async Task<IReadOnlyList<CachedDescribe>> ListAsync(ConnectionId connection, string resource, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string? LastModified, long FetchedAt, string Body)>(
            "SELECT last_modified, fetched_at, body FROM describes WHERE connection_id = @connection AND resource LIKE @resource ORDER BY fetched_at", new { connection = connection.Value, resource });
        return [.. rows.Select(row => new CachedDescribe(row.LastModified, DateTimeOffset.FromUnixTimeMilliseconds(row.FetchedAt), DescribeText.Unpack(row.Body)))];
    }

    /// <summary>Gives the cached body if it is younger than <paramref name="maxAge"/>, else asks whether it changed.</summary>
    /// <param name="ask">Gets the Last-Modified of what is cached, or null.</param>
    /// <param name="changes">What is to be told where the body before and the new one differ.</param>
    public async Task<string> GetAsync(
        ConnectionId connection, string resource, TimeSpan maxAge, Func<string?, Task<DescribeAnswer>> ask, Func<string, string, IReadOnlyList<SchemaChange>>? changes, CancellationToken cancellationToken)
    {
        var cached = await FindAsync(connection, resource, cancellationToken);
        if (cached is not null && time.GetUtcNow() - cached.FetchedAt < maxAge) return cached.Body;

        var answer = await ask(cached?.LastModified);
        // "Not modified" to a question that named no time would leave us with nothing.
        if (answer.Body is null && cached is null) answer = await ask(null);
        var body = answer.Body ?? cached!.Body;
        await KeepAsync(connection, resource, answer.LastModified ?? cached?.LastModified, body, cached?.Body, changes, cancellationToken);
        return body;
    }

    /// <summary>Keeps a body, and in the same transaction what it changes, unless another process has told that.</summary>
    /// <param name="before">The body that it was compared with; null: there was none.</param>
    public Task KeepAsync(
        ConnectionId connection, string resource, string? lastModified, string body, string? before, Func<string, string, IReadOnlyList<SchemaChange>>? changes, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var (db, which, at) = (transaction.Connection!, new { connection = connection.Value, resource }, time.GetUtcNow());
        if (before is not null && await db.ExecuteScalarAsync<string?>("SELECT body FROM describes WHERE connection_id = @connection AND resource = @resource", which, transaction) is { } stored && DescribeText.Unpack(stored) == before)
        {
            if (before == body)
            {
                // Much the usual case, and a body is long: it is not written again.
                await db.ExecuteAsync("UPDATE describes SET last_modified = @lastModified, fetched_at = @at WHERE connection_id = @connection AND resource = @resource",
                    new { which.connection, resource, lastModified, at = at.ToUnixTimeMilliseconds() }, transaction);
                return;
            }
            if (changes is not null) await SchemaChangeStore.AddAsync(transaction, connection, changes(before, body), at);
        }
        await db.ExecuteAsync("""
            INSERT INTO describes (connection_id, resource, last_modified, fetched_at, body) VALUES (@connection, @resource, @lastModified, @at, @packed)
            ON CONFLICT (connection_id, resource) DO UPDATE SET last_modified = excluded.last_modified, fetched_at = excluded.fetched_at, body = excluded.body
            """, new { which.connection, resource, lastModified, at = at.ToUnixTimeMilliseconds(), packed = DescribeText.Pack(body) }, transaction);
    }, cancellationToken);
}
