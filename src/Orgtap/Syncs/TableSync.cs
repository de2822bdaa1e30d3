using Microsoft.Extensions.Logging;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Bulk;

namespace Orgtap.Syncs;

/// <summary>What the tables of one run share.</summary>
internal sealed record RunContext(
    Run Run, Connection Connection, OrgClients Clients, TablePlanner Planner, OrgCapabilities Org, IReplica Replica, RunStore Runs, LiveRun Live, RunStop Stop,
    ByteBudget Budget, SyncOptions Options, TimeProvider Time, ILoggerFactory Loggers);

/// <summary>One table of one run: plan, read, commit, judge, and try again what passes by itself. Never throws: what went wrong is in the result.</summary>
internal sealed partial class TableSync(RunContext run, SelectedObject selected)
{
    private readonly CallCounter _counter = new();
    private readonly ILogger _logger = run.Loggers.CreateLogger<TableSync>();
    private readonly List<RejectedRow> _rejected = [];
    private RunTable _table = new(selected.SObject, RunTableState.Waiting);
    private Checkpoint? _stored;
    private string _activity = "Waiting";

    public async Task<RunTable> RunAsync()
    {
        var started = run.Time.GetTimestamp();
        _table = _table with { State = RunTableState.Running, StartedAt = run.Time.GetUtcNow() };
        TableStarted(run.Run.Id, selected.SObject);
        await ReportAsync("Planning", save: true);

        var failure = await AttemptsAsync();
        _table = failure switch
        {
            null => _table with { State = RunTableState.Done },
            OperationCanceledException when run.Stop.IsStopped => _table with { State = RunTableState.Held },
            OrgtapException { Kind: FailureKind.Fenced } fenced => _table with { State = RunTableState.Held, Problem = ProblemOf(fenced) },
            OrgtapException ours when run.Stop.Concerns(ours) => _table with { State = RunTableState.Held, Problem = ProblemOf(ours) },
            OrgtapException ours => Failed(ours),
            _ => Failed(new OrgtapException(FailureKind.Defect, $"{selected.SObject} stopped for a reason nobody foresaw.",
                "Report this with the details below. The next sync tries again.", $"{failure.GetType().Name}: {failure.Message}", failure)),
        };
        _table = _table with { EndedAt = run.Time.GetUtcNow(), ApiCalls = _counter.Calls };
        await ReportAsync(_table.Receipt?.Sentence ?? _table.Problem?.Message ?? "Stopped; the next run goes on from here.", save: true);
        if (_table.State == RunTableState.Failed) TableFailed(failure!, run.Run.Id, selected.SObject);
        TableEnded(run.Run.Id, selected.SObject, _table.State, _table.Receipt?.Verdict, _table.RowsWritten, _table.Bytes, _counter.Calls, run.Time.GetElapsedTime(started));
        return _table;
    }

    private async Task<Exception?> AttemptsAsync()
    {
        var (retries, describedAgain) = (0, false);
        var describeAge = run.Options.DescribeAge;
        long? loadRows = null;
        string? bulkRefusal = null;
        while (true)
        {
            var pages = _stored?.Tally.Pages ?? 0;
            try
            {
                run.Stop.Token.ThrowIfCancellationRequested();
                await LoadAsync(describeAge, loadRows, bulkRefusal);
                return null;
            }
            catch (LargerThanPlannedException larger)
            {
                loadRows = larger.Rows;
            }
            catch (OrgtapException refused) when (bulkRefusal is null && BulkRefusalOf(refused) is { } reason)
            {
                bulkRefusal = reason;
            }
            catch (OrgtapException changed) when (changed.Kind == FailureKind.SchemaChanged && !describedAgain)
            {
                (describedAgain, describeAge) = (true, TimeSpan.Zero);
            }
            catch (OrgtapException passing) when (passing.Kind == FailureKind.Transient && passing is not BulkJobStuckException)
            {
                if ((_stored?.Tally.Pages ?? 0) > pages) retries = 0;
                if (retries++ == run.Options.TableRetries) return passing;
                if (await WaitAsync(run.Options.FirstRetryDelay * Math.Pow(4, retries - 1), passing) is { } stopped) return stopped;
            }
            catch (Exception failure)
            {
                return failure;
            }
        }
    }

    private async Task<Exception?> WaitAsync(TimeSpan delay, OrgtapException because)
    {
        RetryLater(run.Run.Id, selected.SObject, delay, because.Message, because.Detail);
        await ReportAsync($"{because.Message} Trying again.", save: false);
        try
        {
            await Task.Delay(delay, run.Time, run.Stop.Token);
            return null;
        }
        catch (OperationCanceledException stopped)
        {
            return stopped;
        }
    }

    /// <returns>Why the same load may succeed through REST, as a sentence; null if it is not Bulk that refused.</returns>
    private string? BulkRefusalOf(OrgtapException failure)
    {
        if (_table.Plan is not { Api: ExtractionApi.Bulk } || failure is not SalesforceException refusal) return null;
        if (refusal is { Kind: FailureKind.QuotaExhausted, ErrorCode: "LIMIT_EXCEEDED" }) return "The org's Bulk jobs of the last 24 hours are used up.";
        if (refusal.Kind != FailureKind.Unsupported) return null;
        var reason = $"Bulk API does not serve {selected.SObject}.";
        run.Org.RefuseBulk(selected.SObject, reason);
        return reason;
    }

