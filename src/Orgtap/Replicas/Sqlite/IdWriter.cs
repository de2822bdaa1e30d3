using Orgtap.Records;
using SQLitePCL;
using static Orgtap.Replicas.Sqlite.SqliteNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Sqlite;

/// <summary>Takes Ids alone: as seen by a comparison, or as deleted in the org unless the row was changed since.</summary>
internal sealed class IdWriter : IRowWriter
{
    private readonly SqliteFile _file;
    private readonly SqliteStatement _statement;
    private readonly SqliteStatement? _noteOther;
    private readonly Storage[] _storages = [];

    public IdWriter(SqliteFile file, OpenTable table, long tableId, LoadMode mode, IReadOnlyList<string>? part)
    {
        (_file, Table, Mode, Part) = (file, table, mode, part);
        var quoted = Quote(TableOf(table.Schema.SObject));
        Removes = mode == LoadMode.Deletes && table.Schema.IsDeletedIndex < 0;
        // Undeleting a record sets a new stamp, so a row with a newer one than the deletion is alive.
        var notSince = part is [var stamp] ? $" AND ({Quote(stamp)} IS NULL OR {Quote(stamp)} <= ?2)" : "";
        _statement = file.Prepare(mode == LoadMode.Reconcile ? $"INSERT OR IGNORE INTO _orgtap_seen (table_id, id) VALUES ({tableId}, ?1)"
            : Removes ? $"DELETE FROM {quoted} WHERE \"Id\" = ?1{notSince}"
            : $"UPDATE {quoted} SET \"IsDeleted\" = 1 WHERE \"Id\" = ?1 AND \"IsDeleted\" IS NOT 1{notSince}");
        if (mode != LoadMode.Reconcile || part is not { Count: > 0 }) return;
        // A row that came back without a new stamp, e.g. because sharing shows it again; or one whose last change was missed.
        var stored = TableShape.StoredColumns(file, tableId);
        _storages = [.. part.Select(name => TableShape.StorageOf(stored[name]))];
        _noteOther = file.Prepare($"INSERT OR IGNORE INTO _orgtap_missing (table_id, id) SELECT {tableId}, ?1 FROM {quoted} WHERE \"Id\" = ?1 AND ({string.Join(" OR ", part.Select((name, i) => $"{Quote(name)} IS NOT ?{i + 2}"))})");
    }

    public OpenTable Table { get; }

    public LoadMode Mode { get; }

    public IReadOnlyList<string>? Part { get; }

    /// <summary>The table has no mark for deleted rows, so they are removed.</summary>
    public bool Removes { get; }

    public RowCounts Write(RowBatch batch, bool seeing)
    {
        long deleted = 0;
        for (var row = 0; row < batch.RowCount; row++)
        {
            Check(raw.sqlite3_bind_text(_statement.Handle, 1, batch.Cell(row, 0)));
            if (Mode == LoadMode.Deletes && Part is not null) Check(raw.sqlite3_bind_text(_statement.Handle, 2, batch.Cell(row, 1)));
            while (_statement.Step())
            {
            }
            if (Mode == LoadMode.Deletes && raw.sqlite3_changes(_file.Handle) > 0) deleted++;
            Check(raw.sqlite3_reset(_statement.Handle));
            if (_noteOther is not null && batch.ColumnCount == _storages.Length + 1) NoteOther(batch, row);
        }
        return new RowCounts(0, 0, deleted, batch.RowCount - deleted, deleted, 0);
    }

    public void Dispose()
    {
        _statement.Dispose();
        _noteOther?.Dispose();
    }

    private void NoteOther(RowBatch batch, int row)
    {
        Check(raw.sqlite3_bind_text(_noteOther!.Handle, 1, batch.Cell(row, 0)));
        for (var column = 1; column <= _storages.Length; column++)
        {
            if (batch.IsNull(row, column)) Check(raw.sqlite3_bind_null(_noteOther.Handle, column + 1));
            else if (_storages[column - 1] == Storage.Boolean) Check(raw.sqlite3_bind_int64(_noteOther.Handle, column + 1, batch.Cell(row, column) is [(byte)'t', ..] ? 1 : 0));
            else Check(raw.sqlite3_bind_text(_noteOther.Handle, column + 1, batch.Cell(row, column)));
        }
        while (_noteOther.Step())
        {
        }
        Check(raw.sqlite3_reset(_noteOther.Handle));
    }

    private void Check(int resultCode)
    {
        if (resultCode != raw.SQLITE_OK) throw _file.Failure(resultCode);
    }
}
