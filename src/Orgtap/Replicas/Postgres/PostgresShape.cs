using Dapper;
using Npgsql;
using Orgtap.Records;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>A column as it is stored, under the name it has in PostgreSQL.</summary>
internal sealed record StoredColumn(Column Column, string Name);

/// <summary>Makes a table fit a schema: creates it, adds columns, widens types, never drops a value. Runs inside the caller's transaction.</summary>
internal static class PostgresShape
{
    public static async Task FitAsync(NpgsqlConnection db, long tableId, string tableName, ObjectSchema schema)
    {
        var stored = await StoredColumnsAsync(db, tableId);
        var isNew = stored.Count == 0;
        if (isNew) await db.ExecuteAsync($"CREATE TABLE {Quote(tableName)} ({Quote(Of("Id"))} {PostgresTypes.Declaration(ColumnType.Id)} PRIMARY KEY)");
        var added = new List<string>();
        foreach (var column in schema.Columns)
        {
            if (stored.TryGetValue(column.Name, out var before)) await WidenAsync(db, tableName, before, ColumnJoin.Of(before.Column, column));
            else if (column.Name != "Id" || !isNew) added.Add($"ADD COLUMN {Quote(Of(column.Name))} {PostgresTypes.Declaration(column.Type)}");
        }
        if (added.Count > 0) await db.ExecuteAsync($"ALTER TABLE {Quote(tableName)} {string.Join(", ", added)}");

        var kept = schema.Columns.Select(column => stored.TryGetValue(column.Name, out var before)
            ? new StoredColumn(ColumnJoin.Of(before.Column, column), before.Name)
            : new StoredColumn(column, Of(column.Name))).ToList();
        await db.ExecuteAsync("""
            UPDATE _orgtap_columns SET updated = 0 WHERE table_id = @tableId AND updated <> 0 AND NOT (name_key = ANY(@keys));
            INSERT INTO _orgtap_columns (table_id, name, name_key, column_name, type, digits, scale, updated)
            SELECT @tableId, c.name, c.key, c.column_name, c.type, c.digits, c.scale, 2 FROM unnest(@names, @keys, @columns, @types, @digits, @scales) AS c (name, key, column_name, type, digits, scale)
            ON CONFLICT (table_id, name_key) DO UPDATE SET type = excluded.type, digits = excluded.digits, scale = excluded.scale,
              updated = CASE _orgtap_columns.updated WHEN 1 THEN 1 ELSE 2 END
            """, new
        {
            tableId,
            names = kept.Select(one => one.Column.Name).ToArray(),
            keys = kept.Select(one => Key(one.Column.Name)).ToArray(),
            columns = kept.Select(one => one.Name).ToArray(),
            types = kept.Select(one => one.Column.Type.ToString()).ToArray(),
            digits = kept.Select(one => (long)one.Column.Precision).ToArray(),
            scales = kept.Select(one => (long)one.Column.Scale).ToArray(),
        });
    }

    /// <summary>A load has ended that leaves these columns complete.</summary>
    public static Task CompleteAsync(NpgsqlConnection db, long tableId, IReadOnlyList<string> fields) => db.ExecuteAsync(
        "UPDATE _orgtap_columns SET updated = 1 WHERE table_id = @tableId AND updated = 2 AND name_key = ANY(@keys)", new { tableId, keys = fields.Select(Key).ToArray() });

    /// <summary>The columns as they are stored, by API name, those no longer selected included.</summary>
    public static async Task<Dictionary<string, StoredColumn>> StoredColumnsAsync(NpgsqlConnection db, long tableId) =>
        (await db.QueryAsync<(string Name, string ColumnName, string Type, long Digits, long Scale)>(
            "SELECT name, column_name, type, digits, scale FROM _orgtap_columns WHERE table_id = @tableId", new { tableId }))
        .ToDictionary(row => row.Name, row => new StoredColumn(new Column(row.Name, Enum.Parse<ColumnType>(row.Type), (int)row.Digits, (int)row.Scale), row.ColumnName), StringComparer.OrdinalIgnoreCase);

    private static async Task WidenAsync(NpgsqlConnection db, string tableName, StoredColumn before, Column now)
    {
        if (PostgresTypes.IsStoredAlike(before.Column.Type, now.Type)) return;
        await db.ExecuteAsync($"ALTER TABLE {Quote(tableName)} ALTER COLUMN {Quote(before.Name)} TYPE {PostgresTypes.Declaration(now.Type)} USING {PostgresTypes.Widening(before.Name, before.Column.Type, now.Type)}");
    }
}
