using System.Collections.Concurrent;
using Dapper;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Storage;

namespace Orgtap.Catalog;

/// <summary>What is known of a table's size, about.</summary>
/// <param name="Fields">Fields that can be selected; null: the table was not described yet.</param>
/// <param name="Rows">Null: not counted yet, or the org does not tell.</param>
public sealed record TableFigure(long? Fields, long? Rows);

/// <summary>Remembers how large an org's tables are, so that choosing among 1,500 of them needs no describe and no count of each.</summary>
public sealed class TableFigures(ControlStore store, OrgClients clients, TimeProvider time)
{
    /// <summary>Counts older than this are asked for again when somebody chooses.</summary>
    public static readonly TimeSpan CountAge = TimeSpan.FromHours(24);

    private readonly ConcurrentDictionary<(ConnectionId, string), int> _remembered = new();

    public async Task<IReadOnlyDictionary<string, TableFigure>> GetAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string SObject, long? Fields, long? Rows)>(
            "SELECT sobject, field_count, row_count FROM table_figures WHERE connection_id = @connection", new { connection = connection.Value });
        return rows.ToDictionary(row => row.SObject, row => new TableFigure(row.Fields, row.Rows), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Counts the tables whose count is old or missing; a few calls for any number of them. Salesforce's own statistics are about.</summary>
    public async Task CountAsync(Connection connection, IReadOnlyList<string> sobjects, CallCounter counter, CancellationToken cancellationToken)
    {
        var oldest = (time.GetUtcNow() - CountAge).ToUnixTimeMilliseconds();
        HashSet<string> fresh;
        await using (var db = await store.ConnectAsync(cancellationToken))
            fresh = (await db.QueryAsync<string>("SELECT sobject FROM table_figures WHERE connection_id = @connection AND counted_at >= @oldest",
                new { connection = connection.Id.Value, oldest })).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var stale = sobjects.Where(sobject => !fresh.Contains(sobject)).ToList();
        if (stale.Count == 0 || connection.InstanceUrl is not { } instance) return;

        var counts = await clients.Open(connection.Id, instance, counter).CountAsync(stale, cancellationToken);
        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        await store.WriteAsync(async transaction =>
        {
            foreach (var sobject in stale)
            {
                // What the org does not count is remembered as asked for too.
                long? rows = counts.TryGetValue(sobject, out var count) ? count : null;
                await transaction.Connection!.ExecuteAsync("""
                    INSERT INTO table_figures (connection_id, sobject, row_count, counted_at) VALUES (@connection, @sobject, @rows, @at)
                    ON CONFLICT (connection_id, sobject) DO UPDATE SET row_count = excluded.row_count, counted_at = excluded.counted_at
                    """, new { connection = connection.Id.Value, sobject, rows, at }, transaction);
            }
        }, cancellationToken);
    }

    /// <summary>Called with each describe that is read: from then on its fields can be searched for.</summary>
    public async Task RememberAsync(ConnectionId connection, CatalogObjectDetail detail, CancellationToken cancellationToken)
    {
        var selectable = detail.Fields.Where(field => field.Selectable).ToList();
        var (sobject, fields, names) = (detail.Object.Name, selectable.Count, string.Join('\n', selectable.Select(field => $"{field.Name}\t{field.Label}")));
        var mark = string.GetHashCode(names, StringComparison.Ordinal);
        if (_remembered.TryGetValue((connection, sobject), out var known) && known == mark) return;
        await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync("""
            INSERT INTO table_figures (connection_id, sobject, field_count, field_names) VALUES (@connection, @sobject, @fields, @names)
            ON CONFLICT (connection_id, sobject) DO UPDATE SET field_count = excluded.field_count, field_names = excluded.field_names
            """, new { connection = connection.Value, sobject, fields, names }, transaction), cancellationToken);
        _remembered[(connection, sobject)] = mark;
    }

    /// <summary>Fields whose label or API name holds the text, by table, of the tables that were described so far.</summary>
    /// <param name="mostOfOne">Fields named per table, at most.</param>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> FindFieldsAsync(ConnectionId connection, string text, int mostOfOne, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        // LIKE's own signs are ordinary letters in a search; what it finds too much is sorted out line by line.
        var rows = await db.QueryAsync<(string SObject, string Names)>(
            "SELECT sobject, field_names FROM table_figures WHERE connection_id = @connection AND lower(field_names) LIKE @pattern",
            new { connection = connection.Value, pattern = $"%{text.ToLowerInvariant()}%" });
        var found = new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase);
        foreach (var (sobject, names) in rows)
        {
            var hits = names.Split('\n').Where(line => line.Contains(text, StringComparison.OrdinalIgnoreCase) && !text.Contains('\t', StringComparison.Ordinal))
                .Take(mostOfOne).Select(line => line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..]).ToList();
            if (hits.Count > 0) found[sobject] = hits;
        }
        return found;
    }

    /// <summary>Which of the tables were never described, so that a search cannot look into them.</summary>
    public async Task<IReadOnlyList<string>> UnknownAsync(ConnectionId connection, IEnumerable<string> sobjects, CancellationToken cancellationToken)
    {
        var known = (await GetAsync(connection, cancellationToken)).Where(figure => figure.Value.Fields is not null).Select(figure => figure.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. sobjects.Where(sobject => !known.Contains(sobject))];
    }
}
