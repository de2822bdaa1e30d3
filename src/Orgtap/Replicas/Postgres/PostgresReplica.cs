using System.Collections.Concurrent;
using System.Text.Json;
using Dapper;
using Npgsql;
using Orgtap.Masking;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Storage;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>
/// A connection's rows in one schema of a PostgreSQL database. Tables commit side by side, each over sessions of its own; a commit that has begun ends whatever becomes
/// of its caller. A failed commit closes its sessions, so nothing of it lingers.
/// </summary>
public sealed class PostgresReplica : IReplica
{
    /// <summary>How long a page's rows may take before it is thought that they wait for those of the next page, which was sent ahead and waits for this one's commit: an Id is in both.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly PostgresSource _source;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, PostgresLane> _lanes = new(StringComparer.OrdinalIgnoreCase);

    private readonly int _mostColumns;

    private PostgresReplica(PostgresSource source, TimeProvider time, int mostColumns) => (_source, _time, _mostColumns) = (source, time, mostColumns);

    /// <summary>Opens the schema, made if it is not there.</summary>
    /// <exception cref="OrgtapException">It is no replica, or may not be written (InvalidInput); the server cannot be reached (Transient).</exception>
    public static Task<PostgresReplica> OpenAsync(PostgresSource source, TimeProvider time, CancellationToken cancellationToken) => OpenAsync(source, time, TableParts.MostColumns, cancellationToken);

    /// <param name="mostColumns">Of a part of a table.</param>
    internal static async Task<PostgresReplica> OpenAsync(PostgresSource source, TimeProvider time, int mostColumns, CancellationToken cancellationToken)
    {
        await source.RunAsync(async db =>
        {
            await PostgresLayout.EnsureAsync(db, source.Schema, cancellationToken);
            return true;
        }, cancellationToken);
        return new PostgresReplica(source, time, mostColumns);
    }

    public async Task<OpenTable> OpenAsync(ObjectSchema schema, CancellationToken cancellationToken)
    {
        var lane = LaneOf(schema.SObject);
        await lane.Gate.WaitAsync(cancellationToken);
        try
        {
            await lane.CloseAsync();
            return await _source.RunAsync(async db =>
            {
                await EndOlderWriterAsync(db, schema.SObject);
                await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
                var state = await TableState.FenceAsync(db, schema.SObject);
                await PostgresShape.FitAsync(db, state.Id, state.TableName, schema, _mostColumns);
                await transaction.CommitAsync(CancellationToken.None);
                return new OpenTable(schema, state.Fence, Read(state.Checkpoint));
            }, cancellationToken);
        }
        finally
        {
            lane.Gate.Release();
        }
    }

