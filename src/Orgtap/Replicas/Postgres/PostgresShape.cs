using Dapper;
using Npgsql;
using Orgtap.Records;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>A column as it is stored, under the name it has in PostgreSQL, in one of the table's parts.</summary>
internal sealed record StoredColumn(Column Column, string Name, int Part)
{
    /// <summary>Whether it is in the selection: loads keep it up to date, or are about to.</summary>
    public bool IsSelected { get; init; } = true;
}

/// <summary>Makes a table fit a schema: creates it, adds columns and parts, widens types, never drops a value. Runs inside the caller's transaction.</summary>
internal static class PostgresShape
{
    /// <param name="mostColumns">Of a part; <see cref="TableParts.MostColumns"/> but in tests.</param>
    public static async Task FitAsync(NpgsqlConnection db, long tableId, string tableName, ObjectSchema schema, int mostColumns)
    {
        var stored = await StoredColumnsAsync(db, tableId);
        var added = TableParts.Place(stored.Values, schema.Columns.Where(column => !stored.ContainsKey(column.Name)), mostColumns);
        var wider = schema.Columns.Where(column => stored.ContainsKey(column.Name)).Select(column => stored[column.Name] with { Column = ColumnJoin.Of(stored[column.Name].Column, column) }).ToList();
        await ChangeAsync(db, tableId, tableName, stored, added, [.. wider.Where(now => !PostgresTypes.IsStoredAlike(stored[now.Column.Name].Column.Type, now.Column.Type))]);

        List<StoredColumn> kept = [.. wider, .. added];
        // Mostly nothing is new, and nothing is written then: a row of each column at every sync would make up most of what an unchanged table costs.
        if (added.Count == 0 && wider.TrueForAll(now => IsNotedAlike(stored[now.Column.Name], now)) && stored.Values.Count(column => column.IsSelected) == wider.Count) return;
        await db.ExecuteAsync("""
            UPDATE _orgtap_columns SET updated = 0 WHERE table_id = @tableId AND updated <> 0 AND NOT (name_key = ANY(@keys));
            INSERT INTO _orgtap_columns (table_id, name, name_key, column_name, part, type, digits, scale, updated)
            SELECT @tableId, c.name, c.key, c.column_name, c.part, c.type, c.digits, c.scale, 2
            FROM unnest(@names, @keys, @columns, @parts, @types, @digits, @scales) AS c (name, key, column_name, part, type, digits, scale)
            ON CONFLICT (table_id, name_key) DO UPDATE SET type = excluded.type, digits = excluded.digits, scale = excluded.scale,
              updated = CASE _orgtap_columns.updated WHEN 1 THEN 1 ELSE 2 END
            """, new
        {
            tableId,
            names = kept.Select(one => one.Column.Name).ToArray(),
            keys = kept.Select(one => Key(one.Column.Name)).ToArray(),
            columns = kept.Select(one => one.Name).ToArray(),
            parts = kept.Select(one => (long)one.Part).ToArray(),
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
        (await db.QueryAsync<(string Name, string ColumnName, long Part, string Type, long Digits, long Scale, bool IsSelected)>(
            "SELECT name, column_name, part, type, digits, scale, updated <> 0 FROM _orgtap_columns WHERE table_id = @tableId", new { tableId }))
        .ToDictionary(row => row.Name, row => new StoredColumn(new Column(row.Name, Enum.Parse<ColumnType>(row.Type), (int)row.Digits, (int)row.Scale), row.ColumnName, (int)row.Part) { IsSelected = row.IsSelected }, StringComparer.OrdinalIgnoreCase);

    private static bool IsNotedAlike(StoredColumn stored, StoredColumn now) =>
        stored.IsSelected && (stored.Column.Type, stored.Column.Precision, stored.Column.Scale) == (now.Column.Type, now.Column.Precision, now.Column.Scale);

    private static async Task ChangeAsync(
        NpgsqlConnection db, long tableId, string tableName, Dictionary<string, StoredColumn> stored, IReadOnlyList<StoredColumn> added, IReadOnlyList<StoredColumn> widened)
    {
        var before = stored.Count == 0 ? 0 : TableParts.CountOf(stored.Values);
        var now = Math.Max(Math.Max(before, 1), TableParts.CountOf(added));
        var (id, isSplit) = (Quote(Of("Id")), before == 1 && now > 1);
        string NameOf(int part) => Quote(TableParts.NameOf(tableName, tableId, now, part));

        // A view's columns cannot change their types under it, and what was a table becomes a view of its name: whoever may read one may read the other.
        var isHidden = isSplit || (before > 1 && widened.Count > 0);
        var readers = isHidden ? await TableParts.ReadersAsync(db, tableName) : [];
        if (isSplit) await db.ExecuteAsync($"ALTER TABLE {Quote(tableName)} RENAME TO {NameOf(0)}");
        else if (isHidden) await db.ExecuteAsync($"DROP VIEW {Quote(tableName)}");

        foreach (var column in widened)
            await db.ExecuteAsync($"ALTER TABLE {NameOf(column.Part)} ALTER COLUMN {Quote(column.Name)} TYPE {PostgresTypes.Declaration(column.Column.Type)} USING {PostgresTypes.Widening(column.Name, stored[column.Column.Name].Column.Type, column.Column.Type)}");
        foreach (var part in added.Where(column => column.Part < before).GroupBy(column => column.Part))
            await db.ExecuteAsync($"ALTER TABLE {NameOf(part.Key)} {string.Join(", ", part.Select(column => $"ADD COLUMN {Declared(column)}"))}");
        for (var part = before; part < now; part++)
        {
            await db.ExecuteAsync($"CREATE TABLE {NameOf(part)} ({string.Join(", ", added.Where(column => column.Part == part && column.Column.Name != "Id").Select(Declared).Prepend($"{id} {PostgresTypes.Declaration(ColumnType.Id)} PRIMARY KEY"))})");
            // Every part has every row.
            if (before > 0) await db.ExecuteAsync($"INSERT INTO {NameOf(part)} ({id}) SELECT {id} FROM {NameOf(0)}");
        }

        if (now == 1 || (added.Count == 0 && !isHidden)) return;
        await TableParts.ShowAsync(db, tableName, tableId, [.. stored.Values, .. added]);
        foreach (var grant in readers) await db.ExecuteAsync(grant);
    }

    private static string Declared(StoredColumn column) => $"{Quote(column.Name)} {PostgresTypes.Declaration(column.Column.Type)}";
}
