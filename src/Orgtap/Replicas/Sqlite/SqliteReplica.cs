using System.Text.Json;
using Orgtap.Masking;
using Orgtap.Primitives;
using Orgtap.Records;
using static Orgtap.Replicas.Sqlite.SqliteNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Sqlite;

/// <summary>
/// A connection's rows in one SQLite file in WAL mode: any program may read while we write. Commits are queued, one at a time, and run off the caller's
/// thread; one that has begun ends whatever becomes of its caller.
/// </summary>
public sealed class SqliteReplica : IReplica
{
    private readonly SqliteFile _file;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SqliteNative _native = new();
    private readonly DeletionTurns _turns = new();
    private readonly WalCheckpoints _checkpoints;
    private readonly Dictionary<string, IRowWriter> _writers = new(StringComparer.OrdinalIgnoreCase);
    private bool _disposed;

    private SqliteReplica(SqliteFile file, TimeProvider time)
    {
        (_file, _time, _checkpoints) = (file, time, new WalCheckpoints(file.Path));
        _turns.Register(file);
        TableShape.Register(file);
    }

    public string Path => _file.Path;

    /// <summary>Opens the file, made if it is not there.</summary>
    /// <exception cref="OrgtapException">It is no replica, is damaged, or may not be written (InvalidInput); it is locked (Transient).</exception>
    public static Task<SqliteReplica> OpenAsync(string path, TimeProvider time, CancellationToken cancellationToken) => Task.Run(() =>
    {
        var file = SqliteFile.Open(path, readOnly: false);
        try
        {
            ReplicaLayout.Ensure(file);
            return new SqliteReplica(file, time);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }, cancellationToken);

    public Task<OpenTable> OpenAsync(ObjectSchema schema, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        Forget(schema.SObject);
        _file.Run("INSERT INTO _orgtap_tables (sobject, table_name) VALUES (?1, ?2) ON CONFLICT (sobject) DO NOTHING", schema.SObject, TableOf(schema.SObject));
        _file.Run("UPDATE _orgtap_tables SET fence = fence + 1 WHERE sobject = ?1", schema.SObject);
        var state = TableState.Read(_file, schema.SObject)!;
        TableShape.Fit(_file, state.Id, schema);
        if (schema.Masker is not null) StoredTexts.WipeWhatIsReplaced(_file);
        return new OpenTable(schema, state.Fence, ReadCheckpoint(_file, state.CheckpointJson));
    }, cancellationToken);

    public Task<Commit> CommitAsync(OpenTable table, Page page, CancellationToken cancellationToken) => WriteAsync(() =>
    {
        var sobject = table.Schema.SObject;
        var state = TableState.Read(_file, sobject);
        if (state is null || state.Fence != table.Fence) throw new FencedException(sobject);

        var mode = page.Covers.Mode;
        var mended = page.Covers is { Mode: LoadMode.Mend, Position: KeysetPosition { LastId: var last } } ? last : null;
        if (mended is not null || mode.MeetsAll() && !Continues(ReadCheckpoint(_file, state.CheckpointJson), page.Covers)) ForgetSeen(state.Id);
        var counts = default(RowCounts);
        var removed = 0L;
        if (page.Batches.Count > 0)
        {
            var writer = WriterOf(table, state.Id, page.Covers);
            foreach (var batch in page.Batches) counts = counts.Add(writer.Write(batch, seeing: mode is LoadMode.Snapshot or LoadMode.Mend || mode.IsPartial()));
            removed = writer is IdWriter { Removes: true } ? counts.TurnedDeleted : 0;
        }
        var swept = mended is not null ? Mended(table.Schema, state.Id, mended)
            : page.Covers.Finished && (mode is LoadMode.Snapshot or LoadMode.Reconcile) ? Sweep(table.Schema, state.Id, noteMissing: mode == LoadMode.Reconcile) : default;
        if (page.Covers.Finished && mode.IsPartial()) NoteUnmet(table.Schema, state.Id);

        var committed = counts.ToCommitCounts(swept.Marked + swept.Removed) with { Masked = page.Masked };
        var stored = page.Covers with { Tally = page.Covers.Tally.Add(page.Counts, committed) };
        var deleted = counts.InsertedDeleted + counts.TurnedDeleted - counts.TurnedLive + swept.Marked - removed;
        var moved = _file.Run("""
            UPDATE _orgtap_tables SET checkpoint = ?3, live_rows = live_rows + ?4, deleted_rows = deleted_rows + ?5, last_complete = ifnull(?6, last_complete)
            WHERE sobject = ?1 AND fence = ?2
            """, sobject, table.Fence, stored.ToJson(), counts.Inserted - swept.Removed - removed - deleted, deleted,
            IsComplete(stored) ? _time.GetUtcNow().ToUnixTimeMilliseconds() : null);
        if (moved != 1) throw new FencedException(sobject);
        if (stored.Finished && (stored.Mode.IsMain() || stored.Mode == LoadMode.Columns)) TableShape.Complete(_file, state.Id, stored.Fields);
        return new Commit(committed, stored);
    }, cancellationToken, ended: commit =>
    {
        if (commit.Stored.Finished) Forget(table.Schema.SObject);
    });

