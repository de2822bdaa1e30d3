using System.Text.Json;
using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Catalog;

/// <summary>A table somebody chose to have in the replica.</summary>
/// <param name="Fields">API names; null: all selectable fields, those included that the org gets later.</param>
public sealed record SelectedObject(string SObject, IReadOnlyList<string>? Fields = null);

/// <summary>Keeps what is selected of each connection, in the order in which tables are loaded.</summary>
public sealed class SelectionStore(ControlStore store)
{
    public async Task<IReadOnlyList<SelectedObject>> GetAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string SObject, string Fields)>(
            "SELECT sobject, fields FROM selections WHERE connection_id = @connection ORDER BY position", new { connection = connection.Value });
        return [.. rows.Select(row => new SelectedObject(row.SObject, row.Fields == "*" ? null : JsonSerializer.Deserialize<List<string>>(row.Fields)))];
    }

    /// <summary>Of every connection that has one, in one query.</summary>
    public async Task<IReadOnlyDictionary<ConnectionId, IReadOnlyList<SelectedObject>>> AllAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string Connection, string SObject, string Fields)>("SELECT connection_id, sobject, fields FROM selections ORDER BY connection_id, position");
        return rows.GroupBy(row => row.Connection, StringComparer.Ordinal).ToDictionary(group => new ConnectionId(group.Key), group => (IReadOnlyList<SelectedObject>)
            [.. group.Select(row => new SelectedObject(row.SObject, row.Fields == "*" ? null : JsonSerializer.Deserialize<List<string>>(row.Fields)))]);
    }

    /// <summary>Replaces the whole selection.</summary>
    public Task SetAsync(ConnectionId connection, IReadOnlyList<SelectedObject> selection, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        var db = transaction.Connection!;
        await db.ExecuteAsync("DELETE FROM selections WHERE connection_id = @connection", new { connection = connection.Value }, transaction);
        for (var position = 0; position < selection.Count; position++)
        {
            var (sobject, fields) = selection[position];
            await db.ExecuteAsync("INSERT INTO selections (connection_id, sobject, position, fields) VALUES (@connection, @sobject, @position, @fields)",
                new { connection = connection.Value, sobject, position, fields = fields is null ? "*" : JsonSerializer.Serialize(fields) }, transaction);
        }
    }, cancellationToken);
}
