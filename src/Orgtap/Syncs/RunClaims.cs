using Dapper;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Syncs;

/// <summary>The right to work on a run, or on those of its tables that were claimed with it. A later claim has a higher number, and what the earlier one writes from then on is refused.</summary>
/// <param name="By">Who claims: <see cref="Whole"/>, or a process that helps.</param>
public sealed record RunClaim(RunId Run, long Number, string By)
{
    /// <summary>Claims the run itself, and every table that nobody else has.</summary>
    public const string Whole = "run";
}

/// <summary>The connection has a run that a living process works on.</summary>
public sealed class RunUnderWayException(RunId run) : OrgtapException(FailureKind.InvalidInput, $"It is being synced already (run {run}).", "Watch that run, or stop it first.")
{
    public RunId Run { get; } = run;
}

/// <summary>How a run stands for those who work on it.</summary>
/// <param name="IsStopAsked">Somebody wants it to stop behind the pages that are being committed.</param>
/// <param name="Claim">The number of its present claim.</param>
public sealed record RunStanding(bool IsUnderWay, bool IsStopAsked, long Claim);

/// <summary>Gives out claims to runs and tables, so that several processes share one run and any of them may die. All steps are transactions of the control store, which shut out each other.</summary>
public sealed class RunClaims(ControlStore store)
{
    /// <summary>What whoever comes can go on with; moving a replica is begun anew.</summary>
    internal const string CanGoOn = $"stop_asked_at IS NULL AND purpose <> '{nameof(RunPurpose.Move)}'";

    private const string Left = "state IN ('Waiting', 'Running')";

    /// <summary>Runs that this process began or took over, and can go on with.</summary>
    public async Task<IReadOnlyList<(RunId Run, ConnectionId Connection)>> OwnAsync(CancellationToken cancellationToken)
    {
        var worker = await store.WorkerAsync(cancellationToken);
        await using var db = await store.ConnectAsync(cancellationToken);
        return [.. (await db.QueryAsync<(long Run, string Connection)>($"SELECT id, connection_id FROM runs WHERE outcome = 'Running' AND worker = @worker AND {CanGoOn} ORDER BY id", new { worker }))
            .Select(run => (new RunId(run.Run), new ConnectionId(run.Connection)))];
    }

    /// <summary>Takes a run over, with all of its tables that are left and that no other process has; what had it before writes no more.</summary>
    /// <returns>Null: it has ended.</returns>
    public async Task<(Run Run, RunClaim Claim, IReadOnlySet<string> Tables)?> TakeAsync(RunId id, CancellationToken cancellationToken)
    {
        var worker = await store.WorkerAsync(cancellationToken);
        return await store.WriteAsync<(Run, RunClaim, IReadOnlySet<string>)?>(async transaction =>
        {
            var db = transaction.Connection!;
            var parameters = new { run = id.Value, worker, by = RunClaim.Whole };
            if (await db.QuerySingleOrDefaultAsync<long?>("UPDATE runs SET claims = claims + 1, claim = claims + 1, worker = @worker WHERE id = @run AND outcome = 'Running' RETURNING claim", parameters, transaction) is not { } number) return null;
            var tables = await db.QueryAsync<string>($"UPDATE run_tables SET claim = @number, claimed_by = @by WHERE run_id = @run AND {Left} AND (claimed_by = @by OR claimed_by IS NULL) RETURNING sobject",
                new { parameters.run, parameters.by, number }, transaction);
            var run = (await RunStore.ReadAsync(db, transaction, "id = @run", parameters, 1)).Single();
            return (run, new RunClaim(id, number, RunClaim.Whole), tables.ToHashSet(StringComparer.OrdinalIgnoreCase));
        }, cancellationToken);
    }

