using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Syncs;

/// <summary>Run history: what was started, how far it came, and the receipts.</summary>
public sealed class RunStore(ControlStore store, TimeProvider time)
{
    /// <summary>Other processes may work on the same runs.</summary>
    public bool IsShared => store.IsShared;

    /// <summary>Who works on runs.</summary>
    public RunClaims Claims { get; } = new(store);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private const int TablesInAStatement = 200;

    private const string OfOne = "connection_id = @only";

    private const string RunColumns = """
        id AS Id, connection_id AS ConnectionId, started_by AS StartedBy, started_at AS StartedAt, ended_at AS EndedAt, outcome AS Outcome,
        verdict AS Verdict, api_calls AS ApiCalls, problem AS Problem, purpose AS Purpose,
        expected_calls AS ExpectedCalls, trace AS Trace
        """;

    /// <summary>Ids; a lookup in an index each, however long the history is.</summary>
    private static readonly string NewestByPurpose = $"""
        SELECT (SELECT MAX(r.id) FROM runs r WHERE r.connection_id = c.id AND r.purpose = p.purpose)
        FROM connections c CROSS JOIN ({string.Join(" UNION ALL ", Enum.GetNames<RunPurpose>().Select(purpose => $"SELECT '{purpose}' AS purpose"))}) p
        """;

    private const string TableColumns = """
        run_id AS RunId, sobject AS SObject, state AS State, plan AS QueryPlan, receipt AS Receipt, problem AS Problem, rows_expected AS RowsExpected,
        rows_written AS RowsWritten, bytes AS Bytes, api_calls AS ApiCalls, started_at AS StartedAt, ended_at AS EndedAt
        """;

