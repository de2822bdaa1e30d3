using Microsoft.Extensions.Logging;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Bulk;
using Orgtap.Salesforce.Replication;

namespace Orgtap.Syncs;

/// <summary>What the tables of one run share.</summary>
internal sealed record RunContext(
    Run Run, RunClaim Claim, Connection Connection, OrgClients Clients, TablePlanner Planner, OrgCapabilities Org, IReplica Replica, RunStore Runs, LiveRun Live, RunStop Stop,
    ByteBudget Budget, SyncOptions Options, TimeProvider Time, ILoggerFactory Loggers)
{
    /// <summary>Whose moments decide what a window holds.</summary>
    public TimeProvider OrgTime { get; } = Clients.ClockOf(Connection.Id);

    /// <summary>How old a table's describe may be. Who asks for more than a sync, perhaps after mending permissions, wants the fields as they are now.</summary>
    public TimeSpan DescribeAge => Run.Purpose == RunPurpose.Sync ? Options.DescribeAge : Time.GetUtcNow() - Run.StartedAt;

    /// <summary>Stores how a table stands.</summary>
    /// <returns>False: another process goes on with it, and this one stops.</returns>
    public async Task<bool> SaveAsync(RunTable table)
    {
        if (!Stop.IsSuperseded && await Runs.SaveTableAsync(Claim, table, CancellationToken.None)) return true;
        Stop.Supersede();
        return false;
    }
}

/// <summary>One table of one run: plan, read, commit, judge, and try again what passes by itself. Never throws: what went wrong is in the result.</summary>
internal sealed partial class TableSync(RunContext run, SelectedObject selected, TableProbe? probe = null)
{
    private readonly CallCounter _counter = new(run.Run.Purpose.ForCalls());
    private readonly ILogger _logger = run.Loggers.CreateLogger<TableSync>();
    private readonly List<RejectedRow> _rejected = [];
    private readonly List<Receipt> _receipts = [];
    private readonly HashSet<LoadMode> _done = [];
    private RunTable _table = new(selected.SObject, RunTableState.Waiting);
    private TableToLoad? _toLoad;
    private OpenTable? _open;
    private Checkpoint? _stored;
    private long? _loadRows;
    private string? _bulkRefusal;
    private string? _restRefusal;
    private ExtractionPlan? _lastPlan;
    private bool _probeTaken;
    private string _activity = "Waiting";

    public async Task<RunTable> RunAsync()
    {
        var started = run.Time.GetTimestamp();
        _table = _table with { State = RunTableState.Running, StartedAt = run.Time.GetUtcNow() };
        TableStarted(run.Run.Id, selected.SObject);
        await ReportAsync("Planning", save: probe?.Load is null);

        await FinishAsync(await AttemptsAsync());
        TableEnded(run.Run.Id, selected.SObject, _table.State, _table.Receipt?.Verdict, _table.RowsWritten, _table.Bytes, _counter.Calls, run.Time.GetElapsedTime(started));
        return _table;
    }

    /// <summary>The list of deleted records that was asked for beforehand, if this table can make use of it now.</summary>
    public (DeletedWindow Asked, DeletedList List)? KnownDeleted => DeletedWindow() is { } due && probe?.Deleted is { } known && known.Asked.From == due.From ? known : null;

    /// <summary>What to ask Salesforce's list of deleted records for; null: nothing now.</summary>
    public DeletedWindow? DeletedWindow() => _table.State == RunTableState.Done && _toLoad is not null ? DeletedWindowOf(_toLoad, _stored, run.OrgTime.GetUtcNow()) : null;

    /// <inheritdoc cref="DeletedWindow"/>
    public static DeletedWindow? DeletedWindowOf(TableToLoad table, Checkpoint? stored, DateTimeOffset now)
    {
        if (table is not { Replicateable: true, StampField: not null } || stored is not { Finished: true, DeletesUpTo: { } from }) return null;
        var (begin, end) = (WholeMinutes(from).AddMinutes(-1), WholeMinutes(now));
        // The span must exceed a minute, and a list for a moment that has hardly passed is not worth a call.
        return end - begin >= TimeSpan.FromMinutes(3) ? new DeletedWindow(table.Schema.SObject, begin, end) : null;
    }