    /// <summary>Runs whose process has died and that another can go on with. Until one does, whatever wants to sync their connections is theirs.</summary>
    public async Task<IReadOnlyList<(RunId Run, ConnectionId Connection)>> AbandonedAsync(CancellationToken cancellationToken)
    {
        // Whoever has a run was alive before its row was there, and is looked for after: none that lives is missed.
        await using var db = await store.ConnectAsync(cancellationToken);
        var under = (await db.QueryAsync<(long Run, string Connection, long Worker)>($"SELECT id, connection_id, worker FROM runs WHERE outcome = 'Running' AND {CanGoOn} ORDER BY id")).ToList();
        if (under.Count == 0) return [];
        var alive = await store.AliveAsync(cancellationToken);
        return [.. under.Where(run => !alive.Contains(run.Worker)).Select(run => (new RunId(run.Run), new ConnectionId(run.Connection)))];
    }

    /// <summary>Lets whoever comes take these tables of the run, which are not begun.</summary>
    public Task OfferAsync(RunClaim claim, IReadOnlyList<string> tables, CancellationToken cancellationToken) => store.WriteAsync(async transaction =>
    {
        foreach (var sobject in tables)
            await transaction.Connection!.ExecuteAsync("UPDATE run_tables SET claimed_by = NULL WHERE run_id = @run AND sobject = @sobject AND claim = @claim AND state = 'Waiting'",
                new { run = claim.Run.Value, claim = claim.Number, sobject }, transaction);
    }, cancellationToken);

    /// <summary>The oldest run of another process that has tables on offer; null: none.</summary>
    public async Task<RunId?> FindOfferedAsync(CancellationToken cancellationToken)
    {
        var worker = await store.WorkerAsync(cancellationToken);
        await using var db = await store.ConnectAsync(cancellationToken);
        return await db.QueryFirstOrDefaultAsync<long?>("""
            SELECT r.id FROM runs r JOIN run_tables t ON t.run_id = r.id
            WHERE r.outcome = 'Running' AND r.stop_asked_at IS NULL AND r.worker <> @worker AND t.state = 'Waiting' AND t.claimed_by IS NULL ORDER BY r.id LIMIT 1
            """, new { worker }) is { } id ? new RunId(id) : null;
    }

    /// <summary>A claim for a process that helps with a run; <see cref="NextAsync"/> gives it tables.</summary>
    /// <returns>Null: it has ended or is to stop.</returns>
    public async Task<(Run Run, RunClaim Claim)?> HelpAsync(RunId id, CancellationToken cancellationToken)
    {
        var worker = await store.WorkerAsync(cancellationToken);
        return await store.WriteAsync<(Run, RunClaim)?>(async transaction =>
        {
            var db = transaction.Connection!;
            if (await db.QuerySingleOrDefaultAsync<long?>("UPDATE runs SET claims = claims + 1 WHERE id = @run AND outcome = 'Running' AND stop_asked_at IS NULL RETURNING claims", new { run = id.Value }, transaction) is not { } number) return null;
            return ((await RunStore.ReadAsync(db, transaction, "id = @run", new { run = id.Value }, 1)).Single(), new RunClaim(id, number, FormattableString.Invariant($"{worker}")));
        }, cancellationToken);
    }

    /// <summary>Claims the next table on offer.</summary>
    /// <returns>Null: none is left, or the run has ended or is to stop.</returns>
    public Task<string?> NextAsync(RunClaim claim, CancellationToken cancellationToken) => store.WriteAsync(transaction => transaction.Connection!.QuerySingleOrDefaultAsync<string?>("""
        UPDATE run_tables SET claim = @claim, claimed_by = @by, state = 'Running' WHERE run_id = @run AND sobject =
            (SELECT t.sobject FROM run_tables t JOIN runs r ON r.id = t.run_id
             WHERE t.run_id = @run AND t.state = 'Waiting' AND t.claimed_by IS NULL AND r.outcome = 'Running' AND r.stop_asked_at IS NULL ORDER BY t.position LIMIT 1)
        RETURNING sobject
        """, new { run = claim.Run.Value, claim = claim.Number, by = claim.By }, transaction), cancellationToken);

