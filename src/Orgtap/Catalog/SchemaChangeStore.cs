using System.Data.Common;
using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Catalog;

/// <summary>A change and when Orgtap noticed it.</summary>
public sealed record NoticedChange(long Id, DateTimeOffset At, SchemaChange Change);

/// <summary>Keeps what changed in an org's tables and fields.</summary>
public sealed class SchemaChangeStore(ControlStore store, TimeProvider time)
{
    public Task AddAsync(ConnectionId connection, IReadOnlyList<SchemaChange> changes, CancellationToken cancellationToken) => changes.Count == 0 ? Task.CompletedTask
        : store.WriteAsync(transaction => AddAsync(transaction, connection, changes, time.GetUtcNow()), cancellationToken);

    /// <summary>The same in the transaction that keeps what was compared, so that no change is told twice or forgotten.</summary>
    internal static async Task AddAsync(DbTransaction transaction, ConnectionId connection, IReadOnlyList<SchemaChange> changes, DateTimeOffset now)
    {
        foreach (var change in changes)
            await transaction.Connection!.ExecuteAsync("""
                INSERT INTO schema_changes (id, connection_id, at, sobject, field, kind, before, after)
                VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM schema_changes), @connection, @at, @sobject, @field, @kind, @before, @after)
                """, new { connection = connection.Value, at = now.ToUnixTimeMilliseconds(), sobject = change.SObject, field = change.Field, kind = change.Kind.ToString(), before = change.Before, after = change.After }, transaction);
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<NoticedChange>> ListAsync(ConnectionId connection, int limit, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(long Id, long At, string SObject, string? Field, string Kind, string? Before, string? After)>(
            $"SELECT id, at, sobject, field, kind, before, after FROM schema_changes WHERE connection_id = @connection ORDER BY id DESC LIMIT {limit}", new { connection = connection.Value });
        return [.. rows.Select(row => new NoticedChange(row.Id, DateTimeOffset.FromUnixTimeMilliseconds(row.At),
            new SchemaChange(row.SObject, row.Field, Enum.Parse<SchemaChangeKind>(row.Kind), row.Before, row.After)))];
    }

    /// <summary>Whether the last thing known of the table is that it is gone.</summary>
    public async Task<bool> IsGoneAsync(ConnectionId connection, string sobject, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.QueryFirstOrDefaultAsync<string>(
            "SELECT kind FROM schema_changes WHERE connection_id = @connection AND sobject = @sobject AND kind IN ('TableGone', 'TableBack') ORDER BY id DESC LIMIT 1",
            new { connection = connection.Value, sobject }) == nameof(SchemaChangeKind.TableGone);
    }

    /// <summary>Of each connection, the chosen tables, and fields as <c>Table.Field</c>, of which the last thing known is that they are gone. Where all fields of a table are chosen, its own list says which there are.</summary>
    /// <param name="chosen">What is selected of each.</param>
    public async Task<IReadOnlyDictionary<ConnectionId, IReadOnlyList<string>>> GoneAsync(IReadOnlyDictionary<ConnectionId, IReadOnlyList<SelectedObject>> chosen, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string Connection, string SObject, string? Field, string Kind)>("""
            SELECT connection_id, sobject, field, kind FROM schema_changes s WHERE kind IN ('FieldGone', 'TableGone') AND NOT EXISTS (SELECT 1 FROM schema_changes later WHERE later.connection_id = s.connection_id
              AND later.sobject = s.sobject AND later.id > s.id AND ((s.field IS NULL AND later.kind = 'TableBack') OR (later.field = s.field AND later.kind = 'FieldAdded'))) ORDER BY id
            """);
        var gone = new Dictionary<ConnectionId, IReadOnlyList<string>>();
        foreach (var group in rows.GroupBy(row => new ConnectionId(row.Connection)))
        {
            var names = group.Where(row => (chosen.GetValueOrDefault(group.Key) ?? []).Any(selected => string.Equals(selected.SObject, row.SObject, StringComparison.OrdinalIgnoreCase)
                && (row.Field is null || selected.Fields?.Contains(row.Field, StringComparer.OrdinalIgnoreCase) == true))).Select(row => row.Field is null ? row.SObject : $"{row.SObject}.{row.Field}").Distinct().ToList();
            if (names.Count > 0) gone[group.Key] = names;
        }
        return gone;
    }
}
