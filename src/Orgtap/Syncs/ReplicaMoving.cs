using System.Globalization;
using System.Text;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Replicas.Postgres;
using Orgtap.Replicas.Sqlite;

namespace Orgtap.Syncs;

/// <summary>
/// Moves a connection's rows from its file into PostgreSQL, with every checkpoint, so that the next sync goes on where the last one ended. A move is a run in the history: no sync
/// begins beside it. The connection keeps to its file until everything is over there and counted; a move that breaks off is begun anew.
/// </summary>
public sealed class ReplicaMoving(ReplicaFiles files, RunStore runs, ConnectionStore connections, RowMemory memory, TimeProvider time)
{
    private const int RowsPerPage = 20_000;
    private const int BatchesPerPage = 4;

    /// <exception cref="OrgtapException">A run is under way, the place cannot be used, or the counts disagree at the end; the connection then keeps to its file.</exception>
    /// <param name="alongside">Moves what else lies in the file, before the connection turns to the new place; null: there is nothing else.</param>
    public async Task<Run> MoveAsync(Connection connection, PostgresPlace place, string startedBy, CancellationToken cancellationToken, Func<CancellationToken, Task>? alongside = null)
    {
        if (connection.Replica is not null) throw new InvalidInputException($"The rows of {connection.Name} lie in PostgreSQL already.", "Choose the new place without moving: the next sync loads everything there.");
        if (await runs.FindRunningAsync(connection.Id, cancellationToken) is { } running)
            throw new InvalidInputException($"{connection.Name} is being synced (run {running.Id}).", "Stop that run first, or wait for its end.");
        var tables = await files.TablesAsync(connection, cancellationToken);
        var begun = await runs.BeginAsync(connection.Id, startedBy, [.. tables.Select(table => table.SObject)], RunPurpose.Move, cancellationToken);
        // A move that somebody else took over would be one that nobody can resume: nobody does.
        var claim = (await runs.Claims.TakeAsync(begun.Id, cancellationToken))!.Value.Claim;
        try
        {
            var source = files.SourceOf(place);
            await PostgresMove.BeginAsync(source, cancellationToken);
            await using (var replica = await PostgresReplica.OpenAsync(source, time, cancellationToken))
                foreach (var table in tables) await MoveTableAsync(claim, table, files.FileOf(connection), source, replica, cancellationToken);
            if (alongside is not null) await alongside(cancellationToken);
            await PostgresMove.EndAsync(source, cancellationToken);
            await connections.SetReplicaAsync(connection.Id, place, CancellationToken.None);
            return (await runs.EndAsync(claim, RunOutcome.Completed, null, 0, null, CancellationToken.None))!;
        }
        catch (Exception failure)
        {
            var stopped = failure is OperationCanceledException && cancellationToken.IsCancellationRequested;
            await runs.EndAsync(claim, stopped ? RunOutcome.Stopped : RunOutcome.Failed, null, 0, failure is OrgtapException ours ? Problem.From(ours, time.GetUtcNow()) : null, CancellationToken.None);
            throw;
        }
    }

    private async Task MoveTableAsync(RunClaim claim, ReplicaTable table, string file, PostgresSource source, PostgresReplica replica, CancellationToken cancellationToken)
    {
        var state = new RunTable(table.SObject, RunTableState.Running, StartedAt: time.GetUtcNow());
        await runs.SaveTableAsync(claim, state, CancellationToken.None);
        var name = Literal(table.SObject);
        var columns = (await ReadAsync(file, $"SELECT c.name, c.type, c.digits, c.scale, c.updated FROM _orgtap_columns c JOIN _orgtap_tables t ON t.id = c.table_id WHERE t.sobject = {name}", cancellationToken))
            .Select(row => (Column: new Column((string)row[0]!, Enum.Parse<ColumnType>((string)row[1]!), (int)(long)row[2]!, (int)(long)row[3]!), Updated: (long)row[4]!))
            .OrderBy(column => column.Column.Name == "Id" ? 0 : 1).ToList();
        var schema = new ObjectSchema(table.SObject, [.. columns.Select(column => column.Column)]);
        var open = await replica.OpenAsync(schema, cancellationToken);
        var rows = await CopyAsync(file, open, replica, moved => runs.SaveTableAsync(claim, state = state with { RowsWritten = moved }, CancellationToken.None), cancellationToken);

        var arrived = (await replica.TablesAsync(cancellationToken)).Single(each => each.SObject == table.SObject);
        if (arrived.Rows != table.Rows)
            throw new OrgtapException(FailureKind.Defect, $"{table.SObject}: the file has {table.Rows} rows that are not deleted, PostgreSQL {arrived.Rows}.", "Report this; the connection still uses its file.");
        await PostgresMove.AdoptAsync(source, table, columns.ToDictionary(column => column.Column.Name, column => column.Updated),
            await IdsAsync(file, "_orgtap_seen", name, cancellationToken), await IdsAsync(file, "_orgtap_missing", name, cancellationToken), cancellationToken);
        await runs.SaveTableAsync(claim, state with { State = RunTableState.Done, RowsExpected = rows, RowsWritten = rows, EndedAt = time.GetUtcNow() }, CancellationToken.None);
    }

