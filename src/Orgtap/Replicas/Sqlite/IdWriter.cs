using Orgtap.Records;
using SQLitePCL;
using static Orgtap.Replicas.Sqlite.SqliteNames;

namespace Orgtap.Replicas.Sqlite;

/// <summary>Takes Ids alone: as seen by a comparison, or as deleted in the org unless the row was changed since.</summary>
internal sealed class IdWriter : IRowWriter
{
    private readonly SqliteFile _file;
    private readonly SqliteStatement _statement;
    private readonly SqliteStatement? _noteOther;

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
        // A row that came back without a new stamp, e.g. because sharing shows it again.
        if (mode == LoadMode.Reconcile && table.Schema.IsDeletedIndex >= 0)
            _noteOther = file.Prepare($"INSERT OR IGNORE INTO _orgtap_missing (table_id, id) SELECT {tableId}, ?1 FROM {quoted} WHERE \"Id\" = ?1 AND \"IsDeleted\" IS NOT ?2");
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
            if (_noteOther is not null && batch.ColumnCount == 2) NoteOther(batch, row);
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
        Check(raw.sqlite3_bind_int64(_noteOther.Handle, 2, batch.Cell(row, 1) is [(byte)'t', ..] ? 1 : 0));
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
