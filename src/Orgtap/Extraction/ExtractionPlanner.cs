using System.Globalization;
using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>Decides how a table is loaded: which mode and window, which API, at what cost, and says why. Pure.</summary>
public static class ExtractionPlanner
{
    /// <summary>The first API version with parallel result pages of a Bulk job (Summer '23).</summary>
    public const decimal ResultPagesSince = 58.0m;

    /// <summary>A GET longer than this is refused with 414 or 431 (16,384 bytes with headers).</summary>
    private const int LongestRestQuery = 12_000;

    public static ExtractionPlan Plan(TableFacts facts)
    {
        var reasons = new List<string>();
        var (mode, window, resumes) = Load(facts, reasons);
        var rows = facts.LoadRows ?? (mode == LoadMode.Incremental ? null : facts.TableRows);
        var parallel = Parallel(facts);
        var api = ChooseApi(facts, mode, rows, resumes, parallel > 1, reasons, out var moveToBulkAbove);

        var pageRows = facts.Options.PageRows;
        var calls = api == ExtractionApi.Rest ? ExtractionCost.Rest(rows ?? 1) : ExtractionCost.Bulk(rows ?? pageRows, pageRows, parallel > 1);
        if (api == ExtractionApi.Bulk && parallel == 1) ExplainSerialPages(facts, rows, reasons);
        return new ExtractionPlan(facts.Schema, api, mode, window, mode == LoadMode.Snapshot ? null : facts.StampField, rows, calls, reasons,
            resumes, moveToBulkAbove, pageRows, parallel);
    }

    private static (LoadMode Mode, Window Window, bool Resumes) Load(TableFacts facts, List<string> reasons)
    {
        var now = WholeMilliseconds(facts.Now);
        var stored = facts.Checkpoint;
        var wanted = facts.Schema.Columns.Select(column => column.Name).ToList();

        if (stored is { Finished: false } && SameFields(stored.Fields, wanted) && Fits(stored.Mode, facts.StampField))
        {
            if (stored.Position is not null)
            {
                reasons.Add($"Goes on after {Number(stored.Tally.Parsed)} rows that an earlier run loaded.");
                return (stored.Mode, stored.Window, true);
            }
            reasons.Add("The last load did not bring all rows: it is made again.");
            // A backfill's window must not grow either: the incremental loads begin where it ends.
            return (stored.Mode, stored.Mode == LoadMode.Snapshot ? new Window(null, now) : stored.Window, false);
        }
        if (facts.StampField is not { } stamp)
        {
            reasons.Add($"{facts.Schema.SObject} has no field that tells when a row changed: all rows are read every time.");
            return (LoadMode.Snapshot, new Window(null, now), false);
        }

        var added = stored is null ? [] : wanted.Where(name => !stored.Fields.Contains(name, StringComparer.OrdinalIgnoreCase)).ToList();
        // A load that was begun with other fields holds pages whose rows lack the new ones.
        if (stored?.Watermark is not { } watermark || added.Count > 0 || (stored is { Finished: false, Mode: LoadMode.Backfill }))
        {
            reasons.Add(stored?.Watermark is null && stored?.Position is null ? $"First load: everything up to now, by {stamp}."
                : added.Count > 0 ? $"{Listed(added)} {(added.Count == 1 ? "was" : "were")} selected since the last load: all rows are read again."
                : "The selected fields changed while the first load was under way: it starts over.");
            return (LoadMode.Backfill, new Window(null, now), false);
        }

        var end = WholeMilliseconds(now - facts.Options.Lag);
        if (end < watermark.ModifiedAt) end = watermark.ModifiedAt;
        reasons.Add($"Only rows whose {stamp} is after {Time(watermark.ModifiedAt - facts.Options.Overlap)}: the last load's end, less {Duration(facts.Options.Overlap)} for changes committed late.");
        return (LoadMode.Incremental, new Window(watermark.ModifiedAt - facts.Options.Overlap, end), false);
    }

    private static ExtractionApi ChooseApi(TableFacts facts, LoadMode mode, long? rows, bool resumes, bool resultPages, List<string> reasons, out long? moveToBulkAbove)
    {
        moveToBulkAbove = null;
        var sobject = facts.Schema.SObject;
        var tooWide = facts.Schema.Columns.Sum(column => column.Name.Length + 3) > LongestRestQuery;
        var breakEven = facts.Options.BulkAboveRows ?? ExtractionCost.BreakEven(facts.Options.PageRows, resultPages);

        // A load goes on through the API it began with: a Bulk job has no order of Ids, a keyset no job.
        if (resumes) return facts.Checkpoint!.Position is BulkPosition ? ExtractionApi.Bulk : ExtractionApi.Rest;
        if (facts.BulkRefusal is { } refusal)
        {
            reasons.Add(refusal + RestCost(rows));
            return ExtractionApi.Rest;
        }
        if (BulkSupport.Refuses(sobject))
        {
            reasons.Add($"Bulk API does not serve {sobject}." + RestCost(rows));
            return ExtractionApi.Rest;
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
        var (rest, bulk) = (ExtractionCost.Rest(known), ExtractionCost.Bulk(known, facts.Options.PageRows, resultPages));
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

    private static bool Fits(LoadMode mode, string? stampField) => mode == LoadMode.Snapshot == stampField is null;

    private static bool SameFields(IReadOnlyList<string> stored, List<string> wanted) => stored.SequenceEqual(wanted, StringComparer.OrdinalIgnoreCase);

    private static DateTimeOffset WholeMilliseconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private static string RestCost(long? rows) => rows is { } known ? $" REST reads it in {Calls(ExtractionCost.Rest(known))}." : " REST reads it, 2,000 rows a call.";

    private static string Calls(long calls) => calls == 1 ? "1 call" : $"{Number(calls)} calls";

    private static string Listed(List<string> names) => names.Count <= 3 ? string.Join(", ", names) : $"{names[0]}, {names[1]} and {names.Count - 2} more fields";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    private static string Duration(TimeSpan time) => time.TotalMinutes >= 1 ? $"{time.TotalMinutes:0.#} minutes" : $"{time.TotalSeconds:0.#} seconds";
}
