using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Salesforce;

namespace Orgtap.Syncs;

/// <summary>Gathers the facts of one connection's tables and plans their loads.</summary>
/// <param name="counts">Rows per table, about.</param>
/// <param name="time">The org's.</param>
internal sealed class TablePlanner(
    CatalogReader catalog, Connection connection, decimal apiVersion, OrgCapabilities org, IReadOnlyDictionary<string, long> counts, RunPurpose purpose, SyncOptions options, TimeProvider time)
{
    /// <summary>What counting the rows beforehand cost.</summary>
    public long CallsToCount { get; init; }

    /// <summary>Memory for the pages of this connection, bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Why this run creates no Bulk job, as a sentence: the org has hardly any left for today; null: it has.</summary>
    public string? BulkExhausted { get; set; }

    /// <summary>The replica table a selection asks for.</summary>
    /// <param name="describeAge">Zero: ask whether the describe changed.</param>
    public async Task<TableToLoad> PrepareAsync(SelectedObject selected, TimeSpan describeAge, CallCounter counter, CancellationToken cancellationToken)
    {
        var detail = await catalog.ObjectAsync(connection, selected.SObject, describeAge, counter, cancellationToken);
        var schema = detail.SchemaOf(selected.Fields, out var missing) with { Masker = connection.Masking.Masker };
        var unstamped = detail.Fields.Where(field => field.Formula && schema.IndexOf(field.Name) > 0).Select(field => field.Name).ToList();
        return new TableToLoad(schema, detail.StampField, missing, unstamped, detail.Object.Replicateable);
    }

    /// <summary>The facts that plans of this table are made of.</summary>
    public TableFacts FactsOf(TableToLoad table, Checkpoint? checkpoint) => new()
    {
        Schema = table.Schema,
        StampField = table.StampField,
        TableRows = counts.TryGetValue(table.Schema.SObject, out var rows) ? rows : null,
        ApiVersion = apiVersion,
        BulkRefusal = org.BulkRefusal(table.Schema.SObject) ?? BulkExhausted,
        ResultPages = org.ResultPages,
        Memory = Memory,
        Checkpoint = checkpoint,
        Now = time.GetUtcNow(),
        Options = options.Extraction,
        Purpose = purpose,
        Unstamped = table.Unstamped,
        Missing = table.Missing,
    };

    /// <summary>What the table's next load is.</summary>
    public static ExtractionPlan Plan(TableFacts facts) => Plan(facts, LoadSteps.Next(facts) ?? LoadMode.Incremental);

    public static ExtractionPlan Plan(TableFacts facts, LoadMode mode)
    {
        var plan = ExtractionPlanner.Plan(facts, mode);
        return facts.Missing.Count == 0 ? plan : plan with
        {
            Reasons = [.. plan.Reasons, $"{string.Join(", ", facts.Missing)}: no longer there or no longer visible; not asked for, and what was loaded before stays."],
        };
    }
}

/// <param name="Missing">Selected fields that the org does not have or does not show.</param>
/// <param name="Unstamped">Fields whose values change without a new stamp.</param>
/// <param name="Replicateable">Salesforce keeps a list of its deleted records.</param>
internal sealed record TableToLoad(ObjectSchema Schema, string? StampField, IReadOnlyList<string> Missing, IReadOnlyList<string> Unstamped, bool Replicateable);
