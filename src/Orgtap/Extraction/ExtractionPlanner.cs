using System.Globalization;
using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>Decides how a table is loaded: which mode and window, which API, at what cost, and says why. Pure.</summary>
public static class ExtractionPlanner
{
    /// <summary>The first API version with parallel result pages of a Bulk job (Summer '23).</summary>
    public const decimal ResultPagesSince = 58.0m;

    /// <param name="facts">Of a table that has a load to do (<see cref="LoadSteps.Next"/>).</param>
    public static ExtractionPlan Plan(TableFacts facts) => Plan(facts, LoadSteps.Next(facts) ?? LoadMode.Incremental);

    /// <param name="mode">The load to plan.</param>
    public static ExtractionPlan Plan(TableFacts facts, LoadMode mode)
    {
        var reasons = new List<string>();
        var (schema, window, resumes) = LoadSteps.Describe(facts, mode, reasons);
        var rows = facts.LoadRows ?? (mode is LoadMode.Incremental or LoadMode.Mend ? null : facts.TableRows);
        var parallel = Parallel(facts);
        facts = facts with { Schema = schema };
        var api = ChooseApi(facts, mode, rows, resumes, parallel > 1, reasons, out var moveToBulkAbove);

        var pageRows = facts.Options.PageRows;
        var slices = api == ExtractionApi.Bulk && !resumes ? SlicesOf(mode, rows, facts.Options) : 1;
        var parts = Parts(facts);
        if (api == ExtractionApi.Rest && parts > 1) reasons.Add($"{schema.Columns.Count} fields make a query too long: each range of Ids is asked for in {parts} parts, which are joined.");
        var calls = api == ExtractionApi.Rest ? ExtractionCost.Rest(rows ?? 1) * parts : BulkCalls(facts, rows ?? pageRows, slices, parallel > 1);
        if (api == ExtractionApi.Bulk && parallel == 1) ExplainSerialPages(facts, rows, reasons);
        return new ExtractionPlan(schema, api, mode, window, mode is LoadMode.Snapshot or LoadMode.Reconcile or LoadMode.Mend ? null : facts.StampField, rows, calls, reasons,
            resumes, moveToBulkAbove, pageRows, parallel, LoadSteps.WholeMilliseconds(facts.Now))
        {
            RestOnly = mode == LoadMode.Mend || facts.BulkRefusal is not null || BulkSupport.Refuses(schema.SObject), ChangeField = facts.StampField, Slices = slices,
        };
    }

    /// <summary>Jobs that a load of so many rows is divided into.</summary>
    internal static int SlicesOf(LoadMode mode, long? rows, ExtractionOptions options) =>
        mode == LoadMode.Backfill && rows > options.SliceRows + options.SliceRows / 2 ? (int)Math.Min(1_000, (rows.Value + options.SliceRows - 1) / options.SliceRows) : 1;

    private static long BulkCalls(TableFacts facts, long rows, int slices, bool resultPages) =>
        ExtractionCost.Bulk(rows, slices, facts.Options.PageRows, Fitting(facts), resultPages);

    private static int Fitting(TableFacts facts) => PageFit.RowsFor(PageFit.WidthOf(facts.Schema), facts.Options, facts.Memory);

    private static int Parts(TableFacts facts) => FieldPart.Split(facts.Schema, facts.StampField, FieldPart.Longest).Count;

    private static ExtractionApi ChooseApi(TableFacts facts, LoadMode mode, long? rows, bool resumes, bool resultPages, List<string> reasons, out long? moveToBulkAbove)
    {
        moveToBulkAbove = null;
        var sobject = facts.Schema.SObject;
        var tooWide = Parts(facts) > 1;
        var breakEven = facts.Options.BulkAboveRows ?? ExtractionCost.BreakEven(facts.Options.PageRows, Fitting(facts), resultPages);

        // A load goes on through the API it began with: a Bulk job has no order of Ids, a keyset no job.
        if (resumes) return facts.Checkpoint!.Position is BulkPosition or BulkIntention ? ExtractionApi.Bulk : ExtractionApi.Rest;
        if (mode == LoadMode.Mend) return ExtractionApi.Rest;
        if (facts.BulkRefusal is { } refusal)
        {
            reasons.Add(refusal + RestCost(rows, facts));
            return ExtractionApi.Rest;
        }
        if (BulkSupport.Refuses(sobject))
        {
            reasons.Add($"Bulk API does not serve {sobject}." + RestCost(rows, facts));
            return ExtractionApi.Rest;
        }
        if (facts.RestRefusal is { } tooMuch)
        {
            reasons.Add($"{tooMuch} A Bulk job takes its time.");
            return ExtractionApi.Bulk;
        }
        if (tooWide)
        {
            reasons.Add($"{facts.Schema.Columns.Count} fields make a query too long for REST; Bulk API has no such limit.");
            return ExtractionApi.Bulk;
        }
        if (rows is not { } known)
        {
            if (mode == LoadMode.Incremental)
            {
                moveToBulkAbove = breakEven;
                reasons.Add($"One REST query tells how many rows changed; above {Number(breakEven)} a Bulk job takes over.");
                return ExtractionApi.Rest;
            }
            reasons.Add("Salesforce does not tell how many rows there are: a Bulk job copes with any number.");
            return ExtractionApi.Bulk;
        }
        var (rest, bulk) = (ExtractionCost.Rest(known), BulkCalls(facts, known, SlicesOf(mode, known, facts.Options), resultPages));
        if (known > breakEven)
        {
            reasons.Add($"About {Number(known)} rows: a Bulk job costs about {Calls(bulk)}, REST queries {Number(rest)}.");
            return ExtractionApi.Bulk;
        }
        // The count is an estimate; a table that turns out to be much larger goes to Bulk after all.
        if (facts.LoadRows is null) moveToBulkAbove = breakEven * 2;
        reasons.Add(rest == 1
            ? $"About {Number(known)} rows: one query costs 1 call, a Bulk job at least {ExtractionCost.BulkAtLeast}."
            : $"About {Number(known)} rows: REST queries cost {Calls(rest)}, a Bulk job about {Number(bulk)}.");
        return ExtractionApi.Rest;
    }

    private static int Parallel(TableFacts facts) =>
        facts.ApiVersion >= ResultPagesSince && facts.ResultPages != false ? Math.Max(1, facts.Options.ParallelPages) : 1;

    private static void ExplainSerialPages(TableFacts facts, long? rows, List<string> reasons)
    {
        if (rows is { } known && known <= facts.Options.PageRows) return;
        if (facts.ApiVersion < ResultPagesSince)
            reasons.Add($"API {facts.ApiVersion.ToString("0.0", CultureInfo.InvariantCulture)} has no parallel result pages: pages are read one after another.");
        else if (facts.ResultPages == false)
            reasons.Add("This org does not offer parallel result pages: pages are read one after another.");
    }

    private static string RestCost(long? rows, TableFacts facts) =>
        rows is { } known ? $" REST reads it in {Calls(ExtractionCost.Rest(known) * Parts(facts))}." : " REST reads it, 2,000 rows a call.";

    private static string Calls(long calls) => calls == 1 ? "1 call" : $"{Number(calls)} calls";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