    public async Task<Commit> CommitAsync(OpenTable table, Page page, CancellationToken cancellationToken)
    {
        var lane = LaneOf(table.Schema.SObject);
        await lane.Gate.WaitAsync(cancellationToken);
        try
        {
            // From here on the token is not looked at: a transaction ends by itself.
            cancellationToken.ThrowIfCancellationRequested();
            var commit = IsCheckpointOnly(page) ? await SaveAsync(table, page) : await CommitAsync(lane, table, page);
            if (commit.Stored.Finished) await lane.CloseAsync();
            return commit;
        }
        catch (Exception failure)
        {
            await lane.CloseAsync();
            if (failure is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable }) lane.KeepOrder();
            if (PostgresFailure.Of(failure, _source.Where) is { } explained) throw explained;
            throw;
        }
        finally
        {
            lane.Gate.Release();
        }
    }

    /// <summary>Two are sent at once, and a third is parsed meanwhile.</summary>
    public int ReadsAhead => 2;

    public Task SendAheadAsync(OpenTable table, Page page, CancellationToken cancellationToken) =>
        LaneOf(table.Schema.SObject).SendAsync(table, page, session => WriterOfAsync(session, table, page.Covers), cancellationToken);

    public Task<IReadOnlyList<string>> MissingAsync(OpenTable table, string? after, int atMost, CancellationToken cancellationToken) => _source.RunAsync<IReadOnlyList<string>>(async db =>
    {
        var missing = (await db.QueryAsync<string?>("""
            SELECT m.id FROM _orgtap_tables t LEFT JOIN LATERAL (SELECT id FROM _orgtap_missing WHERE table_id = t.id AND id > @after ORDER BY id LIMIT @atMost) m ON true
            WHERE t.sobject_key = @key AND t.fence = @Fence ORDER BY m.id
            """, new { key = Key(table.Schema.SObject), table.Fence, after = after ?? "", atMost })).ToList();
        // The table itself is one row, with no Id, where nothing is missing.
        return missing.Count == 0 ? throw new FencedException(table.Schema.SObject) : [.. missing.OfType<string>()];
    }, cancellationToken);

    public async Task<MaskCounts> MaskAsync(MaskingRules rules, CancellationToken cancellationToken)
    {
        var all = MaskCounts.None;
        foreach (var table in (await TablesAsync(cancellationToken)).Where(table => table.Checkpoint is { } stored && !rules.Are(stored.Masks)))
        {
            var masked = rules.Masker is { } masker ? await PostgresTexts.MaskAsync(_source, table, masker, cancellationToken) : MaskCounts.None;
            await _source.RunAsync(async db =>
            {
                await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
                var state = (await TableState.ReadAsync(db, table.SObject, forUpdate: true))!;
                var stored = Read(state.Checkpoint)!.Under(rules).Masking(masked);
                await db.ExecuteAsync("UPDATE _orgtap_tables SET fence = fence + 1, checkpoint = @checkpoint WHERE id = @Id", new { state.Id, checkpoint = stored.ToJson() }, transaction);
                await transaction.CommitAsync(CancellationToken.None);
                return true;
            }, cancellationToken);
            all = all.Add(masked);
        }
        return all;
    }

    public Task<IReadOnlyList<ReplicaTable>> TablesAsync(CancellationToken cancellationToken) => TablesAsync(_source, cancellationToken);

    /// <summary>What a schema holds, without making it a replica: nothing if it is none.</summary>
    public static Task<IReadOnlyList<ReplicaTable>> TablesAsync(PostgresSource source, CancellationToken cancellationToken) => source.RunAsync<IReadOnlyList<ReplicaTable>>(async db =>
    {
        if (await PostgresLayout.VersionAsync(db, source.Schema) is null) return [];
        var rows = await db.QueryAsync<(string SObject, string TableName, long Rows, string? Checkpoint, DateTime? LastComplete)>(
            "SELECT sobject, table_name, live_rows, checkpoint, last_complete FROM _orgtap_tables");
        return [.. rows.OrderBy(row => row.SObject, StringComparer.Ordinal).Select(row => new ReplicaTable(row.SObject, row.TableName, row.Rows, Read(row.Checkpoint),
            row.LastComplete is { } at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null))];
    }, cancellationToken);

    /// <summary>Drops the schema with all its rows; does nothing if it is no replica.</summary>
    public static Task DropAsync(PostgresSource source, CancellationToken cancellationToken) => source.RunAsync(async db =>
    {
        if (await PostgresLayout.VersionAsync(db, source.Schema) is null) return false;
        await db.ExecuteAsync($"DROP SCHEMA {Quote(source.Schema)} CASCADE");
        return true;
    }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes.Values) await lane.DisposeAsync();
    }

    /// <summary>Nothing was changed in the org: most tables, most of the time.</summary>
    private static bool IsCheckpointOnly(Page page) => page.RowCount == 0 && page.Covers.Mode is LoadMode.Backfill or LoadMode.Incremental or LoadMode.Deletes;

    /// <summary>Saves the checkpoint of a page without rows: one statement, over any session.</summary>
    private Task<Commit> SaveAsync(OpenTable table, Page page) => _source.RunAsync(async db =>
    {
        var counts = default(RowCounts).ToCommitCounts(0) with { Masked = page.Masked };
        var stored = page.Covers with { Tally = page.Covers.Tally.Add(page.Counts, counts) };
        var saved = await db.ExecuteScalarAsync<bool>("""
            WITH saved AS (UPDATE _orgtap_tables SET checkpoint = @checkpoint, last_complete = COALESCE(@complete, last_complete) WHERE sobject_key = @key AND fence = @Fence RETURNING id),
            filled AS (UPDATE _orgtap_columns c SET updated = 1 FROM saved WHERE c.table_id = saved.id AND c.updated = 2 AND c.name_key = ANY(@filled))
            SELECT EXISTS (SELECT 1 FROM saved)
            """, new
        {
            checkpoint = stored.ToJson(), complete = CompleteAt(stored), key = Key(table.Schema.SObject), table.Fence,
            filled = stored.Finished && stored.Mode.IsMain() ? stored.Fields.Select(Key).ToArray() : [],
        });
        return saved ? new Commit(counts, stored) : throw new FencedException(table.Schema.SObject);
    }, CancellationToken.None);

    private async Task<Commit> CommitAsync(PostgresLane lane, OpenTable table, Page page)
    {
        var sent = await lane.TakeAsync(page, work => PatientlyAsync(lane, work));
        var session = sent?.Session ?? await lane.RentAsync();
        try
        {
            return await CommitAsync(lane, session, sent, table, page);
        }
        catch
        {
            await session.CloseAsync();
            throw;
        }
        finally
        {
            lane.GiveBack(session);
        }
    }

    private async Task<Commit> CommitAsync(PostgresLane lane, PostgresSession session, SentPage? sent, OpenTable table, Page page)
    {
        var writer = sent is null ? await LivingWriterAsync(session, table, page.Covers) : session.Writer!;
        var db = writer.Db;
        await using var transaction = sent?.Transaction ?? await db.BeginTransactionAsync(CancellationToken.None);
        var before = await TableState.ReadAsync(db, table.Schema.SObject, forUpdate: false);
        if (before is null || before.Fence != table.Fence) throw new FencedException(table.Schema.SObject);
        var (held, mode) = (Read(before.Checkpoint), page.Covers.Mode);
        var mended = page.Covers is { Mode: LoadMode.Mend, Position: KeysetPosition { LastId: var last } } ? last : null;
        var filling = mode == LoadMode.Backfill && before.LastComplete is null && (held is null || !held.Finished);
        if (mended is not null || mode.MeetsAll() && !Continues(held, page.Covers)) await ForgetSeenAsync(db, writer.TableId);

        var counts = sent?.Counts ?? await WriteAsync(lane, writer, transaction, page, filling);
        // Locked only now: a process that freezes while it sends rows holds up nobody.
        if (await TableState.ReadAsync(db, table.Schema.SObject, forUpdate: true) is not { } now || now.Fence != table.Fence) throw new FencedException(table.Schema.SObject);
        if ((mode is LoadMode.Snapshot or LoadMode.Mend || mode.IsPartial()) && page.RowCount > 0) await writer.SeeAsync(transaction);
        var swept = mended is not null ? await MendedAsync(db, table.Schema, writer, mended)
            : page.Covers.Finished && (mode is LoadMode.Snapshot or LoadMode.Reconcile) ? await SweepAsync(db, table.Schema, writer, noteMissing: mode == LoadMode.Reconcile) : default;
        if (page.Covers.Finished && mode.IsPartial()) await NoteUnmetAsync(db, table.Schema, writer);
        var removed = mode == LoadMode.Deletes && table.Schema.IsDeletedIndex < 0 ? counts.TurnedDeleted : 0;

        var committed = counts.ToCommitCounts(swept.Marked + swept.Removed) with { NulsLeftOut = page.RowCount > 0 ? writer.NulsLeftOut : 0, Masked = page.Masked };
        var stored = page.Covers with { Tally = page.Covers.Tally.Add(page.Counts, committed) };
        var deleted = counts.InsertedDeleted + counts.TurnedDeleted - counts.TurnedLive + swept.Marked - removed;
        await db.ExecuteAsync("""
            UPDATE _orgtap_tables SET checkpoint = @checkpoint, live_rows = live_rows + @live, deleted_rows = deleted_rows + @deleted, last_complete = COALESCE(@complete, last_complete)
            WHERE id = @TableId
            """, new
        {
            writer.TableId,
            checkpoint = stored.ToJson(),
            live = counts.Inserted - swept.Removed - removed - deleted,
            deleted,
            complete = CompleteAt(stored),
        }, transaction);
        if (stored.Finished && (mode.IsMain() || mode == LoadMode.Columns)) await PostgresShape.CompleteAsync(db, writer.TableId, stored.Fields);
        await transaction.CommitAsync(CancellationToken.None);
        lane.Fills(filling && writer.Fills ? writer : null);
        return new Commit(committed, stored);
    }

    private async Task<RowCounts> WriteAsync(PostgresLane lane, PostgresTableWriter writer, NpgsqlTransaction transaction, Page page, bool filling)
    {
        var writing = writer.WriteAsync(transaction, page, filling);
        await PatientlyAsync(lane, writing);
        return await writing;
    }

    /// <summary>Waits for work on a page; if it lasts, the page that was sent ahead is taken back, and from then on pages keep their order.</summary>
    private async Task PatientlyAsync(PostgresLane lane, Task work)
    {
        using var stop = new CancellationTokenSource();
        var waited = Task.Delay(Patience, _time, stop.Token);
        if (await Task.WhenAny(work, waited) == waited && await lane.DropAheadAsync()) lane.KeepOrder();
        await stop.CancelAsync();
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<PostgresTableWriter> LivingWriterAsync(PostgresSession session, OpenTable table, Checkpoint covers)
    {
        // Closed by the server, or by a newer opener: the fence tells which.
        if (session.Writer is { } kept && kept.Serves(table, covers) && !await IsAliveAsync(kept.Db)) await session.CloseAsync();
        return await WriterOfAsync(session, table, covers);
    }

    /// <summary>The session's writer for pages of this load; the one it had may be of another.</summary>
    private async Task<PostgresTableWriter> WriterOfAsync(PostgresSession session, OpenTable table, Checkpoint covers)
    {
        if (session.Writer is { } kept && kept.Serves(table, covers)) return kept;
        await session.CloseAsync();
        var db = await _source.ConnectAsync(CancellationToken.None);
        try
        {
            if (await TableState.ReadAsync(db, table.Schema.SObject, forUpdate: false) is not { } state || state.Fence != table.Fence) throw new FencedException(table.Schema.SObject);
            await db.ExecuteAsync($"""
                UPDATE _orgtap_tables SET {session.Role}_pid = pg_backend_pid(), {session.Role}_since = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()) WHERE id = @Id AND fence = @Fence
                """, state);
            return session.Writer = await PostgresTableWriter.OpenAsync(db, table, state.Id, state.TableName, covers);
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> IsAliveAsync(NpgsqlConnection db)
    {
        try
        {
            return await db.ExecuteScalarAsync<int>("SELECT 1") == 1;
        }
        catch (Exception dead) when (PostgresFailure.IsStaleConnection(dead))
        {
            return false;
        }
    }

    /// <summary>A process that froze in the middle of a page holds locks that no time-out ends: the server waits for its rows. Its sessions are of our role, so we may end them.</summary>
    private static Task EndOlderWriterAsync(NpgsqlConnection db, string sobject) => db.ExecuteAsync("""
        SELECT pg_terminate_backend(a.pid) FROM _orgtap_tables t JOIN pg_stat_activity a
            ON a.pid = t.writer_pid AND a.backend_start = t.writer_since OR a.pid = t.ahead_pid AND a.backend_start = t.ahead_since
        WHERE t.sobject_key = @key AND a.pid <> pg_backend_pid()
        """, new { key = Key(sobject) });

    private PostgresLane LaneOf(string sobject) => _lanes.GetOrAdd(sobject, static _ => new PostgresLane());

    private static Task ForgetSeenAsync(NpgsqlConnection db, long tableId) => db.ExecuteAsync("DELETE FROM _orgtap_seen WHERE table_id = @tableId", new { tableId });

    /// <summary>Rows that were asked for by their Id: those that did not come are gone, and none is missing any more.</summary>
    private static async Task<(long Marked, long Removed)> MendedAsync(NpgsqlConnection db, ObjectSchema schema, PostgresTableWriter writer, string upTo)
    {
        var (table, id, deleted) = (Quote(writer.Tables[0]), Quote(Of("Id")), Quote(Of("IsDeleted")));
        var notCome = $"t.{id} IN (SELECT m.id FROM _orgtap_missing m WHERE m.table_id = @TableId AND m.id <= @upTo) AND NOT EXISTS (SELECT 1 FROM _orgtap_seen s WHERE s.table_id = @TableId AND s.id = t.{id})";
        var parameters = new { writer.TableId, upTo };
        var gone = schema.IsDeletedIndex >= 0
            ? (await db.ExecuteAsync($"UPDATE {table} t SET {deleted} = true WHERE t.{deleted} IS NOT TRUE AND {notCome}", parameters), 0)
            : (0, await RemoveAsync(db, writer, notCome, parameters));
        await db.ExecuteAsync("DELETE FROM _orgtap_missing WHERE table_id = @TableId AND id <= @upTo", parameters);
        await ForgetSeenAsync(db, writer.TableId);
        return gone;
    }

    /// <summary>Rows that a load of some columns did not meet were changed since or are hidden: they are asked for by their Id.</summary>
    private static async Task NoteUnmetAsync(NpgsqlConnection db, ObjectSchema schema, PostgresTableWriter writer)
    {
        var id = Quote(Of("Id"));
        var live = schema.IsDeletedIndex >= 0 ? $"t.{Quote(Of("IsDeleted"))} IS NOT TRUE AND " : "";
        await db.ExecuteAsync($"INSERT INTO _orgtap_missing (table_id, id) SELECT @TableId, t.{id} FROM {Quote(writer.Tables[0])} t WHERE {live}NOT EXISTS (SELECT 1 FROM _orgtap_seen s WHERE s.table_id = @TableId AND s.id = t.{id}) ON CONFLICT DO NOTHING",
            new { writer.TableId });
        await ForgetSeenAsync(db, writer.TableId);
    }

    /// <summary>Rows that the snapshot did not see are gone in the org.</summary>
    private static async Task<(long Marked, long Removed)> SweepAsync(NpgsqlConnection db, ObjectSchema schema, PostgresTableWriter writer, bool noteMissing)
    {
        var unseen = $"NOT EXISTS (SELECT 1 FROM _orgtap_seen s WHERE s.table_id = @TableId AND s.id = t.{Quote(Of("Id"))})";
        var (table, deleted) = (Quote(writer.Tables[0]), Quote(Of("IsDeleted")));
        if (noteMissing)
            await db.ExecuteAsync($"""
                INSERT INTO _orgtap_missing (table_id, id) SELECT s.table_id, s.id FROM _orgtap_seen s
                WHERE s.table_id = @TableId AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.{Quote(Of("Id"))} = s.id) ON CONFLICT DO NOTHING
                """, new { writer.TableId });
        var swept = schema.IsDeletedIndex >= 0
            ? ((long)await db.ExecuteAsync($"UPDATE {table} t SET {deleted} = true WHERE t.{deleted} IS NOT TRUE AND {unseen}", new { writer.TableId }), 0L)
            : (0L, await RemoveAsync(db, writer, unseen, new { writer.TableId }));
        await ForgetSeenAsync(db, writer.TableId);
        return swept;
    }

    /// <param name="which">Of <c>t</c>, by its Id.</param>
    private static async Task<long> RemoveAsync(NpgsqlConnection db, PostgresTableWriter writer, string which, object parameters)
    {
        long removed = 0;
        foreach (var table in writer.Tables.Reverse()) removed = await db.ExecuteAsync($"DELETE FROM {Quote(table)} t WHERE {which}", parameters);
        return removed;
    }

    /// <summary>Whether the page belongs to the load that the stored checkpoint describes.</summary>
    private static bool Continues(Checkpoint? stored, Checkpoint covers) =>
        stored is { Finished: false } && stored.Mode == covers.Mode && stored.Window == covers.Window
        && stored.StartedAt == covers.StartedAt && (covers.Mode.IsPartial() || stored.Fields.SequenceEqual(covers.Fields));

    private static Checkpoint? Read(string? json)
    {
        try
        {
            return json is null ? null : Checkpoint.FromJson(json);
        }
        catch (JsonException unreadable)
        {
            throw new OrgtapException(FailureKind.InvalidInput, "A checkpoint in the replica is damaged.", "Restore the schema from a backup, or drop it and sync again.", unreadable.Message, unreadable);
        }
    }

    /// <returns>Null: the load did not end, or something is missing.</returns>
    private DateTime? CompleteAt(Checkpoint stored) =>
        stored.Finished && stored.Mode.IsMain() && stored.Tally.Rejected == 0 && stored.Tally.Written == stored.Tally.Parsed && stored.Tally.Reported <= stored.Tally.Parsed ? _time.GetUtcNow().UtcDateTime : null;
}