    private async Task LoadAsync(TimeSpan describeAge, long? loadRows, string? bulkRefusal)
    {
        var stop = run.Stop.Token;
        var toLoad = await run.Planner.PrepareAsync(selected, describeAge, _counter, stop);
        var table = await run.Replica.OpenAsync(toLoad.Schema, stop);
        _stored = table.Checkpoint;
        var plan = run.Planner.Plan(toLoad, table.Checkpoint, loadRows, bulkRefusal);
        var from = plan.StartFrom(table.Checkpoint);
        _table = _table with
        {
            Plan = plan.Summary,
            RowsExpected = from.Expected ?? plan.EstimatedRows,
            RowsWritten = from.Tally.Written,
            Bytes = from.Tally.Bytes,
        };
        await ReportAsync(plan.Api == ExtractionApi.Bulk ? "Salesforce prepares the rows" : "Reading", save: true);

        var client = run.Clients.Open(run.Connection.Id, run.Connection.InstanceUrl!, _counter);
        IExtractor extractor = plan.Api == ExtractionApi.Bulk
            ? new BulkExtractor(client, run.Budget, run.Org, run.Options.Extraction, run.Time, run.Loggers.CreateLogger<BulkExtractor>())
            : new RestExtractor(client, run.Budget);
        var hadResultPages = run.Org.ResultPages;
        var tally = from.Tally;
        await foreach (var read in PagesAhead.ReadAsync(extractor.ReadAsync(plan, from, stop)))
        {
            using var page = read;
            if (hadResultPages is null && run.Org.ResultPages == false) ExplainSerialPages(ref hadResultPages);
            if (Loads.IsBegin(page)) tally = page.Covers.Tally;
            tally = await CommitAsync(table, page with { Covers = page.Covers with { Tally = tally } });
        }
    }

    /// <returns>The tally that the next page goes on from.</returns>
    private async Task<Tally> CommitAsync(OpenTable table, Page page)
    {
        var (ends, summed) = (page.Covers.Finished, page.Covers);
        // Rows are missing: the load must not count as finished, or the next one would begin behind the gap.
        if (ends && Receipts.MissesRows(page.Covers)) page = Loads.Again(_stored ?? page.Covers);
        // A commit under way is not cancelled: a stop takes effect behind it.
        var commit = await run.Replica.CommitAsync(table, page, CancellationToken.None);
        var receipt = ends ? Receipts.Of(_table.Plan!, selected.SObject, commit.Stored.Finished ? commit.Stored : summed, null, _rejected) : null;
        _stored = commit.Stored;
        _rejected.AddRange(page.Rejected.Take(Receipts.MostRejectedListed - Math.Min(_rejected.Count, Receipts.MostRejectedListed)));
        var tally = receipt?.Tally ?? commit.Stored.Tally;
        _table = _table with
        {
            Receipt = receipt,
            RowsExpected = commit.Stored.Expected ?? _table.RowsExpected,
            RowsWritten = tally.Written,
            Bytes = tally.Bytes,
            ApiCalls = _counter.Calls,
        };
        if (receipt is { Verdict: Verdict.Partial }) _table = _table with { Problem = PartialProblem(receipt) };
        await ReportAsync(Loads.IsBegin(page) ? "Salesforce prepares the rows" : "Loading", save: true);
        return commit.Stored.Tally;
    }

    private void ExplainSerialPages(ref bool? hadResultPages)
    {
        hadResultPages = false;
        _table = _table with { Plan = _table.Plan! with { Reasons = [.. _table.Plan.Reasons, "This org does not offer parallel result pages: pages are read one after another."] } };
    }

    private RunTable Failed(OrgtapException failure)
    {
        var plan = _table.Plan;
        var receipt = plan is null ? null : Receipts.Of(plan, selected.SObject,
            _stored ?? new Checkpoint { Mode = plan.Mode, Window = plan.Window, Fields = [] }, failure.Message, _rejected);
        return _table with { State = RunTableState.Failed, Problem = ProblemOf(failure), Receipt = receipt };
    }

    private Problem ProblemOf(OrgtapException failure)
    {
        var now = run.Time.GetUtcNow();
        var problem = Problem.From(failure, now);
        return problem is { Turn: Turn.We, RetryAt: null } ? problem with { RetryAt = now + run.Options.NextAttempt } : problem;
    }

    private Problem PartialProblem(Receipt receipt)
    {
        var now = run.Time.GetUtcNow();
        return receipt.Rejected.Count > 0
            ? new Problem(FailureKind.Defect, Turn.Operator, $"{selected.SObject}: {receipt.Sentence}", "Look at the rejected rows in the run's receipt and mend them in Salesforce.", now, null, null)
            : new Problem(FailureKind.Transient, Turn.We, $"{selected.SObject}: {receipt.Sentence}", "The next sync reads the table's window again.", now, now + run.Options.NextAttempt, null);
    }

    private async Task ReportAsync(string activity, bool save)
    {
        _activity = activity;
        run.Live.Update(_table, _activity);
        // History is written even when the run is being stopped.
        if (save) await run.Runs.SaveTableAsync(run.Run.Id, _table, CancellationToken.None);
    }

    [LoggerMessage(5101, LogLevel.Information, "Run {RunId}: {SObject} begins")]
    private partial void TableStarted(RunId runId, string sobject);

    [LoggerMessage(5102, LogLevel.Information, "Run {RunId}: {SObject} ended as {State}, verdict {Verdict}: {Rows} rows, {Bytes} bytes, {Calls} calls, {Elapsed}")]
    private partial void TableEnded(RunId runId, string sobject, RunTableState state, Verdict? verdict, long rows, long bytes, long calls, TimeSpan elapsed);

    [LoggerMessage(5103, LogLevel.Warning, "Run {RunId}: {SObject} tries again in {Delay}: {Reason} {Detail}")]
    private partial void RetryLater(RunId runId, string sobject, TimeSpan delay, string reason, string? detail);

    [LoggerMessage(5104, LogLevel.Warning, "Run {RunId}: {SObject} failed")]
    private partial void TableFailed(Exception failure, RunId runId, string sobject);
}