    /// <returns>How many rows there were, deleted ones included.</returns>
    private async Task<long> CopyAsync(string file, OpenTable table, PostgresReplica replica, Func<long, Task> report, CancellationToken cancellationToken)
    {
        var columns = table.Schema.Columns;
        var covers = new Checkpoint { Mode = LoadMode.Backfill, Window = new Window(null, DateTimeOffset.UnixEpoch), Fields = [.. columns.Select(column => column.Name)] };
        await using var query = await ReplicaQuery.OpenAsync(file,
            $"SELECT {string.Join(", ", columns.Select(column => SqlName.Quote(column.Name)))} FROM {SqlName.Quote(SqliteNames.TableOf(table.Schema.SObject))} ORDER BY \"Id\"", long.MaxValue, cancellationToken);
        await using var rows = query.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        long moved = 0;
        for (var more = await rows.MoveNextAsync(); more;)
        {
            using var writer = new RowBatchWriter(table.Schema, memory.Postgres);
            var (batches, count) = (new List<RowBatch>(), 0);
            await writer.ReadyAsync(cancellationToken);
            while (more && count < RowsPerPage && batches.Count < BatchesPerPage)
            {
                Append(writer, rows.Current, columns);
                count++;
                more = await rows.MoveNextAsync();
                if (!writer.IsFull) continue;
                batches.Add(writer.Take());
                if (more && batches.Count < BatchesPerPage) await writer.ReadyAsync(cancellationToken);
            }
            if (writer.RowCount > 0) batches.Add(writer.Take());
            using var page = new Page(batches, covers, new PageCounts(count, count, 0, 0), []);
            var commit = await replica.CommitAsync(table, page, cancellationToken);
            covers = covers with { Tally = commit.Stored.Tally };
            await report(moved += count);
        }
        return moved;
    }

    private static void Append(RowBatchWriter writer, object?[] row, IReadOnlyList<Column> columns)
    {
        for (var i = 0; i < row.Length; i++)
        {
            if (!writer.Append(Encoding.UTF8.GetBytes(StoredForm.ToCanonical(row[i], columns[i].Type) ?? "")))
                throw new OrgtapException(FailureKind.InvalidInput, $"A value of {columns[i].Name} in the file {writer.LastReason}.", "Load the connection anew in PostgreSQL instead of moving it: --anew.", $"row {row[0]}");
        }
        writer.EndRow();
    }

    private static async Task<IReadOnlyList<string>> IdsAsync(string file, string list, string name, CancellationToken cancellationToken) =>
        [.. (await ReadAsync(file, $"SELECT l.id FROM {list} l JOIN _orgtap_tables t ON t.id = l.table_id WHERE t.sobject = {name}", cancellationToken)).Select(row => (string)row[0]!)];

    private static async Task<List<object?[]>> ReadAsync(string file, string sql, CancellationToken cancellationToken)
    {
        await using var query = await ReplicaQuery.OpenAsync(file, sql, long.MaxValue, cancellationToken);
        var rows = new List<object?[]>();
        await foreach (var row in query.ReadAsync(cancellationToken)) rows.Add(row);
        return rows;
    }

    private static string Literal(string text) => string.Create(CultureInfo.InvariantCulture, $"'{text.Replace("'", "''", StringComparison.Ordinal)}'");
}
