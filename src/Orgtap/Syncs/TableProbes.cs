using Microsoft.Extensions.Logging;
using Orgtap.Catalog;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Describe;
using Orgtap.Salesforce.Query;
using Orgtap.Salesforce.Replication;

namespace Orgtap.Syncs;

/// <summary>What was learnt of one table before its turn came.</summary>
/// <param name="Load">Null: it has to be asked for by itself.</param>
/// <param name="Deleted">The list of deleted records that was asked for, and the answer; null: none.</param>
internal sealed record TableProbe(ProbedLoad? Load, (DeletedWindow Asked, DeletedList List)? Deleted);

/// <summary>
/// Asks what changed in all tables of a run together: five queries and five lists of deleted records to a counted call, so that a sync of 40 tables in which little changed
/// costs eight calls. A table whose answer does not fit is asked by itself when its turn comes.
/// </summary>
internal sealed partial class TableProbes(RunContext run, IReadOnlyDictionary<string, Checkpoint?> stored, CallCounter counter)
{
    private readonly ILogger _logger = run.Loggers.CreateLogger<TableProbes>();

    /// <returns>By table; tables that need something else first are absent.</returns>
    public async Task<IReadOnlyDictionary<string, TableProbe>> AskAsync(IReadOnlyList<SelectedObject> selection, CancellationToken cancellationToken)
    {
        var probes = new Dictionary<string, TableProbe>(StringComparer.OrdinalIgnoreCase);
        try
        {
            var asked = new List<(ExtractionPlan Plan, DeletedWindow? Deleted)>();
            foreach (var selected in selection)
                if (await PlanAsync(selected, cancellationToken) is { } plan) asked.Add(plan);
            // Alone, a query by itself costs the same and has no limit.
            if (asked.Count < 2) return probes;
            var client = run.Clients.Open(run.Connection.Id, run.Connection.InstanceUrl!, counter);
            foreach (var chunk in asked.Chunk(CompositeCall.MaximumQueries)) await AskAsync(client, chunk, probes, cancellationToken);
        }
        catch (OrgtapException failure) when (failure.Kind is not (FailureKind.QuotaExhausted or FailureKind.ReauthorizationRequired or FailureKind.StaleToken))
        {
            // Whatever keeps the tables from being asked together, each says for itself what keeps it.
            NotAsked(run.Run.Id, failure.Message, failure.Detail);
        }
        return probes;
    }

    private async Task<(ExtractionPlan, DeletedWindow?)?> PlanAsync(SelectedObject selected, CancellationToken cancellationToken)
    {
        if (stored.GetValueOrDefault(selected.SObject) is not { Finished: true, Watermark: not null } checkpoint) return null;
        TableToLoad table;
        try
        {
            table = await run.Planner.PrepareAsync(selected, run.DescribeAge, counter, cancellationToken);
        }
        catch (OrgtapException failure) when (failure.Kind is FailureKind.Permission or FailureKind.SchemaChanged or FailureKind.InvalidInput)
        {
            return null;
        }
        var facts = run.Planner.FactsOf(table, checkpoint);
        return LoadSteps.Next(facts) != LoadMode.Incremental ? null
            : (TablePlanner.Plan(facts, LoadMode.Incremental), TableSync.DeletedWindowOf(table, checkpoint, run.OrgTime.GetUtcNow()));
    }

    private static async Task AskAsync(SalesforceClient client, (ExtractionPlan Plan, DeletedWindow? Deleted)[] chunk, Dictionary<string, TableProbe> probes, CancellationToken cancellationToken)
    {
        var calls = new List<CompositeCall>();
        for (var i = 0; i < chunk.Length; i++)
        {
            calls.Add(CompositeCall.Query($"rows{i}", LoadQuery.Probe(chunk[i].Plan), includeDeleted: true));
            if (chunk[i].Deleted is { } window) calls.Add(CompositeCall.Deleted($"gone{i}", window));
        }
        var answers = (await client.CompositeAsync(calls, cancellationToken)).ToDictionary(answer => answer.ReferenceId, StringComparer.Ordinal);
        for (var i = 0; i < chunk.Length; i++)
        {
            var (plan, window) = chunk[i];
            ProbedLoad? load = null;
            if (answers.GetValueOrDefault($"rows{i}") is { Failure: null } rows && rows.Body.Flag("done") == true && rows.Body.HasList("records")
                && rows.Body.Long("totalSize") is { } total && total <= ProbedLoad.RowsFor(plan))
                load = new ProbedLoad(plan, rows.Body, total);
            var deleted = window is not null && answers.TryGetValue($"gone{i}", out var gone) ? (window, DeletedList.Of(window, gone)) : ((DeletedWindow, DeletedList)?)null;
            probes[plan.SObject] = new TableProbe(load, deleted);
        }
    }

    [LoggerMessage(5301, LogLevel.Information, "Run {RunId}: the tables are asked one by one: {Reason} {Detail}")]
    private partial void NotAsked(RunId runId, string reason, string? detail);
}
