using Microsoft.Extensions.Logging;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Salesforce;

namespace Orgtap.Syncs;

/// <content>How several processes share the tables of one run (decision 0097).</content>
public sealed partial class SyncRunner
{
    /// <summary>How often it is looked what other processes do.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>How long helpers have to end what they are at once the run stops.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Works on the tables that a run of another process has on offer, if there is one.</summary>
    /// <returns>How many tables it worked on.</returns>
    public async Task<int> HelpAsync(CancellationToken cancellationToken)
    {
        if (await runs.Claims.FindOfferedAsync(cancellationToken) is not { } id || await runs.Claims.HelpAsync(id, cancellationToken) is not var (run, claim)) return 0;
        if (await runs.Claims.NextAsync(claim, CancellationToken.None) is not { } first) return 0;
        using var trace = Telemetry.Start("orgtap.run.help", run.Trace);
        trace?.SetTag("orgtap.run", run.Id.Value).SetTag("orgtap.connection", run.ConnectionId.Value);
        using var stop = new RunStop(time, cancellationToken);
        await using var watch = RunWatch.Start(runs.Claims, claim, stop, time);
        var counter = new CallCounter(run.Purpose.ForCalls());
        try
        {
            var connection = await GetAsync(run.ConnectionId, stop.Token);
            var selection = await SelectionOf(connection, stop.Token);
            await using var replica = await openReplica(connection, stop.Token);
            var stored = (await replica.TablesAsync(stop.Token)).ToDictionary(table => table.SObject, table => table.Checkpoint, StringComparer.OrdinalIgnoreCase);
            // Whoever offered them has counted.
            var counts = run.Tables.Where(table => table.RowsExpected is not null).ToDictionary(table => table.SObject, table => table.RowsExpected!.Value, StringComparer.OrdinalIgnoreCase);
            var offered = selection.Where(selected => Same(selected.SObject, first) || run.Tables.Any(table => Same(table.SObject, selected.SObject) && table.State == RunTableState.Waiting)).ToList();
            var planner = await PlannerAsync(connection, offered, stored, run.Purpose, options.DescribeAge, counter, stop.Token, counts);
            var context = new RunContext(run, claim, connection, clients, planner, CapabilitiesOf(connection), replica, runs, live.Aside(run), stop, memory.Of(connection), options, time, loggers);
            var lanes = new TableLanes(context, offered, new Dictionary<string, TableProbe>());
            await lanes.LoadAsync([first]);
            await new VanishedRows(context, lanes.Syncs, counter).FindAsync();
            Helped(run.Id, connection.Name, lanes.Syncs.Count);
            return lanes.Syncs.Count;
        }
        catch (Exception failure) when (failure is OrgtapException or OperationCanceledException)
        {
            NotHelped(failure, run.Id);
            return 0;
        }
        finally
        {
            await runs.Claims.AddCallsAsync(run.Id, counter.Calls, CancellationToken.None);
            // A process that ends gives back what it has not ended.
            await runs.Claims.ReleaseAsync(claim, CancellationToken.None);
        }
    }

    /// <summary>Lets other processes take the tables that need a Bulk job, where there is more than one; the rest is not worth their way.</summary>
    private async Task<IReadOnlySet<string>> OfferAsync(RunClaim claim, IReadOnlyList<ExtractionPlan> plans, CancellationToken cancellationToken)
    {
        var heavy = plans.Where(plan => plan.Api == ExtractionApi.Bulk).DistinctBy(plan => plan.SObject, StringComparer.OrdinalIgnoreCase).ToList();
        if (!runs.IsShared || heavy.Count < 2) return new HashSet<string>();
        foreach (var plan in heavy) await runs.SaveTableAsync(claim, new RunTable(plan.SObject, RunTableState.Waiting, RowsExpected: plan.EstimatedRows), cancellationToken);
        await runs.Claims.OfferAsync(claim, [.. heavy.Select(plan => plan.SObject)], cancellationToken);
        return heavy.Select(plan => plan.SObject).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Waits for the helpers' tables, and goes on with those of helpers that died, froze or gave them back.</summary>
    private async Task SeeThroughAsync(RunContext run, TableLanes lanes)
    {
        long? stoppedAt = null;
        var pulse = new HelperPulse(time);
        while (!run.Stop.IsSuperseded)
        {
            if (run.Stop.IsStopped) stoppedAt ??= time.GetTimestamp();
            var (back, others) = await runs.Claims.BackAsync(run.Claim, pulse, stoppedAt is { } since && time.GetElapsedTime(since) > Patience, CancellationToken.None);
            foreach (var table in (await runs.FindAsync(run.Run.Id, CancellationToken.None))?.Tables ?? [])
            {
                if (others.Contains(table.SObject, StringComparer.OrdinalIgnoreCase)) run.Live.Update(table, "Another process loads it");
                // What stopped the helper would stop every further call here.
                else if (table is { State: RunTableState.Held, Problem: { Kind: FailureKind.QuotaExhausted or FailureKind.ReauthorizationRequired } problem }) run.Stop.Adopt(problem);
            }
            if (back.Count > 0 && !run.Stop.IsStopped) await lanes.LoadAsync(back);
            else if (others.Count == 0) return;
            else await Task.Delay(Look, time, CancellationToken.None);
        }
    }

    [LoggerMessage(5007, LogLevel.Information, "Run {RunId} of {Connection}: {Tables} tables were loaded here for another process")]
    private partial void Helped(RunId runId, string connection, int tables);

    [LoggerMessage(5008, LogLevel.Warning, "Run {RunId} could not be helped with; whoever has it goes on")]
    private partial void NotHelped(Exception failure, RunId runId);
}
