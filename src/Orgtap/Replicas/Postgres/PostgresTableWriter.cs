using Dapper;
using Npgsql;
using Orgtap.Primitives;
using Orgtap.Records;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>
/// Writes pages of one kind of load into one table over one connection, inside the caller's transaction: straight into the table while a first load fills it, else through
/// a temporary staging table, which the end of the transaction empties, and one merge.
/// </summary>
internal sealed class PostgresTableWriter : IAsyncDisposable
{
    private readonly MergeSql _sql;
    private readonly CopyRows _rows;
    private readonly RepeatedIds _repeated = new();
    private readonly Checkpoint _covers;
    private readonly int _columnCount;
    private readonly int _deletedColumn;
    private bool _staged;
    private bool _mayFill = true;

    private PostgresTableWriter(NpgsqlConnection db, OpenTable table, long tableId, string tableName, Checkpoint covers, IReadOnlyList<StoredColumn> columns)
    {
        (Db, Table, TableId, TableName, _covers, _columnCount) = (db, table, tableId, tableName, covers, columns.Count);
        _deletedColumn = MergeSql.DeletedColumn(columns);
        _sql = MergeSql.Of(covers.Mode, tableName, tableId, columns, table.Schema);
        _rows = new CopyRows([.. columns.Select(column => column.Column.Type)]);
    }

    public NpgsqlConnection Db { get; }

    public OpenTable Table { get; }

    public long TableId { get; }

    public string TableName { get; }

    /// <summary>NUL bytes that the last page's texts lost.</summary>
    public long NulsLeftOut => _rows.NulsLeftOut;

    /// <param name="covers">Of the load: it says which columns its rows have.</param>
    public static async Task<PostgresTableWriter> OpenAsync(NpgsqlConnection db, OpenTable table, long tableId, string tableName, Checkpoint covers)
    {
        var stored = await PostgresShape.StoredColumnsAsync(db, tableId);
        // Whole rows have the columns of the load's fields: a selection may have grown since it began.
        var rows = covers.Mode.IsMain() || covers.Mode == LoadMode.Mend ? table.Schema.Part(covers.Fields) : table.Schema.Part(covers.Part ?? []);
        return new PostgresTableWriter(db, table, tableId, tableName, covers, [.. rows.Columns.Select(column => stored[column.Name])]);
    }

    public bool Serves(OpenTable table, Checkpoint covers) => Table.Fence == table.Fence && ReferenceEquals(Table.Schema, table.Schema) && _covers.Mode == covers.Mode
        && _covers.Fields.SequenceEqual(covers.Fields) && (_covers.Part ?? []).SequenceEqual(covers.Part ?? []);

    /// <param name="filling">A first load is under way, so that rows are likely to be new.</param>
    public async Task<RowCounts> WriteAsync(NpgsqlTransaction transaction, Page page, bool filling)
    {
        if (page.Batches.Any(batch => batch.ColumnCount != _columnCount)) throw new ArgumentException($"The rows do not have the columns of this load of {Table.Schema.SObject}.", nameof(page));
        if (page.RowCount == 0) return default;
        return (filling && _mayFill && _sql.FillCopy is { } copy ? await FillAsync(transaction, page, copy) : null) ?? await MergeAsync(transaction, page);
    }

    /// <summary>Notes the Ids of the page, which must have gone through the staging table, as seen by a snapshot.</summary>
    public Task SeeAsync(NpgsqlTransaction transaction) =>
        Db.ExecuteAsync($"INSERT INTO _orgtap_seen (table_id, id) SELECT @TableId, {Quote(Of("Id"))} FROM {MergeSql.Stage} ON CONFLICT DO NOTHING", new { TableId }, transaction);

    public ValueTask DisposeAsync() => Db.DisposeAsync();

    /// <returns>Null: some rows are there already, and nothing was written.</returns>
    private async Task<RowCounts?> FillAsync(NpgsqlTransaction transaction, Page page, string copy)
    {
        await transaction.SaveAsync("fill");
        try
        {
            var before = await InsertedSoFarAsync(transaction);
            await CopyAsync(copy, page.Batches, null);
            var inserted = await InsertedSoFarAsync(transaction) - before;
            await transaction.ReleaseAsync("fill");
            if (inserted != page.RowCount) throw Uncounted(page.RowCount, inserted);
            return new RowCounts(inserted, DeletedIn(page), 0, 0, 0, 0);
        }
        catch (PostgresException repeated) when (repeated.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // A slice that is read again, or a page with an Id twice: from here on the merge is the faster way.
            _mayFill = false;
            await transaction.RollbackAsync("fill");
            return null;
        }
    }

    private async Task<RowCounts> MergeAsync(NpgsqlTransaction transaction, Page page)
    {
        if (!_staged) await Db.ExecuteAsync(_sql.CreateStage, transaction: transaction);
        _staged = true;
        var (turns, count) = _repeated.Find(page.Batches);
        await CopyAsync(_sql.StageCopy, page.Batches, turns);
        var counts = default(RowCounts);
        for (var turn = 0; turn < count; turn++)
        {
            var merged = await Db.QuerySingleAsync<Merged>(_sql.Merge, new { turn }, transaction);
            if (merged.Differing != merged.Changed) throw Uncounted(merged.Differing, merged.Changed);
            counts = counts.Add(new RowCounts(merged.Added, merged.AddedDeleted, merged.Changed, merged.Met - merged.Changed, merged.TurnedDeleted, merged.TurnedLive, merged.Absent));
        }
        var written = counts.Inserted + counts.Updated + counts.Unchanged + counts.Absent;
        return written == page.RowCount ? counts : throw Uncounted(page.RowCount, written);
    }

    private async Task CopyAsync(string sql, IReadOnlyList<RowBatch> batches, IReadOnlyList<int[]?>? turns)
    {
        var copy = await Db.BeginRawBinaryCopyAsync(sql, CancellationToken.None);
        try
        {
            await _rows.WriteAsync(copy, batches, turns, CancellationToken.None);
        }
        catch
        {
            // Merely disposing it would have the server keep what was sent so far.
            try
            {
                await copy.CancelAsync();
            }
            catch (Exception gone) when (gone is NpgsqlException or ObjectDisposedException or IOException)
            {
                // The first failure is the one that says what happened.
            }
            throw;
        }
        await copy.DisposeAsync();
    }

    /// <summary>COPY tells the driver's raw stream no count, but the server counts for its statistics.</summary>
    private Task<long> InsertedSoFarAsync(NpgsqlTransaction transaction) =>
        Db.ExecuteScalarAsync<long>("SELECT pg_stat_get_xact_tuples_inserted(to_regclass(@name))", new { name = Quote(TableName) }, transaction);

    private long DeletedIn(Page page)
    {
        if (_deletedColumn < 0) return 0;
        long deleted = 0;
        foreach (var batch in page.Batches)
            for (var row = 0; row < batch.RowCount; row++)
                if (!batch.IsNull(row, _deletedColumn) && batch.Cell(row, _deletedColumn)[0] == 't') deleted++;
        return deleted;
    }

    private OrgtapException Uncounted(long expected, long counted) => new(FailureKind.Defect, $"{Table.Schema.SObject}: the database counted other rows than were sent; nothing was written.",
        "Check that the server's setting track_counts is on and that no trigger on the table drops rows; else report this with the details.", $"expected {expected}, counted {counted}");

    /// <summary>What a merge says of itself.</summary>
    private sealed record Merged(long Met, long Differing, long Changed, long TurnedDeleted, long TurnedLive, long Added, long AddedDeleted, long Absent);
}
