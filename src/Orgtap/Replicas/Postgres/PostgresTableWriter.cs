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
    private readonly CopyRows[] _rows;
    private readonly RepeatedIds _repeated = new();
    private readonly Checkpoint _covers;
    private readonly int _columnCount;
    private readonly int _deletedColumn;
    private bool _staged;
    private bool _mayFill = true;

    private PostgresTableWriter(NpgsqlConnection db, OpenTable table, long tableId, string tableName, Checkpoint covers, IReadOnlyCollection<StoredColumn> stored, IReadOnlyList<StoredColumn> columns)
    {
        (Db, Table, TableId, _covers, _columnCount) = (db, table, tableId, covers, columns.Count);
        _deletedColumn = MergeSql.DeletedColumn(columns);
        var (count, parts) = (TableParts.CountOf(stored), TableParts.Of(tableName, tableId, stored, columns));
        Tables = [.. Enumerable.Range(0, count).Select(part => TableParts.NameOf(tableName, tableId, count, part))];
        _sql = MergeSql.Of(covers.Mode, tableId, parts, [.. Tables.Skip(1)], table.Schema);
        var places = columns.Select((column, i) => (column.Name, i)).ToDictionary(place => place.Name, place => place.i, StringComparer.Ordinal);
        _rows = [.. parts.Select(part => new CopyRows([.. part.Columns.Select(column => places[column.Name])], [.. part.Columns.Select(column => column.Column.Type)], columns.Count))];
    }

    public NpgsqlConnection Db { get; }

    public OpenTable Table { get; }

    public long TableId { get; }

    /// <summary>The tables of its parts; the first says which rows there are, and has their marks for deleted ones.</summary>
    public IReadOnlyList<string> Tables { get; }

    /// <summary>NUL bytes that the last page's texts lost.</summary>
    public long NulsLeftOut => _rows.Sum(rows => rows.NulsLeftOut);

    /// <param name="covers">Of the load: it says which columns its rows have.</param>
    public static async Task<PostgresTableWriter> OpenAsync(NpgsqlConnection db, OpenTable table, long tableId, string tableName, Checkpoint covers)
    {
        var stored = await PostgresShape.StoredColumnsAsync(db, tableId);
        // Whole rows have the columns of the load's fields: a selection may have grown since it began.
        var rows = covers.Mode.IsMain() || covers.Mode == LoadMode.Mend ? table.Schema.Part(covers.Fields) : table.Schema.Part(covers.Part ?? []);
        return new PostgresTableWriter(db, table, tableId, tableName, covers, stored.Values, [.. rows.Columns.Select(column => stored[column.Name])]);
    }

    /// <summary>Rows of a first load go straight into the table, and none of them was there so far.</summary>
    public bool Fills => _mayFill && _sql.Fills;

    public bool Serves(OpenTable table, Checkpoint covers) => Table.Fence == table.Fence && ReferenceEquals(Table.Schema, table.Schema) && _covers.Mode == covers.Mode
        && _covers.Fields.SequenceEqual(covers.Fields) && (_covers.Part ?? []).SequenceEqual(covers.Part ?? []);

    /// <param name="filling">A first load is under way, so that rows are likely to be new.</param>
    public async Task<RowCounts> WriteAsync(NpgsqlTransaction transaction, Page page, bool filling)
    {
        if (page.Batches.Any(batch => batch.ColumnCount != _columnCount)) throw new ArgumentException($"The rows do not have the columns of this load of {Table.Schema.SObject}.", nameof(page));
        if (page.RowCount == 0) return default;
        return (filling && Fills ? await FillAsync(transaction, page) : null) ?? await MergeAsync(transaction, page);
    }

    /// <summary>Notes the Ids of the page, which must have gone through the staging table, as seen by a snapshot.</summary>
    public Task SeeAsync(NpgsqlTransaction transaction) =>
        Db.ExecuteAsync($"INSERT INTO _orgtap_seen (table_id, id) SELECT @TableId, {Quote(Of("Id"))} FROM {MergeSql.Stage} ON CONFLICT DO NOTHING", new { TableId }, transaction);

    public ValueTask DisposeAsync() => Db.DisposeAsync();

    /// <summary>Sends new rows straight into the table, in the transaction that the session is in.</summary>
    /// <exception cref="PostgresException">One of them is there already (unique violation); the transaction can only be rolled back.</exception>
    public async Task<RowCounts> SendAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
    {
        var rows = 0;
        foreach (var batch in batches) rows += batch.RowCount;
        for (var i = 0; i < _sql.Parts.Count; i++)
        {
            var (part, copy) = (_sql.Parts[i].Part, _sql.Parts[i].FillCopy!);
            var before = await InsertedSoFarAsync(part.Table);
            await CopyAsync(copy, _rows[i], batches, null, cancellationToken);
            var inserted = await InsertedSoFarAsync(part.Table) - before;
            if (inserted != rows) throw Uncounted(rows, inserted);
        }
        return new RowCounts(rows, DeletedIn(batches), 0, 0, 0, 0);
    }

    /// <returns>Null: some rows are there already, and nothing was written.</returns>
    private async Task<RowCounts?> FillAsync(NpgsqlTransaction transaction, Page page)
    {
        await transaction.SaveAsync("fill");
        try
        {
            var counts = await SendAsync(page.Batches, CancellationToken.None);
            await transaction.ReleaseAsync("fill");
            return counts;
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
        if (!_staged) foreach (var part in _sql.Parts) await Db.ExecuteAsync(part.CreateStage, transaction: transaction);
        _staged = true;
        var (turns, count) = _repeated.Find(page.Batches);
        for (var i = 0; i < _sql.Parts.Count; i++) await CopyAsync(_sql.Parts[i].StageCopy, _rows[i], page.Batches, turns, CancellationToken.None);
        var counts = default(RowCounts);
        for (var turn = 0; turn < count; turn++)
        {
            var merged = await Db.QuerySingleAsync<Merged>(_sql.Merge, new { turn }, transaction);
            if (merged.Differing != merged.Changed) throw Uncounted(merged.Differing, merged.Changed);
            counts = counts.Add(new RowCounts(merged.Added, merged.AddedDeleted, merged.Rows, merged.Met - merged.Rows, merged.TurnedDeleted, merged.TurnedLive, merged.Absent));
        }
        var written = counts.Inserted + counts.Updated + counts.Unchanged + counts.Absent;
        return written == page.RowCount ? counts : throw Uncounted(page.RowCount, written);
    }

    private async Task CopyAsync(string sql, CopyRows rows, IReadOnlyList<RowBatch> batches, IReadOnlyList<int[]?>? turns, CancellationToken cancellationToken)
    {
        var copy = await Db.BeginRawBinaryCopyAsync(sql, cancellationToken);
        try
        {
            await rows.WriteAsync(copy, batches, turns, cancellationToken);
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
    private Task<long> InsertedSoFarAsync(string table) =>
        Db.ExecuteScalarAsync<long>("SELECT pg_stat_get_xact_tuples_inserted(to_regclass(@name))", new { name = Quote(table) });

    private long DeletedIn(IReadOnlyList<RowBatch> batches)
    {
        if (_deletedColumn < 0) return 0;
        long deleted = 0;
        foreach (var batch in batches)
            for (var row = 0; row < batch.RowCount; row++)
                if (!batch.IsNull(row, _deletedColumn) && batch.Cell(row, _deletedColumn)[0] == 't') deleted++;
        return deleted;
    }

    private OrgtapException Uncounted(long expected, long counted) => new(FailureKind.Defect, $"{Table.Schema.SObject}: the database counted other rows than were sent; nothing was written.",
        "Check that the server's setting track_counts is on and that no trigger on the table drops rows; else report this with the details.", $"expected {expected}, counted {counted}");

    /// <summary>What a merge says of itself.</summary>
    /// <param name="Rows">Those in which something differs.</param>
    /// <param name="Differing">How many changes that makes in the tables of all parts.</param>
    private sealed record Merged(long Met, long Rows, long Differing, long Changed, long TurnedDeleted, long TurnedLive, long Added, long AddedDeleted, long Absent);
}
