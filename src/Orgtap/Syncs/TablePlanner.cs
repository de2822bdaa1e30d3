using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Salesforce;

namespace Orgtap.Syncs;

/// <summary>Gathers the facts of one connection's tables and plans their loads.</summary>
/// <param name="counts">Rows per table, about.</param>
internal sealed class TablePlanner(
    CatalogReader catalog, Connection connection, decimal apiVersion, OrgCapabilities org, IReadOnlyDictionary<string, long> counts, SyncOptions options, TimeProvider time)
{
    /// <summary>The replica table a selection asks for.</summary>
    /// <param name="describeAge">Zero: ask whether the describe changed.</param>
    public async Task<TableToLoad> PrepareAsync(SelectedObject selected, TimeSpan describeAge, CallCounter counter, CancellationToken cancellationToken)
    {
        var detail = await catalog.ObjectAsync(connection, selected.SObject, describeAge, counter, cancellationToken);
        var schema = detail.SchemaOf(selected.Fields, out var missing);
        return new TableToLoad(schema, detail.StampField, missing);
    }

    /// <param name="loadRows">Where Salesforce told how many rows this very load has.</param>
    /// <param name="bulkRefusal">Why this load may not use Bulk, beyond what is known of the org.</param>
    public ExtractionPlan Plan(TableToLoad table, Checkpoint? checkpoint, long? loadRows, string? bulkRefusal)
    {
        var plan = ExtractionPlanner.Plan(new TableFacts
        {
            Schema = table.Schema,
            StampField = table.StampField,
            TableRows = counts.TryGetValue(table.Schema.SObject, out var rows) ? rows : null,
            LoadRows = loadRows,
            ApiVersion = apiVersion,
            BulkRefusal = bulkRefusal ?? org.BulkRefusal(table.Schema.SObject),
            ResultPages = org.ResultPages,
            Checkpoint = checkpoint,
            Now = time.GetUtcNow(),
            Options = options.Extraction,
        });
        return table.Missing.Count == 0 ? plan : plan with
        {
            Reasons = [.. plan.Reasons, $"{string.Join(", ", table.Missing)}: no longer there or no longer visible; not asked for, and what was loaded before stays."],
        };
    }
}

/// <param name="Missing">Selected fields that the org does not have or does not show.</param>
internal sealed record TableToLoad(ObjectSchema Schema, string? StampField, IReadOnlyList<string> Missing);
