using Orgtap.Records;
using SQLitePCL;
using static Orgtap.Replicas.Sqlite.SqliteNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Sqlite;

/// <summary>
/// Makes a table fit a schema: creates it, adds columns, widens types, never drops a value. What a column once held may be wider than what the
/// org says today, so the stored type can differ from the schema's.
/// </summary>
internal static class TableShape
{
    private const string WidenFunction = "orgtap_widen";

    /// <summary>To be called once per connection that makes tables fit.</summary>
    public static void Register(SqliteFile file) => raw.sqlite3_create_function(file.Handle, WidenFunction, 3, null, Widen);

    /// <summary>Runs inside the caller's transaction.</summary>
    public static void Fit(SqliteFile file, long tableId, ObjectSchema schema)
    {
        var stored = StoredColumns(file, tableId);
        if (stored.Count == 0)
        {
            var columns = schema.Columns.Select(column => $"{Quote(column.Name)} {Declaration(column)}{(column.Name == "Id" ? " PRIMARY KEY NOT NULL" : "")}");
            file.Execute($"CREATE TABLE {Quote(TableOf(schema.SObject))} ({string.Join(", ", columns)})");
        }
        // A column that is new in a table with rows, or was not kept up to date, is complete once a load has filled it.
        file.Run("UPDATE _orgtap_columns SET updated = -updated WHERE table_id = ?1", tableId);
        foreach (var column in schema.Columns)
        {
            var fitting = column;
            if (stored.TryGetValue(column.Name, out var before))
            {
                fitting = ColumnJoin.Of(before, column);
                if (StorageOf(before) != StorageOf(fitting)) ChangeStorage(file, TableOf(schema.SObject), before, StorageOf(fitting));
            }
            else if (stored.Count > 0)
            {
                file.Execute($"ALTER TABLE {Quote(TableOf(schema.SObject))} ADD COLUMN {Quote(column.Name)} {Declaration(column)}");
            }
            file.Run("""
                INSERT INTO _orgtap_columns (table_id, name, type, digits, scale, updated) VALUES (?1, ?2, ?3, ?4, ?5, 2)
                ON CONFLICT (table_id, name) DO UPDATE SET type = excluded.type, digits = excluded.digits, scale = excluded.scale,
                    updated = CASE updated WHEN -1 THEN 1 ELSE 2 END
                """, tableId, fitting.Name, fitting.Type.ToString(), fitting.Precision, fitting.Scale);
        }
        file.Run("UPDATE _orgtap_columns SET updated = 0 WHERE table_id = ?1 AND updated < 0", tableId);
    }

    /// <summary>A load has ended that leaves these columns complete.</summary>
    public static void Complete(SqliteFile file, long tableId, IReadOnlyList<string> fields)
    {
        foreach (var field in fields) file.Run("UPDATE _orgtap_columns SET updated = 1 WHERE table_id = ?1 AND name = ?2 AND updated = 2", tableId, field);
    }

    /// <summary>The columns as they are stored, by name, those no longer selected included.</summary>
    public static Dictionary<string, Column> StoredColumns(SqliteFile file, long tableId)
    {
        var columns = new Dictionary<string, Column>(StringComparer.OrdinalIgnoreCase);
        using var statement = file.Prepare("SELECT name, type, digits, scale FROM _orgtap_columns WHERE table_id = ?1");
        statement.BindAll([tableId]);
        while (statement.Step())
        {
            var column = new Column(statement.Text(0)!, Enum.Parse<ColumnType>(statement.Text(1)!), (int)statement.Long(2), (int)statement.Long(3));
            columns.Add(column.Name, column);
        }
        return columns;
    }

    public static Storage StorageOf(Column column) => StoredForm.Of(column.Type, column.Precision);

    private static string Declaration(Column column) => StoredForm.Declaration(StorageOf(column));

    private static void ChangeStorage(SqliteFile file, string table, Column before, Storage storage)
    {
        const string Temporary = "_orgtap_widened";
        var (quotedTable, quotedName) = (Quote(table), Quote(before.Name));
        file.Execute($"ALTER TABLE {quotedTable} ADD COLUMN {Temporary} {StoredForm.Declaration(storage)}");
        file.Run($"UPDATE {quotedTable} SET {Temporary} = {WidenFunction}({quotedName}, ?1, ?2) WHERE {quotedName} IS NOT NULL", (int)before.Type, (int)storage);
        file.Execute($"ALTER TABLE {quotedTable} DROP COLUMN {quotedName}");
        file.Execute($"ALTER TABLE {quotedTable} RENAME COLUMN {Temporary} TO {quotedName}");
    }

    private static void Widen(sqlite3_context context, object user, sqlite3_value[] arguments)
    {
        object? value = raw.sqlite3_value_type(arguments[0]) switch
        {
            raw.SQLITE_INTEGER => raw.sqlite3_value_int64(arguments[0]),
            raw.SQLITE_FLOAT => raw.sqlite3_value_double(arguments[0]),
            _ => raw.sqlite3_value_blob(arguments[0]).ToArray(),
        };
        var text = StoredForm.ToCanonical(value, (ColumnType)raw.sqlite3_value_int(arguments[1]))!;
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        if ((Storage)raw.sqlite3_value_int(arguments[2]) != Storage.Real) raw.sqlite3_result_text(context, text);
        else if (StoredForm.TryExactDouble(bytes, out var exact)) raw.sqlite3_result_double(context, exact);
        else raw.sqlite3_result_blob(context, bytes);
    }
}