    public Task<IReadOnlyList<string>> MissingAsync(OpenTable table, string? after, int atMost, CancellationToken cancellationToken) => WriteAsync<IReadOnlyList<string>>(() =>
    {
        var state = TableState.Read(_file, table.Schema.SObject);
        if (state is null || state.Fence != table.Fence) throw new FencedException(table.Schema.SObject);
        using var statement = _file.Prepare("SELECT id FROM _orgtap_missing WHERE table_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        statement.BindAll([state.Id, after ?? "", atMost]);
        var ids = new List<string>();
        while (statement.Step()) ids.Add(statement.Text(0)!);
        return ids;
    }, cancellationToken);

    public async Task<MaskCounts> MaskAsync(MaskingRules rules, CancellationToken cancellationToken)
    {
        var tables = (await TablesAsync(cancellationToken)).Where(table => table.Checkpoint is { } stored && !rules.Are(stored.Masks)).ToDictionary(table => table, _ => MaskCounts.None);
        if (tables.Count == 0) return MaskCounts.None;
        if (rules.Masker is { } masker)
        {
            foreach (var table in tables.Keys)
            {
                // A transaction a piece: a stop takes effect between two, and the next run goes through the table again.
                for (long? after = 0; after is { } from;)
                {
                    (after, var more) = await WriteAsync(() =>
                    {
                        Forget(table.SObject);
                        return StoredTexts.Mask(_file, TableState.Read(_file, table.SObject)!.Id, table.TableName, masker, from);
                    }, cancellationToken);
                    tables[table] = tables[table].Add(more);
                }
            }
            await RunAloneAsync(StoredTexts.Wipe, cancellationToken);
        }
        // Only now, when nothing of the originals is left, is it noted.
        await WriteAsync(() =>
        {
            foreach (var (table, masked) in tables)
            {
                var stored = ReadCheckpoint(_file, TableState.Read(_file, table.SObject)!.CheckpointJson)!.Under(rules).Masking(masked);
                _file.Run("UPDATE _orgtap_tables SET fence = fence + 1, checkpoint = ?2 WHERE sobject = ?1", table.SObject, stored.ToJson());
            }
            return true;
        }, cancellationToken);
        return tables.Values.Aggregate(MaskCounts.None, static (sum, one) => sum.Add(one));
    }

    public Task<IReadOnlyList<ReplicaTable>> TablesAsync(CancellationToken cancellationToken) => Task.Run<IReadOnlyList<ReplicaTable>>(() =>
    {
        using var file = SqliteFile.Open(Path, readOnly: true);
        using var statement = file.Prepare("SELECT sobject, table_name, live_rows, checkpoint, last_complete FROM _orgtap_tables ORDER BY sobject");
        var tables = new List<ReplicaTable>();
        while (statement.Step())
        {
            tables.Add(new ReplicaTable(statement.Text(0)!, statement.Text(1)!, statement.Long(2),
                ReadCheckpoint(file, statement.Text(3)),
                statement.Text(4) is null ? null : DateTimeOffset.FromUnixTimeMilliseconds(statement.Long(4))));
        }
        return tables;
    }, cancellationToken);

    /// <summary>Lets the file grow no further than this many bytes; a page beyond it fails as on a full disk. Holds until the replica is closed.</summary>
    public Task LimitSizeAsync(long bytes, CancellationToken cancellationToken) => RunAloneAsync(
        file => file.ScalarLong($"PRAGMA max_page_count={Math.Max(1, bytes / file.ScalarLong("PRAGMA page_size"))}"), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_disposed) return;
            _disposed = true;
            foreach (var writer in _writers.Values) writer.Dispose();
            _writers.Clear();
            await Task.Run(() =>
            {
                _checkpoints.Dispose();
                _file.Dispose();
            });
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Runs a piece of work that cannot be part of a transaction, on a thread of the pool.</summary>
    private async Task RunAloneAsync(Action<SqliteFile> work, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            await Task.Run(() => work(_file), CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Runs a piece of work as one transaction on a thread of the pool.</summary>
    private async Task<T> WriteAsync<T>(Func<T> work, CancellationToken cancellationToken, Action<T>? ended = null)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // From here on the token is not looked at: a transaction ends by itself.
            return await Task.Run(() =>
            {
                try
                {
                    _file.Execute("BEGIN IMMEDIATE");
                    var result = work();
                    _file.Execute("COMMIT");
                    ended?.Invoke(result);
                    _checkpoints.AfterCommit();
                    return result;
                }
                catch
                {
                    _file.Rollback();
                    throw;
                }
            }, CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    private IRowWriter WriterOf(OpenTable table, long tableId, Checkpoint covers)
    {
        if (_writers.TryGetValue(table.Schema.SObject, out var kept)
            && kept.Table.Fence == table.Fence && ReferenceEquals(kept.Table.Schema, table.Schema) && kept.Mode == covers.Mode && SameNames(kept.Part, covers.Part)) return kept;
        Forget(table.Schema.SObject);
        return _writers[table.Schema.SObject] = covers switch
        {
            { Mode: LoadMode.Columns or LoadMode.Refresh, Part: { } part } => new PartWriter(_file, table, tableId, covers.Mode, part),
            { Mode: LoadMode.Reconcile or LoadMode.Deletes } => new IdWriter(_file, table, tableId, covers.Mode, covers.Part),
            // Whole rows have the columns of the load's fields: a selection may have grown since it began.
            _ => new TableWriter(_file, _native, _turns, table, tableId, covers),
        };
    }

    private static bool SameNames(IReadOnlyList<string>? one, IReadOnlyList<string>? other) => one is null ? other is null : other is not null && one.SequenceEqual(other);

    private void Forget(string sobject)
    {
        if (_writers.Remove(sobject, out var writer)) writer.Dispose();
    }

    private void ForgetSeen(long tableId) => _file.Run("DELETE FROM _orgtap_seen WHERE table_id = ?1", tableId);

    /// <summary>Rows that the snapshot did not see are gone in the org.</summary>
    private (long Marked, long Removed) Sweep(ObjectSchema schema, long tableId, bool noteMissing)
    {
        const string Unseen = "NOT EXISTS (SELECT 1 FROM _orgtap_seen s WHERE s.table_id = ?1 AND s.id = t.\"Id\")";
        var table = Quote(TableOf(schema.SObject));
        if (noteMissing)
            _file.Run($"INSERT OR IGNORE INTO _orgtap_missing (table_id, id) SELECT s.table_id, s.id FROM _orgtap_seen s WHERE s.table_id = ?1 AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.\"Id\" = s.id)", tableId);
        var swept = schema.IsDeletedIndex >= 0
            ? (_file.Run($"UPDATE {table} AS t SET \"IsDeleted\" = 1 WHERE t.\"IsDeleted\" IS NOT 1 AND {Unseen}", tableId), 0)
            : (0, _file.Run($"DELETE FROM {table} AS t WHERE {Unseen}", tableId));
        ForgetSeen(tableId);
        return swept;
    }

    /// <summary>Rows that were asked for by their Id: those that did not come are gone, and none is missing any more.</summary>
    private (long Marked, long Removed) Mended(ObjectSchema schema, long tableId, string upTo)
    {
        const string NotCome = "t.\"Id\" IN (SELECT m.id FROM _orgtap_missing m WHERE m.table_id = ?1 AND m.id <= ?2) AND NOT EXISTS (SELECT 1 FROM _orgtap_seen s WHERE s.table_id = ?1 AND s.id = t.\"Id\")";
        var table = Quote(TableOf(schema.SObject));
        var gone = schema.IsDeletedIndex >= 0
            ? (_file.Run($"UPDATE {table} AS t SET \"IsDeleted\" = 1 WHERE t.\"IsDeleted\" IS NOT 1 AND {NotCome}", tableId, upTo), 0)
            : (0, _file.Run($"DELETE FROM {table} AS t WHERE {NotCome}", tableId, upTo));
        _file.Run("DELETE FROM _orgtap_missing WHERE table_id = ?1 AND id <= ?2", tableId, upTo);
        ForgetSeen(tableId);
        return gone;
    }

    /// <summary>Rows that a load of some columns did not meet were changed since or are hidden: they are asked for by their Id.</summary>
    private void NoteUnmet(ObjectSchema schema, long tableId)
    {
        var live = schema.IsDeletedIndex >= 0 ? "t.\"IsDeleted\" IS NOT 1 AND " : "";
        _file.Run($"INSERT OR IGNORE INTO _orgtap_missing (table_id, id) SELECT ?1, t.\"Id\" FROM {Quote(TableOf(schema.SObject))} t WHERE {live}NOT EXISTS (SELECT 1 FROM _orgtap_seen s WHERE s.table_id = ?1 AND s.id = t.\"Id\")", tableId);
        ForgetSeen(tableId);
    }

    /// <summary>Whether the page belongs to the load that the stored checkpoint describes.</summary>
    private static bool Continues(Checkpoint? stored, Checkpoint covers) =>
        stored is { Finished: false } && stored.Mode == covers.Mode && stored.Window == covers.Window && stored.StartedAt == covers.StartedAt && (covers.Mode.IsPartial() || stored.Fields.SequenceEqual(covers.Fields));

    private static Checkpoint? ReadCheckpoint(SqliteFile file, string? json)
    {
        try
        {
            return json is null ? null : Checkpoint.FromJson(json);
        }
        catch (JsonException unreadable)
        {
            throw SqliteFailure.Of(SQLitePCL.raw.SQLITE_CORRUPT, file.Path, $"checkpoint: {unreadable.Message}");
        }
    }

    private static bool IsComplete(Checkpoint stored) =>
        stored.Finished && stored.Mode.IsMain() && stored.Tally.Rejected == 0 && stored.Tally.Written == stored.Tally.Parsed && stored.Tally.Reported <= stored.Tally.Parsed;

    /// <summary>A table's row of metadata as a transaction finds it.</summary>
    private sealed record TableState(long Id, long Fence, string? CheckpointJson)
    {
        public static TableState? Read(SqliteFile file, string sobject)
        {
            using var statement = file.Prepare("SELECT id, fence, checkpoint FROM _orgtap_tables WHERE sobject = ?1");
            statement.BindAll([sobject]);
            return statement.Step() ? new TableState(statement.Long(0), statement.Long(1), statement.Text(2)) : null;
        }
    }
}
