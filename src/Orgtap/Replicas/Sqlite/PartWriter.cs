using System.Buffers.Text;
using System.Text;
using Orgtap.Records;
using SQLitePCL;
using static Orgtap.Replicas.Sqlite.SqliteNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Sqlite;

/// <summary>Changes some columns of rows that are there, and notes the Ids of those that are not. Leaves a row alone when nothing differs.</summary>
internal sealed class PartWriter : IRowWriter
{
    private readonly SqliteFile _file;
    private readonly Storage[] _storages;
    private readonly SqliteStatement _update;
    private readonly SqliteStatement _find;
    private readonly SqliteStatement _note;
    private readonly SqliteStatement _see;

    public PartWriter(SqliteFile file, OpenTable table, long tableId, LoadMode mode, IReadOnlyList<string> part)
    {
        (_file, Table, Mode, Part) = (file, table, mode, part);
        var stored = TableShape.StoredColumns(file, tableId);
        _storages = [.. part.Select(name => TableShape.StorageOf(stored[name]))];
        var (quoted, sql) = (Quote(TableOf(table.Schema.SObject)), new StringBuilder());
        sql.Append($"UPDATE {quoted} SET ").AppendJoin(", ", part.Select((name, i) => $"{Quote(name)} = ?{i + 2}"))
            .Append(" WHERE \"Id\" = ?1 AND (").AppendJoin(" OR ", part.Select((name, i) => $"{Quote(name)} IS NOT ?{i + 2}")).Append(')');
        _update = file.Prepare(sql.ToString());
        _find = file.Prepare($"SELECT 1 FROM {quoted} WHERE \"Id\" = ?1");
        _see = file.Prepare($"INSERT OR IGNORE INTO _orgtap_seen (table_id, id) VALUES ({tableId}, ?1)");
        _note = file.Prepare($"INSERT OR IGNORE INTO _orgtap_missing (table_id, id) VALUES ({tableId}, ?1)");
    }

    public OpenTable Table { get; }

    public LoadMode Mode { get; }

    public IReadOnlyList<string>? Part { get; }

    public RowCounts Write(RowBatch batch, bool seeing)
    {
        if (batch.ColumnCount != _storages.Length + 1) throw new ArgumentException($"The rows do not have the columns of this load of {Table.Schema.SObject}.", nameof(batch));
        long updated = 0, unchanged = 0, absent = 0;
        for (var row = 0; row < batch.RowCount; row++)
        {
            var id = batch.Cell(row, 0);
            Bind(_update, 1, Storage.Text, id);
            for (var column = 0; column < _storages.Length; column++)
            {
                if (batch.IsNull(row, column + 1)) Check(raw.sqlite3_bind_null(_update.Handle, column + 2));
                else Bind(_update, column + 2, _storages[column], batch.Cell(row, column + 1));
            }
            Run(_update);
            var changed = raw.sqlite3_changes(_file.Handle) > 0;
            if (seeing)
            {
                Bind(_see, 1, Storage.Text, id);
                Run(_see);
            }
            if (changed) updated++;
            else if (IsThere(id)) unchanged++;
            else
            {
                absent++;
                Bind(_note, 1, Storage.Text, id);
                Run(_note);
            }
        }
        return new RowCounts(0, 0, updated, unchanged, 0, 0, absent);
    }

    public void Dispose()
    {
        _update.Dispose();
        _find.Dispose();
        _note.Dispose();
        _see.Dispose();
    }

    private bool IsThere(ReadOnlySpan<byte> id)
    {
        Bind(_find, 1, Storage.Text, id);
        var there = _find.Step();
        Check(raw.sqlite3_reset(_find.Handle));
        return there;
    }

    private void Bind(SqliteStatement statement, int index, Storage storage, ReadOnlySpan<byte> cell) => Check(storage switch
    {
        Storage.Text => raw.sqlite3_bind_text(statement.Handle, index, cell),
        Storage.Boolean => raw.sqlite3_bind_int64(statement.Handle, index, cell[0] == 't' ? 1 : 0),
        Storage.Integer when Utf8Parser.TryParse(cell, out long whole, out _) => raw.sqlite3_bind_int64(statement.Handle, index, whole),
        Storage.Real when StoredForm.TryExactDouble(cell, out var exact) => raw.sqlite3_bind_double(statement.Handle, index, exact),
        _ => raw.sqlite3_bind_blob(statement.Handle, index, cell),
    });

    private void Run(SqliteStatement statement)
    {
        while (statement.Step())
        {
        }
        Check(raw.sqlite3_reset(statement.Handle));
    }

    private void Check(int resultCode)
    {
        if (resultCode != raw.SQLITE_OK) throw _file.Failure(resultCode);
    }
}