    /// <summary>A helper says that it works on the tables it has claimed.</summary>
    public Task BeatAsync(RunClaim claim, CancellationToken cancellationToken) => store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
        "UPDATE run_tables SET beats = beats + 1 WHERE run_id = @run AND claim = @claim AND state = 'Running'", new { run = claim.Run.Value, claim = claim.Number }, transaction), cancellationToken);

    /// <summary>Takes back the tables of helpers that have died or are silent.</summary>
    /// <param name="allOfThem">Of the living ones too: they had time enough to stop.</param>
    /// <returns>What was taken back, and what helpers still work on.</returns>
    internal async Task<(IReadOnlyList<string> Back, IReadOnlyList<string> Others)> BackAsync(RunClaim claim, HelperPulse pulse, bool allOfThem, CancellationToken cancellationToken)
    {
        var alive = await store.AliveAsync(cancellationToken);
        return await store.WriteAsync<(IReadOnlyList<string>, IReadOnlyList<string>)>(async transaction =>
        {
            var (db, back, others) = (transaction.Connection!, new List<string>(), new List<string>());
            foreach (var (sobject, by, number, beats) in (await db.QueryAsync<(string, string?, long, long)>(
                $"SELECT sobject, claimed_by, claim, beats FROM run_tables WHERE run_id = @run AND {Left} AND (claimed_by IS NULL OR claimed_by <> @by)", new { run = claim.Run.Value, by = claim.By }, transaction)).ToList())
            {
                if (!allOfThem && long.TryParse(by, out var worker) && alive.Contains(worker) && !pulse.IsSilent(sobject, number, beats)) others.Add(sobject);
                else if (await db.ExecuteAsync("""
                    UPDATE run_tables SET claim = @number, claimed_by = @by WHERE run_id = @run AND sobject = @sobject AND EXISTS (SELECT 1 FROM runs WHERE id = @run AND claim = @number AND outcome = 'Running')
                    """, new { run = claim.Run.Value, number = claim.Number, by = claim.By, sobject }, transaction) == 1) back.Add(sobject);
            }
            return (back, others);
        }, cancellationToken);
    }

    /// <summary>Puts the tables that a helper has begun and not ended, or that it left because its process ends, on offer again.</summary>
    public Task ReleaseAsync(RunClaim claim, CancellationToken cancellationToken) => store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync($"""
        UPDATE run_tables SET state = 'Waiting', claimed_by = NULL WHERE run_id = @run AND claim = @claim AND ({Left} OR (state = 'Held' AND problem IS NULL))
            AND EXISTS (SELECT 1 FROM runs WHERE id = @run AND outcome = 'Running' AND stop_asked_at IS NULL)
        """, new { run = claim.Run.Value, claim = claim.Number }, transaction), cancellationToken);

    /// <summary>Counts calls of a helper that belong to no table.</summary>
    public Task AddCallsAsync(RunId run, long calls, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync("UPDATE runs SET api_calls = api_calls + @calls WHERE id = @run AND outcome = 'Running'", new { run = run.Value, calls }, transaction), cancellationToken);

    /// <summary>Asks whoever works on the connection's run, in whatever process, to stop.</summary>
    public Task AskToStopAsync(ConnectionId connection, DateTimeOffset now, CancellationToken cancellationToken) => store.WriteAsync(
        transaction => transaction.Connection!.ExecuteAsync("UPDATE runs SET stop_asked_at = @now WHERE connection_id = @connection AND outcome = 'Running' AND stop_asked_at IS NULL",
            new { connection = connection.Value, now = now.ToUnixTimeMilliseconds() }, transaction), cancellationToken);

    /// <returns>Null: there is no such run any more.</returns>
    public async Task<RunStanding?> StandingAsync(RunId run, CancellationToken cancellationToken)
    {
        await using var db = await store.ConnectAsync(cancellationToken);
        return (await db.QueryAsync<(string Outcome, long? Asked, long Claim)>("SELECT outcome, stop_asked_at, claim FROM runs WHERE id = @run", new { run = run.Value }))
            .Select(row => new RunStanding(row.Outcome == nameof(RunOutcome.Running), row.Asked is not null, row.Claim)).SingleOrDefault();
    }
}
