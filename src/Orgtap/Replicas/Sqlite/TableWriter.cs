using System.Buffers.Text;
using System.Text;
using Orgtap.Records;
using SQLitePCL;
using static Orgtap.Replicas.Sqlite.SqliteNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Sqlite;

/// <summary>Upserts rows into one table through one kept statement that leaves rows alone when nothing differs, and counts what it did.</summary>
internal sealed unsafe class TableWriter : IRowWriter
{
    private readonly SqliteFile _file;
    private readonly SqliteNative _native;
    private readonly DeletionTurns _turns;
    private readonly Storage[] _storages;
    private readonly bool[] _boundNull;
    private readonly SqliteStatement _upsert;
    private readonly SqliteStatement _see;
    private readonly int _deletedColumn;

    /// <param name="covers">Of the load: its fields are the columns of its rows.</param>
    public TableWriter(SqliteFile file, SqliteNative native, DeletionTurns turns, OpenTable table, long tableId, Checkpoint covers)
    {
        (_file, _native, _turns, Table, TableId, Mode, Part) = (file, native, turns, table, tableId, covers.Mode, covers.Part);
        var schema = table.Schema.Part(covers.Fields);
        var stored = TableShape.StoredColumns(file, tableId);
        _storages = [.. schema.Columns.Select(column => TableShape.StorageOf(stored[column.Name]))];
        _boundNull = new bool[_storages.Length];
        _deletedColumn = schema.IsDeletedIndex;
        if (_deletedColumn >= 0 && _storages[_deletedColumn] != Storage.Boolean) _deletedColumn = -1;
        _upsert = file.Prepare(UpsertSql(schema, _deletedColumn));
        _see = file.Prepare($"INSERT OR IGNORE INTO _orgtap_seen (table_id, id) VALUES ({tableId}, ?1)");
    }

    public OpenTable Table { get; }

    public long TableId { get; }

    public LoadMode Mode { get; }

    public IReadOnlyList<string>? Part { get; }

    /// <summary>Writes the rows inside the caller's transaction.</summary>
    /// <param name="seeing">Also notes the Ids as seen by a snapshot.</param>
    public RowCounts Write(RowBatch batch, bool seeing)
    {
        if (batch.ColumnCount != _storages.Length) throw new ArgumentException($"The rows do not have {Table.Schema.SObject}'s columns.", nameof(batch));
        _turns.Clear();
        try
        {
            var (inserted, insertedDeleted, updated) = Upsert(batch);
            if (seeing) See(batch);
            return new RowCounts(inserted, insertedDeleted, updated, batch.RowCount - inserted - updated, _turns.Deleted, _turns.Restored);
        }
        finally
        {
            // The bindings point into the batch's memory, which goes back to its pool.
            Unbind(_upsert);
            Unbind(_see);
            Array.Clear(_boundNull);
        }
    }

    public void Dispose()
    {
        _upsert.Dispose();
        _see.Dispose();
    }

    private (long Inserted, long InsertedDeleted, long Updated) Upsert(RowBatch batch)
    {
        var (database, statement) = (_file.Handle.DangerousGetHandle(), _upsert.Handle.DangerousGetHandle());
        long inserted = 0, insertedDeleted = 0, updated = 0;
        var bytes = batch.Address();
        // No row has rowid 0, so that each insert is seen as a new last rowid.
        _native.SetLastInsertRowId(database, 0);
        long lastRow = 0;
        fixed (int* ends = batch.Ends)
        fixed (Storage* storages = _storages)
        {
            var end = ends;
            var start = 0;
            for (var row = 0; row < batch.RowCount; row++)
            {
                var deleted = false;
                for (var column = 0; column < _storages.Length; column++)
                {
                    var to = *++end;
                    if (to < 0)
                    {
                        start = ~to;
                        if (_boundNull[column]) continue;
                        _boundNull[column] = true;
                        Check(_native.BindNull(statement, column + 1));
                        continue;
                    }
                    _boundNull[column] = false;
                    Check(storages[column] == Storage.Text
                        ? _native.BindText(statement, column + 1, bytes + start, to - start, SqliteNative.Static)
                        : BindNumber(statement, column, storages[column], bytes + start, to - start));
                    if (column == _deletedColumn) deleted = bytes[start] == 't';
                    start = to;
                }
                var rc = _native.Step(statement);
                if (rc != raw.SQLITE_DONE) throw _file.Failure(rc);
                Check(_native.Reset(statement));
                if (_native.Changes(database) == 0) continue;
                var lastNow = _native.LastInsertRowId(database);
                if (lastNow == lastRow)
                {
                    updated++;
                    continue;
                }
                lastRow = lastNow;
                inserted++;
                if (deleted) insertedDeleted++;
            }
        }
        return (inserted, insertedDeleted, updated);
    }

