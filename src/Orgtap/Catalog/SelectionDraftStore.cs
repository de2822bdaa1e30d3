using System.Text.Json;
using Dapper;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Catalog;

/// <summary>A draft as it is kept: it survives a closed browser, and whoever opens the connection next goes on with it.</summary>
/// <param name="SavedBy">Who changed it last.</param>
public sealed record KeptDraft(SelectionDraft Draft, DateTimeOffset SavedAt, string SavedBy);

/// <summary>Keeps at most one draft per connection.</summary>
public sealed class SelectionDraftStore(ControlStore store, TimeProvider time)
{
    /// <summary>Null: nobody is changing the selection.</summary>
    public async Task<KeptDraft?> FindAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string Tables, long SavedAt, string SavedBy)>(
            "SELECT tables, saved_at, saved_by FROM selection_drafts WHERE connection_id = @connection", new { connection = connection.Value });
        return rows.Select(row => new KeptDraft(
            new SelectionDraft(JsonSerializer.Deserialize<List<SelectedObject>>(row.Tables)!), DateTimeOffset.FromUnixTimeMilliseconds(row.SavedAt), row.SavedBy)).SingleOrDefault();
    }

    public Task SaveAsync(ConnectionId connection, SelectionDraft draft, string by, CancellationToken cancellationToken) =>
        store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("""
            INSERT INTO selection_drafts (connection_id, tables, saved_at, saved_by) VALUES (@connection, @tables, @at, @by)
            ON CONFLICT (connection_id) DO UPDATE SET tables = excluded.tables, saved_at = excluded.saved_at, saved_by = excluded.saved_by
            """, new { connection = connection.Value, tables = JsonSerializer.Serialize(draft.Tables), at = time.GetUtcNow().ToUnixTimeMilliseconds(), by }, transaction), cancellationToken);

    public Task DiscardAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
            "DELETE FROM selection_drafts WHERE connection_id = @connection", new { connection = connection.Value }, transaction), cancellationToken);
}
