using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Salesforce;

namespace Orgtap.Syncs;

/// <summary>Runs syncs: every selected table from its checkpoint to the present, with a receipt for each.</summary>
public sealed partial class SyncRunner(
    OrgClients clients, CatalogReader catalog, ConnectionStore connections, SelectionStore selections, RunStore runs, ReplicaFiles replicas, OpenReplica openReplica,
    LiveRuns live, RowMemory memory, SyncOptions options, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ConcurrentDictionary<ConnectionId, OrgCapabilities> _capabilities = new();
    private readonly ILogger _logger = loggers.CreateLogger<SyncRunner>();

    /// <summary>Begins a run and sees it to its end. A table that fails does not stop the others.</summary>
    /// <param name="cancellationToken">Stops the run between two pages: what is committed stays, and the next run goes on from there.</param>
    /// <exception cref="InvalidInputException">There is no such connection, it is not authorized, nothing is selected, or a run is under way.</exception>
    public async Task<Run> RunAsync(ConnectionId connection, string startedBy, CancellationToken cancellationToken) =>
        await ContinueAsync(await BeginAsync(connection, startedBy, SyncWish.Everything, cancellationToken), cancellationToken);

    /// <summary>Writes the run's row, so that it can be named before it works; <see cref="ContinueAsync"/> must follow.</summary>
    public async Task<Run> BeginAsync(ConnectionId connectionId, string startedBy, SyncWish wish, CancellationToken cancellationToken)
    {
        var connection = await GetAsync(connectionId, cancellationToken);
        var selection = await SelectionOf(connection, cancellationToken);
        foreach (var sobject in wish.Tables)
            if (!selection.Any(selected => Same(selected.SObject, sobject))) throw new InvalidInputException($"{sobject} is not selected in {connection.Name}.", "Name a table that is, or leave the tables out for all of them.");
        var tables = selection.Select(selected => selected.SObject).Where(sobject => wish.Tables.Count == 0 || wish.Tables.Contains(sobject, StringComparer.OrdinalIgnoreCase));
        try
        {
            return await runs.BeginAsync(connectionId, startedBy, [.. tables], wish.Purpose, cancellationToken);
        }
        catch (RunUnderWayException underWay)
        {
            throw new InvalidInputException($"{connection.Name} is being synced already (run {underWay.Run}).", underWay.NextStep, underWay);
        }
    }

    /// <summary>
    /// Does the work of a run that <see cref="BeginAsync"/> began, or goes on with it where another process died. Ends it in every case, unless yet another process takes it over; throws only what nobody foresaw.
    /// </summary>
    public async Task<Run> ContinueAsync(Run begun, CancellationToken cancellationToken)
    {
        if (await runs.Claims.TakeAsync(begun.Id, CancellationToken.None) is not var (run, claim, left)) return await runs.FindAsync(begun.Id, CancellationToken.None) ?? begun;
        using var trace = Telemetry.Start("orgtap.run", run.Trace);
        trace?.SetTag("orgtap.run", run.Id.Value).SetTag("orgtap.connection", run.ConnectionId.Value).SetTag("orgtap.purpose", run.Purpose.ToString());
        var current = live.Begin(run);
        using var stop = new RunStop(time, cancellationToken);
        await using var watch = runs.IsShared ? RunWatch.Start(runs.Claims, claim, stop, time) : null;
        var counter = new CallCounter(run.Purpose.ForCalls());
        Problem? problem = null;
        try
        {
            var connection = await GetAsync(run.ConnectionId, CancellationToken.None);
            // What was deselected since the run began is left out; its row of history says that it was not begun.
            var selection = (await SelectionOf(connection, CancellationToken.None)).Where(selected => run.Tables.Any(table => Same(table.SObject, selected.SObject))).ToList();
            await LoadTablesAsync(run, claim, connection, selection, left, current, stop, counter);
        }
        catch (OperationCanceledException) when (stop.IsStopped)
        {
        }
        catch (OrgtapException failure)
        {
            RunFailed(failure, run.Id);
            if (!stop.Concerns(failure)) problem = Retried(Problem.From(failure, time.GetUtcNow()));
        }
        catch (Exception failure)
        {
            RunFailed(failure, run.Id);
            var defect = new OrgtapException(FailureKind.Defect, "The sync stopped for a reason nobody foresaw.", "Report this with the details below. The next sync tries again.",
                $"{failure.GetType().Name}: {failure.Message}", failure);
            problem = Problem.From(defect, time.GetUtcNow());
        }
        return await EndAsync(run, claim, current, stop, problem, counter);
    }

    /// <summary>What a sync would do now, with its cost and reasons. Asks the org, but writes nothing to the replica.</summary>
    public async Task<SyncForecast> PlanAsync(ConnectionId connectionId, CancellationToken cancellationToken)
    {
        var connection = await GetAsync(connectionId, cancellationToken);
        return await PlanAsync(connection, await SelectionOf(connection, cancellationToken), cancellationToken);
    }

    /// <summary>What a sync would do if this were selected.</summary>
    public async Task<SyncForecast> PlanAsync(ConnectionId connectionId, IReadOnlyList<SelectedObject> selection, CancellationToken cancellationToken) =>
        await PlanAsync(await GetAsync(connectionId, cancellationToken), selection, cancellationToken);

    private async Task<SyncForecast> PlanAsync(Connection connection, IReadOnlyList<SelectedObject> selection, CancellationToken cancellationToken)
    {
        var stored = (await replicas.TablesAsync(connection, cancellationToken)).ToDictionary(table => table.SObject, table => table.Checkpoint?.Under(connection.Masking), StringComparer.OrdinalIgnoreCase);
        var counter = new CallCounter();
        var planner = await PlannerAsync(connection, selection, stored, RunPurpose.Sync, options.DescribeAge, counter, cancellationToken);
        var tables = new List<(TableToLoad, TableFacts)>();
        foreach (var selected in selection)
        {
            var table = await planner.PrepareAsync(selected, options.DescribeAge, counter, cancellationToken);
            tables.Add((table, planner.FactsOf(table, stored.GetValueOrDefault(selected.SObject))));
        }
        var forecast = SyncForecast.Of(tables);
        // The sync counts the rows of what it has not loaded yet once more, and looks whether there are Bulk jobs for it.
        return forecast with { Together = forecast.Together + planner.CallsToCount + (forecast.BulkJobs > 0 ? 1 : 0) };
    }

    /// <summary>Foretells what the run will cost, and looks whether the org has the Bulk jobs for it. Neither is worth a failed sync.</summary>
    /// <returns>How each table will be loaded, as far as that is known beforehand.</returns>
    private async Task<IReadOnlyList<ExtractionPlan>> ForetellAsync(RunContext run, IReadOnlyList<SelectedObject> selection, Dictionary<string, Checkpoint?> stored, CallCounter counter)
    {
        try
        {
            var tables = new List<(TableToLoad Table, TableFacts Facts)>();
            foreach (var selected in selection)
            {
                try
                {
                    var table = await run.Planner.PrepareAsync(selected, run.DescribeAge, counter, run.Stop.Token);
                    tables.Add((table, run.Planner.FactsOf(table, stored.GetValueOrDefault(selected.SObject))));
                }
                catch (OrgtapException failure) when (failure.Kind is FailureKind.Permission or FailureKind.SchemaChanged or FailureKind.InvalidInput)
                {
                    // The table says so itself when its turn comes.
                }
            }
            var forecast = SyncForecast.Of(tables);
            if (forecast.BulkJobs > 0)
            {
                var limits = await clients.Open(run.Connection.Id, run.Connection.InstanceUrl!, counter).LimitsAsync(run.Stop.Token);
                run.Planner.BulkExhausted = BulkLimits.Exhausted(limits, forecast.BulkJobs, run.Connection.QuotaThresholdPercent);
                if (run.Planner.BulkExhausted is not null)
                    forecast = SyncForecast.Of([.. tables.Select(table => (table.Table, run.Planner.FactsOf(table.Table, table.Facts.Checkpoint)))]);
            }
            // Whoever takes over foretells only what is left.
            if (run.Run.ExpectedCalls is null) await runs.ForetellAsync(run.Run.Id, counter.Calls + forecast.Calls, run.Stop.Token);
            return forecast.Plans;
        }
        catch (OrgtapException failure) when (failure.Kind is FailureKind.Transient or FailureKind.Unsupported or FailureKind.Permission or FailureKind.SchemaChanged or FailureKind.Defect)
        {
            NotForetold(run.Connection.Name, failure.Message, failure.Detail);
            return [];
        }
    }

    /// <param name="left">Of the selection, what this process begins with; the rest has ended, or others work on it and may give it back.</param>
    private async Task LoadTablesAsync(
        Run run, RunClaim claim, Connection connection, IReadOnlyList<SelectedObject> selection, IReadOnlySet<string> left, LiveRun current, RunStop stop, CallCounter counter)
    {
        var own = selection.Where(selected => left.Contains(selected.SObject)).ToList();
        await using var replica = await openReplica(connection, stop.Token);
        await MaskAsync(run, connection, replica, current, stop.Token);
        var stored = (await replica.TablesAsync(stop.Token)).ToDictionary(table => table.SObject, table => table.Checkpoint, StringComparer.OrdinalIgnoreCase);
        var planner = await PlannerAsync(connection, selection, stored, run.Purpose, run.Purpose == RunPurpose.Sync ? options.DescribeAge : TimeSpan.Zero, counter, stop.Token);
        var context = new RunContext(run, claim, connection, clients, planner, CapabilitiesOf(connection), replica, runs, current, stop, memory.Of(connection), options, time, loggers);

        var plans = await ForetellAsync(context, own, stored, counter);
        var lanes = new TableLanes(context, selection, await new TableProbes(context, stored, counter).AskAsync(own, stop.Token));
        var offered = await OfferAsync(claim, plans, stop.Token);
        await lanes.LoadAsync(own.Select(selected => selected.SObject).Where(sobject => !offered.Contains(sobject)));
        // Also of a run that was taken over: helpers of whoever had it go on.
        if (runs.IsShared) await SeeThroughAsync(context, lanes);
        await new VanishedRows(context, lanes.Syncs, counter).FindAsync();
    }

    /// <summary>What was stored before the masking rules became what they are follows them before anything new comes.</summary>
    private async Task MaskAsync(Run run, Connection connection, IReplica replica, LiveRun current, CancellationToken cancellationToken)
    {
        if ((await replica.TablesAsync(cancellationToken)).All(table => table.Checkpoint is null || connection.Masking.Are(table.Checkpoint.Masks))) return;
        foreach (var table in run.Tables) current.Update(table, "Masking what is stored");
        var masked = await replica.MaskAsync(connection.Masking, cancellationToken);
        StoredMasked(run.Id, masked.Total, masked.Words);
    }

    private async Task<TablePlanner> PlannerAsync(
        Connection connection, IReadOnlyList<SelectedObject> selection, Dictionary<string, Checkpoint?> stored, RunPurpose purpose, TimeSpan describeAge, CallCounter counter, CancellationToken cancellationToken,
        IReadOnlyDictionary<string, long>? known = null)
    {
        var client = clients.Open(connection.Id, connection.InstanceUrl!, counter);
        var version = await client.VersionAsync(cancellationToken);
        await catalog.WarmAsync(connection, [.. selection.Select(selected => selected.SObject)], describeAge, counter, cancellationToken);

        // An incremental load is a part of the table that no count of the whole foretells.
        var uncounted = known is not null ? [] : selection.Select(selected => selected.SObject).Where(sobject => stored.GetValueOrDefault(sobject) is not { Finished: true, Mode: not LoadMode.Snapshot } || purpose != RunPurpose.Sync).ToList();
        var counts = known ?? new Dictionary<string, long>();
        try
        {
            if (uncounted.Count > 0) counts = await client.CountAsync(uncounted, cancellationToken);
        }
        catch (OrgtapException failure) when (failure.Kind is FailureKind.Transient or FailureKind.Unsupported or FailureKind.Permission or FailureKind.SchemaChanged or FailureKind.Defect)
        {
            // An estimate is worth a call, not a failed sync.
            NotCounted(connection.Name, failure.Message, failure.Detail);
        }
        return new TablePlanner(catalog, connection, version.Number, CapabilitiesOf(connection), counts, purpose, options, clients.ClockOf(connection.Id)) { CallsToCount = uncounted.Count > 0 ? 1 : 0, Memory = memory.Of(connection).Limit };
    }

    private async Task<Run> EndAsync(Run run, RunClaim claim, LiveRun current, RunStop stop, Problem? problem, CallCounter counter)
    {
        // Tables that were not begun, or that a helper had no time to end, go on with the next run.
        var tables = new List<RunTable>();
        foreach (var table in (await runs.FindAsync(run.Id, CancellationToken.None))?.Tables ?? [])
        {
            var ended = table.State is RunTableState.Waiting or RunTableState.Running ? table with { State = RunTableState.Held, EndedAt = table.StartedAt is null ? null : time.GetUtcNow() } : table;
            if (ended != table && await runs.SaveTableAsync(claim, ended, CancellationToken.None)) current.Update(ended, "Not begun");
            tables.Add(ended);
        }
        var outcome = OutcomeOf(tables, stop.IsStopped, problem);
        problem ??= stop.Problem ?? WorstOf(tables);
        var verdict = Verdicts.Worst(tables.Where(table => table.Receipt is not null).Select(table => table.Receipt!.Verdict));
        if (await runs.EndAsync(claim, outcome, verdict, counter.Calls + tables.Sum(table => table.ApiCalls), problem, CancellationToken.None) is not { } over)
        {
            // What becomes of it, the history says.
            live.Leave(run);
            TakenOver(run.Id);
            return await runs.FindAsync(run.Id, CancellationToken.None) ?? run;
        }

        // Somebody's stop says nothing about the connection's health.
        if (problem is not null || outcome == RunOutcome.Completed) await connections.SetProblemAsync(run.ConnectionId, problem, CancellationToken.None);
        if (outcome == RunOutcome.Completed) await connections.SetLastSuccessAsync(run.ConnectionId, time.GetUtcNow(), CancellationToken.None);
        current.End(over);
        Tell(over, tables, (await connections.FindAsync(run.ConnectionId, CancellationToken.None))?.Name ?? run.ConnectionId.Value);
        RunEnded(run.Id, outcome, over.ApiCalls);
        return over;
    }

    private static void Tell(Run ended, List<RunTable> tables, string connection)
    {
        var purpose = new KeyValuePair<string, object?>("purpose", ended.Purpose.ToString());
        Telemetry.Runs.Add(1, purpose, new KeyValuePair<string, object?>("outcome", ended.Outcome.ToString()));
        if (ended.EndedAt is { } end) Telemetry.RunSeconds.Record((end - ended.StartedAt).TotalSeconds, purpose);
        Telemetry.Rows.Add(tables.Sum(table => table.Receipt?.Tally.Written ?? 0), new KeyValuePair<string, object?>("connection", connection));
        System.Diagnostics.Activity.Current?.SetTag("orgtap.outcome", ended.Outcome.ToString());
    }

    /// <summary>Pure.</summary>
    internal static RunOutcome OutcomeOf(IReadOnlyList<RunTable> tables, bool stopped, Problem? problem)
    {
        if (stopped && tables.Any(table => table.State == RunTableState.Held)) return RunOutcome.Stopped;
        if (problem is not null || tables.All(table => table.State == RunTableState.Failed)) return RunOutcome.Failed;
        return tables.All(table => table is { State: RunTableState.Done, Receipt.Verdict: Verdict.Complete or Verdict.CompleteNotConfirmed }) ? RunOutcome.Completed : RunOutcome.Partial;
    }

    // What somebody must do comes before what mends itself.
    private static Problem? WorstOf(IEnumerable<RunTable> tables) =>
        tables.Select(table => table.Problem).OfType<Problem>().OrderBy(problem => problem.Turn == Turn.We ? 1 : 0).FirstOrDefault();

    private Problem Retried(Problem problem) => problem is { Turn: Turn.We, RetryAt: null } ? problem with { RetryAt = time.GetUtcNow() + options.NextAttempt } : problem;

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private OrgCapabilities CapabilitiesOf(Connection connection) => _capabilities.GetOrAdd(connection.Id, _ => new OrgCapabilities());

    private async Task<Connection> GetAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        var connection = await connections.FindAsync(id, cancellationToken) ?? throw new InvalidInputException("This connection is no longer there.", "Choose another one.");
        return connection.InstanceUrl is not null ? connection
            : throw new InvalidInputException($"{connection.Name} is not authorized yet.", "Authorize it first.");
    }

    private async Task<IReadOnlyList<SelectedObject>> SelectionOf(Connection connection, CancellationToken cancellationToken)
    {
        var selection = await selections.GetAsync(connection.Id, cancellationToken);
        return selection.Count > 0 ? selection
            : throw new InvalidInputException($"No tables of {connection.Name} are selected.", "Choose a preset or tables first, e.g. with `orgtap select`.");
    }

    [LoggerMessage(5001, LogLevel.Information, "Run {RunId} ended as {Outcome} after {Calls} calls")]
    private partial void RunEnded(RunId runId, RunOutcome outcome, long calls);

    [LoggerMessage(5006, LogLevel.Warning, "Run {RunId} was taken over by another process, which ends it")]
    private partial void TakenOver(RunId runId);

    [LoggerMessage(5002, LogLevel.Warning, "Run {RunId} failed")]
    private partial void RunFailed(Exception failure, RunId runId);

    [LoggerMessage(5004, LogLevel.Information, "Run {RunId}: the masking rules changed; {Count} places of stored texts were masked {ByRule}")]
    private partial void StoredMasked(RunId runId, long count, string byRule);

    [LoggerMessage(5005, LogLevel.Information, "The cost of a sync of {Connection} was not foretold: {Reason} {Detail}")]
    private partial void NotForetold(string connection, string reason, string? detail);

    [LoggerMessage(5003, LogLevel.Information, "Rows of {Connection} could not be counted beforehand: {Reason} {Detail}")]
    private partial void NotCounted(string connection, string reason, string? detail);
}