    private int BindNumber(nint statement, int column, Storage storage, byte* at, int length)
    {
        var cell = new ReadOnlySpan<byte>(at, length);
        switch (storage)
        {
            case Storage.Boolean: return _native.BindLong(statement, column + 1, *at == 't' ? 1 : 0);
            case Storage.Integer when Utf8Parser.TryParse(cell, out long whole, out _): return _native.BindLong(statement, column + 1, whole);
            case Storage.Real when StoredForm.TryExactDouble(cell, out var exact): return _native.BindDouble(statement, column + 1, exact);
            // More digits than a double keeps: a blob is the one form that the column's affinity leaves alone.
            default: return _native.BindBlob(statement, column + 1, at, length, SqliteNative.Static);
        }
    }

    private void See(RowBatch batch)
    {
        var statement = _see.Handle.DangerousGetHandle();
        var bytes = batch.Address();
        for (var row = 0; row < batch.RowCount; row++)
        {
            var id = batch.Cell(row, 0);
            fixed (byte* at = id) Check(_native.BindText(statement, 1, at, id.Length, SqliteNative.Static));
            var rc = _native.Step(statement);
            if (rc != raw.SQLITE_DONE) throw _file.Failure(rc);
            Check(_native.Reset(statement));
        }
    }

    private void Check(int resultCode)
    {
        if (resultCode != raw.SQLITE_OK) throw _file.Failure(resultCode);
    }

    private static void Unbind(SqliteStatement statement)
    {
        _ = raw.sqlite3_reset(statement.Handle);
        _ = raw.sqlite3_clear_bindings(statement.Handle);
    }

    private static string UpsertSql(ObjectSchema schema, int deletedColumn)
    {
        var table = Quote(TableOf(schema.SObject));
        var names = schema.Columns.Select(column => Quote(column.Name)).ToArray();
        var sql = new StringBuilder($"INSERT INTO {table} (").AppendJoin(", ", names).Append(") VALUES (")
            .AppendJoin(", ", names.Select((_, i) => $"?{i + 1}")).Append(") ON CONFLICT(\"Id\") DO ");
        if (names.Length == 1) return sql.Append("NOTHING").ToString();
        sql.Append("UPDATE SET ").AppendJoin(", ", names.Skip(1).Select((name, i) => i + 1 == deletedColumn
            ? $"{name} = CASE WHEN {table}.{name} IS excluded.{name} THEN excluded.{name} ELSE {DeletionTurns.Function}(excluded.{name}, {table}.{name}) END"
            : $"{name} = excluded.{name}"));
        sql.Append(" WHERE ");
        AppendDiffers(sql, table, names.AsSpan(1));
        return sql.ToString();
    }

    /// <summary>A balanced tree: SQLite allows expressions a depth of 1,000, an object may have 800 fields.</summary>
    private static void AppendDiffers(StringBuilder sql, string table, ReadOnlySpan<string> names)
    {
        if (names.Length == 1)
        {
            sql.Append(table).Append('.').Append(names[0]).Append(" IS NOT excluded.").Append(names[0]);
            return;
        }
        sql.Append('(');
        AppendDiffers(sql, table, names[..(names.Length / 2)]);
        sql.Append(" OR ");
        AppendDiffers(sql, table, names[(names.Length / 2)..]);
        sql.Append(')');
    }
}

/// <summary>Writes the rows of one kind of load into one table, inside the caller's transaction.</summary>
internal interface IRowWriter : IDisposable
{
    OpenTable Table { get; }

    LoadMode Mode { get; }

    IReadOnlyList<string>? Part { get; }

    /// <param name="seeing">Also notes the Ids as met by the load.</param>
    RowCounts Write(RowBatch batch, bool seeing);
}