    /// <summary>Writes the run's row before any work, so that even a run that dies at once leaves a trace. What a process left behind that has died is closed before.</summary>
    /// <exception cref="RunUnderWayException">The connection has one that a living process works on.</exception>
    public async Task<Run> BeginAsync(ConnectionId connection, string startedBy, IReadOnlyList<string> sobjects, RunPurpose purpose, CancellationToken cancellationToken)
    {
        var worker = await store.WorkerAsync(cancellationToken);
        return await store.WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            var now = time.GetUtcNow();
            await CloseAbandonedAsync(transaction, OfOne, connection.Value, cancellationToken);
            if (await db.QuerySingleOrDefaultAsync<long?>("SELECT id FROM runs WHERE connection_id = @connection AND outcome = 'Running'", new { connection = connection.Value }, transaction) is { } running)
                throw new RunUnderWayException(new RunId(running));
            var id = await db.ExecuteScalarAsync<long>("SELECT COALESCE(MAX(id), 0) + 1 FROM runs", transaction: transaction);
            await db.ExecuteAsync("INSERT INTO runs (id, connection_id, started_by, started_at, outcome, purpose, worker, trace) VALUES (@id, @connection, @startedBy, @at, @outcome, @purpose, @worker, @trace)",
                new { id, connection = connection.Value, startedBy, at = now.ToUnixTimeMilliseconds(), outcome = nameof(RunOutcome.Running), purpose = purpose.ToString(), worker, trace = Activity.Current?.Id }, transaction);
            await ListAsync(transaction, id, sobjects);
            return new Run(new RunId(id), connection, startedBy, FromMilliseconds(now.ToUnixTimeMilliseconds()), null, RunOutcome.Running, null, 0, null,
                [.. sobjects.Select(sobject => new RunTable(sobject, RunTableState.Waiting))]) { Purpose = purpose };
        }, cancellationToken);
    }

    /// <summary>Many in one statement: one process begins all due syncs one after the other, and a statement for each table would be half of what that takes.</summary>
    private static async Task ListAsync(DbTransaction transaction, long run, IReadOnlyList<string> sobjects)
    {
        foreach (var some in sobjects.Index().Chunk(TablesInAStatement))
        {
            var values = new DynamicParameters(new { run, state = nameof(RunTableState.Waiting), by = RunClaim.Whole });
            foreach (var (position, sobject) in some) values.Add($"sobject{position}", sobject);
            var rows = some.Select(table => string.Create(CultureInfo.InvariantCulture, $"(@run, @sobject{table.Index}, {table.Index}, @state, @by)"));
            await transaction.Connection!.ExecuteAsync($"INSERT INTO run_tables (run_id, sobject, position, state, claimed_by) VALUES {string.Join(", ", rows)}", values, transaction);
        }
    }

    /// <summary>Stores what the run is expected to cost.</summary>
    public Task ForetellAsync(RunId run, long calls, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync("UPDATE runs SET expected_calls = @calls WHERE id = @run", new { run = run.Value, calls }, transaction), cancellationToken);

    /// <summary>Stores everything that is known of one table.</summary>
    /// <returns>False: the claim was taken over, and nothing was stored.</returns>
    public Task<bool> SaveTableAsync(RunClaim claim, RunTable table, CancellationToken cancellationToken) => store.WriteAsync(
        async transaction => await transaction.Connection!.ExecuteAsync("""
            UPDATE run_tables SET state = @state, plan = @plan, receipt = @receipt, problem = @problem, rows_expected = @expected, rows_written = @written,
                bytes = @bytes, api_calls = @calls, started_at = @started, ended_at = @ended
            WHERE run_id = @run AND sobject = @sobject AND claim = @claim
            """, new
        {
            run = claim.Run.Value,
            claim = claim.Number,
            sobject = table.SObject,
            state = table.State.ToString(),
            plan = table.Plan is null ? null : JsonSerializer.Serialize(table.Plan, Json),
            receipt = table.Receipt is null ? null : JsonSerializer.Serialize(table.Receipt, Json),
            problem = table.Problem is null ? null : ProblemJson.Write(table.Problem),
            expected = table.RowsExpected,
            written = table.RowsWritten,
            bytes = table.Bytes,
            calls = table.ApiCalls,
            started = table.StartedAt?.ToUnixTimeMilliseconds(),
            ended = table.EndedAt?.ToUnixTimeMilliseconds(),
        }, transaction) == 1, cancellationToken);

    /// <param name="apiCalls">Those of whoever ends it and of the tables; what helpers took besides is counted already.</param>
    /// <returns>Null: another process has taken the run over, and ends it.</returns>
    public Task<Run?> EndAsync(RunClaim claim, RunOutcome outcome, Verdict? verdict, long apiCalls, Problem? problem, CancellationToken cancellationToken) =>
        store.WriteAsync(async transaction =>
        {
            var ended = await transaction.Connection!.ExecuteAsync("""
                UPDATE runs SET outcome = @outcome, verdict = @verdict, api_calls = api_calls + @apiCalls, problem = @problem, ended_at = @at WHERE id = @id AND claim = @claim AND outcome = 'Running'
                """, new
                {
                    id = claim.Run.Value,
                    claim = claim.Number,
                    outcome = outcome.ToString(),
                    verdict = verdict?.ToString(),
                    apiCalls,
                    problem = problem is null ? null : ProblemJson.Write(problem),
                    at = time.GetUtcNow().ToUnixTimeMilliseconds(),
                }, transaction);
            return ended == 0 ? null : (await ReadAsync(transaction.Connection!, transaction, "id = @id", new { id = claim.Run.Value }, 1)).Single();
        }, cancellationToken);

    /// <summary>Closes the runs of processes that have died, unless another has taken them over or can still do so (<see cref="RunClaims.AbandonedAsync"/>; only where the store is shared).</summary>
    /// <returns>Whose they were.</returns>
    public Task<IReadOnlyList<ConnectionId>> CloseAbandonedAsync(CancellationToken cancellationToken) =>
        store.WriteAsync(transaction => CloseAbandonedAsync(transaction, IsShared ? $"NOT ({RunClaims.CanGoOn})" : "1 = 1", null, cancellationToken), cancellationToken);

    /// <summary>Closes the connection's run if its process has died, also where another could go on with it: for what must not happen in the midst of a run. Without such a run it does nothing.</summary>
    public Task CloseAbandonedAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        store.WriteAsync(transaction => CloseAbandonedAsync(transaction, OfOne, connection.Value, cancellationToken), cancellationToken);

    private async Task<IReadOnlyList<ConnectionId>> CloseAbandonedAsync(DbTransaction transaction, string which, string? only, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var problem = ProblemJson.Write(new Problem(FailureKind.Transient, Turn.We, "The process ended while this run was under way. Everything it had committed is kept.",
            "Nothing to do: the next run goes on from there.", now, null, null));
        var (db, at, whose) = (transaction.Connection!, now.ToUnixTimeMilliseconds(), new List<ConnectionId>());
        var under = (await db.QueryAsync<(long Run, string Connection, long Worker)>($"SELECT id, connection_id, worker FROM runs WHERE outcome = 'Running' AND {which}", new { only }, transaction)).ToList();
        if (under.Count == 0) return whose;
        // Whoever has a run was alive before its row was there, and is looked for after: none that lives is missed.
        var alive = await store.AliveAsync(cancellationToken);
        foreach (var (run, connection, _) in under.Where(run => !alive.Contains(run.Worker)))
        {
            await db.ExecuteAsync("UPDATE run_tables SET state = 'Held', ended_at = @at WHERE state IN ('Running', 'Waiting') AND run_id = @run", new { at, run }, transaction);
            await db.ExecuteAsync("UPDATE runs SET outcome = 'Stopped', ended_at = @at, problem = @problem WHERE id = @run", new { at, run, problem }, transaction);
            whose.Add(new ConnectionId(connection));
        }
        return whose;
    }

    /// <summary>Newest first.</summary>
    /// <param name="connection">Null: of all connections.</param>
    public Task<IReadOnlyList<Run>> ListAsync(ConnectionId? connection, int limit, CancellationToken cancellationToken) => ListAsync(connection, limit, null, cancellationToken);

    /// <summary>Newest first.</summary>
    /// <param name="connection">Null: of all.</param>
    /// <param name="before">Only older ones than this; null: from the newest on.</param>
    public async Task<IReadOnlyList<Run>> ListAsync(ConnectionId? connection, int limit, RunId? before, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return await ReadAsync(db, null, $"{(connection is null ? "1 = 1" : "connection_id = @connection")} AND {(before is null ? "1 = 1" : "id < @before")}", new { connection = connection?.Value, before = before?.Value }, limit);
    }

    public async Task<Run?> FindAsync(RunId id, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return (await ReadAsync(db, null, "id = @id", new { id = id.Value }, 1)).SingleOrDefault();
    }

    /// <summary>When each connection's runs began last.</summary>
    public async Task<IReadOnlyDictionary<ConnectionId, RunStarts>> LastStartsAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<(string Connection, string Purpose, long Last)>($"SELECT connection_id, purpose, started_at FROM runs WHERE id IN ({NewestByPurpose})");
        return rows.GroupBy(row => row.Connection, StringComparer.Ordinal).ToDictionary(group => new ConnectionId(group.Key), group => new RunStarts(
            FromMilliseconds(group.Max(row => row.Last)), Of(group, RunPurpose.Reconcile, RunPurpose.Verify, RunPurpose.VerifyDeep), Of(group, RunPurpose.Refresh, RunPurpose.VerifyDeep)));

        static DateTimeOffset? Of(IEnumerable<(string Connection, string Purpose, long Last)> rows, params RunPurpose[] purposes) =>
            rows.Where(row => purposes.Any(purpose => row.Purpose == purpose.ToString())).Select(row => (DateTimeOffset?)FromMilliseconds(row.Last)).Max();
    }

    /// <summary>Each connection's newest run, in one query; without its tables.</summary>
    public async Task<IReadOnlyDictionary<ConnectionId, Run>> NewestAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<RunRow>($"SELECT {RunColumns} FROM runs WHERE id IN (SELECT (SELECT MAX(r.id) FROM runs r WHERE r.connection_id = c.id) FROM connections c)");
        return rows.Select(row => Read(row, [])).ToDictionary(run => run.ConnectionId);
    }

    /// <summary>Each connection's newest run of each purpose, in one query; without their tables.</summary>
    public async Task<ILookup<ConnectionId, Run>> NewestByPurposeAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        var rows = await db.QueryAsync<RunRow>($"SELECT {RunColumns} FROM runs WHERE id IN ({NewestByPurpose})");
        return rows.Select(row => Read(row, [])).ToLookup(run => run.ConnectionId);
    }

    /// <summary>The run under way, if there is one.</summary>
    public async Task<Run?> FindRunningAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return (await ReadAsync(db, null, "connection_id = @connection AND outcome = 'Running'", new { connection = connection.Value }, 1)).SingleOrDefault();
    }

    /// <summary>Whose runs are under way, in whatever process.</summary>
    public async Task<IReadOnlySet<ConnectionId>> RunningAsync(CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return (await db.QueryAsync<string>("SELECT connection_id FROM runs WHERE outcome = 'Running'")).Select(id => new ConnectionId(id)).ToHashSet();
    }

    internal static async Task<IReadOnlyList<Run>> ReadAsync(DbConnection db, DbTransaction? transaction, string condition, object parameters, int limit)
    {
        var runs = (await db.QueryAsync<RunRow>($"SELECT {RunColumns} FROM runs WHERE {condition} ORDER BY id DESC LIMIT {limit}", parameters, transaction)).ToList();
        if (runs.Count == 0) return [];
        // The same choice again rather than a list of ids: the two databases spell lists differently.
        var tables = (await db.QueryAsync<TableRow>($"""
            SELECT {TableColumns} FROM run_tables WHERE run_id IN (SELECT id FROM runs WHERE {condition} ORDER BY id DESC LIMIT {limit}) ORDER BY run_id, position
            """, parameters, transaction)).ToLookup(table => table.RunId);
        return [.. runs.Select(run => Read(run, [.. tables[run.Id].Select(Read)]))];
    }

    private static Run Read(RunRow run, IReadOnlyList<RunTable> tables) => new(new RunId(run.Id), new ConnectionId(run.ConnectionId), run.StartedBy, FromMilliseconds(run.StartedAt), From(run.EndedAt),
        Enum.Parse<RunOutcome>(run.Outcome), run.Verdict is null ? null : Enum.Parse<Verdict>(run.Verdict), run.ApiCalls,
        run.Problem is null ? null : ProblemJson.Read(run.Problem), tables) { Purpose = Enum.Parse<RunPurpose>(run.Purpose), ExpectedCalls = run.ExpectedCalls, Trace = run.Trace };

    private static RunTable Read(TableRow row) => new(row.SObject, Enum.Parse<RunTableState>(row.State),
        row.QueryPlan is null ? null : JsonSerializer.Deserialize<PlanSummary>(row.QueryPlan, Json),
        row.Receipt is null ? null : JsonSerializer.Deserialize<Receipt>(row.Receipt, Json),
        row.Problem is null ? null : ProblemJson.Read(row.Problem),
        row.RowsExpected, row.RowsWritten, row.Bytes, row.ApiCalls, From(row.StartedAt), From(row.EndedAt));

    private static DateTimeOffset FromMilliseconds(long value) => DateTimeOffset.FromUnixTimeMilliseconds(value);

    private static DateTimeOffset? From(long? value) => value is { } at ? FromMilliseconds(at) : null;

    private sealed class RunRow
    {
        public long Id { get; init; }
        public string ConnectionId { get; init; } = "";
        public string StartedBy { get; init; } = "";
        public long StartedAt { get; init; }
        public long? EndedAt { get; init; }
        public string Outcome { get; init; } = "";
        public string? Verdict { get; init; }
        public long ApiCalls { get; init; }
        public string? Problem { get; init; }
        public string Purpose { get; init; } = "";
        public long? ExpectedCalls { get; init; }
        public string? Trace { get; init; }
    }

    private sealed class TableRow
    {
        public long RunId { get; init; }
        public string SObject { get; init; } = "";
        public string State { get; init; } = "";
        public string? QueryPlan { get; init; }
        public string? Receipt { get; init; }
        public string? Problem { get; init; }
        public long? RowsExpected { get; init; }
        public long RowsWritten { get; init; }
        public long Bytes { get; init; }
        public long ApiCalls { get; init; }
        public long? StartedAt { get; init; }
        public long? EndedAt { get; init; }
    }
}