    /// <summary>Marks what the list says is gone. Where the list has a gap, the Ids of all rows are compared at once.</summary>
    public async Task<RunTable> ApplyAsync(DeletedWindow asked, DeletedList list)
    {
        var gap = list.Failure is { ErrorCode: "INVALID_REPLICATION_DATE" } || list.EarliestAvailable > asked.From.AddMinutes(1);
        // Any other refusal says nothing about rows; the next run asks from the same moment.
        if (list.Failure is not null && !gap) return _table;
        var failure = await GuardedAsync(async () =>
        {
            await CommitDeletesAsync(asked, list, gap);
            if (gap) await LoadsAsync(run.DescribeAge);
        });
        await FinishAsync(failure);
        return _table;
    }

    private async Task FinishAsync(Exception? failure)
    {
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
    }

    private async Task<Exception?> AttemptsAsync()
    {
        var (retries, describedAgain, takenBack) = (0, false, 0);
        var describeAge = run.DescribeAge;
        while (true)
        {
            var pages = _stored?.Tally.Pages ?? 0;
            try
            {
                run.Stop.Token.ThrowIfCancellationRequested();
                await LoadsAsync(describeAge);
                return null;
            }
            catch (LargerThanPlannedException larger)
            {
                _loadRows = larger.Rows;
            }
            catch (OrgtapException refused) when (_bulkRefusal is null && BulkRefusalOf(refused) is { } reason)
            {
                _bulkRefusal = reason;
            }
            catch (SalesforceException slow) when (_restRefusal is null && RestRefusalOf(slow) is { } reason)
            {
                _restRefusal = reason;
            }
            // Whoever had the table before and has died or frozen may have opened it once more; whose claim it is goes on.
            catch (FencedException) when (takenBack++ < 2)
            {
                if (!await run.SaveAsync(_table)) return new OperationCanceledException(run.Stop.Token);
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
        if (_lastPlan is not { Api: ExtractionApi.Bulk } || failure is not SalesforceException refusal) return null;
        if (refusal is { Kind: FailureKind.QuotaExhausted, ErrorCode: "LIMIT_EXCEEDED" }) return "The org's Bulk jobs of the last 24 hours are used up.";
        if (refusal.Kind != FailureKind.Unsupported) return null;
        var reason = $"Bulk API does not serve {selected.SObject}.";
        run.Org.RefuseBulk(selected.SObject, reason);
        return reason;
    }

    /// <returns>Why the same load may succeed through Bulk, as a sentence; null if it is not for REST's sake that it failed.</returns>
    private string? RestRefusalOf(SalesforceException failure) => _lastPlan is not { Api: ExtractionApi.Rest, Mode: not LoadMode.Mend } ? null : failure switch
    {
        { ErrorCode: "QUERY_TIMEOUT" } => $"A REST query of {selected.SObject} took Salesforce too long.",
        { StatusCode: System.Net.HttpStatusCode.RequestUriTooLong or System.Net.HttpStatusCode.RequestHeaderFieldsTooLarge } => $"A REST query of {selected.SObject} with its fields is too long.",
        _ => null,
    };

    /// <summary>Does one load after the other until the table needs no more in this run.</summary>
    private async Task LoadsAsync(TimeSpan describeAge)
    {
        var stop = run.Stop.Token;
        _toLoad = await run.Planner.PrepareAsync(selected, describeAge, _counter, stop);
        _open = await run.Replica.OpenAsync(_toLoad.Schema, stop);
        _stored = _open.Checkpoint;
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            var facts = run.Planner.FactsOf(_toLoad, _stored) with
            {
                LoadRows = _loadRows, Done = _done, MissesRows = _stored is not null && (await run.Replica.MissingAsync(_open, null, 1, stop)).Count > 0,
            };
            if (_bulkRefusal is not null) facts = facts with { BulkRefusal = _bulkRefusal };
            if (_restRefusal is not null) facts = facts with { RestRefusal = _restRefusal };
            if (LoadSteps.Next(facts) is not { } mode) return;
            var probed = TakeProbe(mode);
            await LoadAsync(probed?.Plan ?? TablePlanner.Plan(facts, mode), probed);
            // Rows are missing: the receipt says so, and the next run reads them.
            if (_stored is not { Finished: true }) return;
            _done.Add(mode);
            (_loadRows, _bulkRefusal, _restRefusal) = (null, null, null);
        }
    }

    /// <summary>What was asked beforehand, if it is this very load: nothing was committed since, and the fields are the same. Good for one try.</summary>
    private ProbedLoad? TakeProbe(LoadMode mode)
    {
        if (mode != LoadMode.Incremental || _probeTaken || probe?.Load is not { } load) return null;
        _probeTaken = true;
        return load.Plan.Schema.Columns.Select(column => column.Name).SequenceEqual(_toLoad!.Schema.Columns.Select(column => column.Name))
            && _stored!.Watermark!.Value.ModifiedAt - run.Options.Extraction.Overlap == load.Plan.Window.After ? load : null;
    }

    private async Task LoadAsync(ExtractionPlan planned, ProbedLoad? probed)
    {
        var client = run.Clients.Open(run.Connection.Id, run.Connection.InstanceUrl!, _counter);
        var plan = await SlicedAsync(client, planned);
        _lastPlan = plan;
        var from = plan.StartFrom(_stored);
        _table = _table with
        {
            Plan = _receipts.Count == 0 ? plan.Summary : _table.Plan! with { Reasons = [.. _table.Plan.Reasons, .. plan.Reasons], EstimatedCalls = _table.Plan.EstimatedCalls + plan.EstimatedCalls },
            RowsExpected = from.Expected ?? plan.EstimatedRows,
            RowsWritten = from.Tally.Written,
            Bytes = from.Tally.Bytes,
        };
        // What was asked beforehand is over in a moment: its end is all that history needs, and most tables of most runs are such.
        var isBrief = probed is not null;
        await ReportAsync(ActivityOf(plan), save: !isBrief);

        IExtractor extractor = plan switch
        {
            _ when probed is not null => new ProbedExtractor(probed, run.Budget),
            { Mode: LoadMode.Mend } => new MendExtractor(client, run.Budget, run.Org, (after, most, cancellationToken) => run.Replica.MissingAsync(_open!, after, most, cancellationToken)),
            { Api: ExtractionApi.Bulk } => new BulkExtractor(client, run.Budget, run.Org, run.Options.Extraction, run.Time, run.OrgTime, run.Loggers.CreateLogger<BulkExtractor>()),
            _ => new RestExtractor(client, run.Budget, run.Org),
        };
        var hadResultPages = run.Org.ResultPages;
        var (tally, slice, before) = (from.Tally, from.Slice, from.TallyBefore);
        await foreach (var read in PagesAhead.ReadAsync(extractor.ReadAsync(plan, from, run.Stop.Token), run.Replica.ReadsAhead, (page, abandoned) => run.Replica.SendAheadAsync(_open!, page, abandoned)))
        {
            using var page = read;
            if (hadResultPages is null && run.Org.ResultPages == false) ExplainSerialPages(ref hadResultPages);
            // A new slice begins with the sums of those before it; a job that begins (again) goes back to them.
            if (page.Covers.Slice != slice) (before, slice) = (tally, page.Covers.Slice);
            if (Loads.IsBegin(page)) tally = before ?? Tally.Zero;
            tally = await CommitAsync(plan, page with { Covers = page.Covers with { Tally = tally, TallyBefore = before } }, save: !isBrief || !page.Covers.Finished);
        }
    }

    /// <summary>Cuts a large first load, so that a lost job costs a part of it.</summary>
    private async Task<ExtractionPlan> SlicedAsync(SalesforceClient client, ExtractionPlan plan)
    {
        if (plan.Slices < 2) return plan;
        if (await client.IdRangeAsync(plan.SObject, run.Stop.Token) is not var (first, last)) return plan;
        var cuts = IdSlices.Cut(first, last, plan.Slices);
        return cuts.Count == 0 ? plan : plan with { Cuts = cuts, Reasons = [.. plan.Reasons, $"Cut into {cuts.Count + 1} slices by Id: a lost job costs one of them."] };
    }

    private static string ActivityOf(ExtractionPlan plan) => plan switch
    {
        { Mode: LoadMode.Reconcile } => "Comparing Ids",
        { Mode: LoadMode.Columns } => "Filling new fields",
        { Mode: LoadMode.Refresh } => "Reading formulas again",
        { Api: ExtractionApi.Bulk } => "Salesforce prepares the rows",
        _ => "Reading",
    };

    /// <returns>The tally that the next page goes on from.</returns>
    private async Task<Tally> CommitAsync(ExtractionPlan plan, Page page, bool save)
    {
        var (ends, summed) = (page.Covers.Finished, page.Covers);
        // Rows are missing: the load must not count as finished, or the next one would begin behind the gap.
        if (ends && Receipts.MissesRows(page.Covers)) page = Loads.Again(_stored ?? page.Covers);
        page = page with { Covers = (page.Covers with { MaskedInAll = _stored?.MaskedInAll }).Masking(page.Masked) };
        // A commit under way is not cancelled: a stop takes effect behind it.
        var commit = await run.Replica.CommitAsync(_open!, page, CancellationToken.None);
        _stored = commit.Stored;
        _rejected.AddRange(page.Rejected.Take(Receipts.MostRejectedListed - Math.Min(_rejected.Count, Receipts.MostRejectedListed)));
        if (ends) Conclude(Receipts.Of(plan.Summary, selected.SObject, commit.Stored.Finished ? commit.Stored : summed, null, _rejected));
        else _table = _table with { RowsWritten = commit.Stored.Tally.Written + commit.Stored.Tally.Absent, Bytes = commit.Stored.Tally.Bytes };
        _table = _table with { RowsExpected = commit.Stored.Expected ?? _table.RowsExpected, ApiCalls = _counter.Calls };
        await ReportAsync(Loads.IsBegin(page) ? "Salesforce prepares the rows" : plan.Mode.IsMain() ? "Loading" : ActivityOf(plan), save);
        return commit.Stored.Tally;
    }

    /// <summary>One load has come to its end, whatever its verdict.</summary>
    private void Conclude(Receipt receipt)
    {
        _receipts.Add(receipt);
        _rejected.Clear();
        var combined = Receipts.Combine(_receipts);
        _table = _table with { Receipt = combined, RowsWritten = combined.Tally.Written, Bytes = _receipts.Sum(each => each.Tally.Bytes) };
        if (receipt is { Verdict: Verdict.Partial }) _table = _table with { Problem = PartialProblem(receipt) };
    }

    private async Task CommitDeletesAsync(DeletedWindow asked, DeletedList list, bool gap)
    {
        var (stored, stamp) = (_stored!, _toLoad!.StampField!);
        var covers = stored with
        {
            Mode = LoadMode.Deletes, Window = new Window(asked.From, asked.To), Part = [stamp], StartedAt = run.OrgTime.GetUtcNow(), Position = null, Tally = Tally.Zero, Expected = list.Records.Count,
            Finished = true, DeletesUpTo = list.CoveredUpTo ?? asked.To, ReconcileDue = gap ? stored.ReconcileDue ?? stored.DeletesUpTo : stored.ReconcileDue,
        };
        using var page = await DeletedRows.PageAsync(selected.SObject, stamp, list.Records, covers, run.Budget, run.Stop.Token);
        _stored = (await run.Replica.CommitAsync(_open!, page, CancellationToken.None)).Stored;
        // What was deleted into the recycle bin was marked by the load before; only what vanished is worth a receipt.
        if (_stored.Tally.MarkedDeleted + _stored.Tally.Rejected > 0)
            Conclude(Receipts.Of(new PlanSummary(ExtractionApi.Rest, LoadMode.Deletes, covers.Window, stamp, 1, list.Records.Count, 1, [], false), selected.SObject, _stored, null, []));
    }

    private static async Task<Exception?> GuardedAsync(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private static DateTimeOffset WholeMinutes(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero);

    private void ExplainSerialPages(ref bool? hadResultPages)
    {
        hadResultPages = false;
        _table = _table with { Plan = _table.Plan! with { Reasons = [.. _table.Plan.Reasons, "This org does not offer parallel result pages: pages are read one after another."] } };
    }

    private RunTable Failed(OrgtapException failure)
    {
        var plan = _table.Plan;
        if (plan is not null)
            _receipts.Add(Receipts.Of(plan, selected.SObject, _stored ?? new Checkpoint { Mode = plan.Mode, Window = plan.Window, Fields = [] }, failure.Message, _rejected));
        return _table with { State = RunTableState.Failed, Problem = ProblemOf(failure), Receipt = _receipts.Count == 0 ? null : Receipts.Combine(_receipts) };
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
        if (save) await run.SaveAsync(_table);
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
