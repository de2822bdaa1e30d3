using System.Globalization;
using Orgtap.Extraction;
using Orgtap.Records;

namespace Orgtap.Syncs;

/// <summary>A run that touched a row, or may have.</summary>
/// <param name="IsCertain">It follows from the run's window and the row's stamps; otherwise the run read rows of this table at a time when this one may have been among them.</param>
/// <param name="Sentence">What it did with the row, for people.</param>
public sealed record RowTouch(Run Run, LoadMode Mode, bool IsCertain, string Sentence);

/// <summary>
/// Which runs touched a row. The replica keeps no log of single rows, which would double what a first load writes; but a run reads exactly the rows whose stamp lies in its window
/// (or all), so run history and the row's own stamps tell. Earlier versions of a row are not kept, so that runs between its creation and its last change may have brought one. Pure.
/// </summary>
public static class RowHistory
{
    /// <param name="runs">Of the row's connection, in any order; those without this table are left out.</param>
    /// <returns>Newest first.</returns>
    public static IReadOnlyList<RowTouch> Of(FoundRow row, IEnumerable<Run> runs)
    {
        var facts = new Facts(row.Id, Moment(row["CreatedDate"]), Moment(row["SystemModstamp"]) ?? Moment(row["LastModifiedDate"]) ?? Moment(row["CreatedDate"]), row["IsDeleted"] == "true");
        return
        [
            .. from run in runs
               let table = run.Tables.FirstOrDefault(table => string.Equals(table.SObject, row.SObject, StringComparison.OrdinalIgnoreCase))
               where table is { Receipt: not null }
               from receipt in new[] { table.Receipt! }.Concat(table.Receipt!.More ?? [])
               let touch = Touch(run, table.Plan, receipt, facts)
               where touch is not null
               orderby run.StartedAt descending, run.Id.Value descending
               select touch,
        ];
    }

    private static RowTouch? Touch(Run run, PlanSummary? plan, Receipt receipt, Facts row)
    {
        if (receipt.Rejected.FirstOrDefault(rejected => rejected.Id == row.Id) is { } refused)
            return new RowTouch(run, receipt.Mode, true, $"Refused it: {refused.Field}, {refused.Reason}");
        var seen = plan is not null && plan.Mode == receipt.Mode ? plan.Window : new Window(null, run.StartedAt);
        // A row that did not exist yet cannot have been read.
        if (row.Created is { } created && created > seen.UpTo && receipt.Mode is not LoadMode.Snapshot) return null;
        var whole = receipt.Verdict is Verdict.Complete or Verdict.CompleteNotConfirmed;
        return receipt.Mode switch
        {
            LoadMode.Backfill => new RowTouch(run, receipt.Mode, whole && row.Created is not null,
                row.Stamp <= seen.UpTo ? "First load: read it with the values it has now" : "First load: read it with the values it had then"),
            LoadMode.Snapshot => new RowTouch(run, receipt.Mode, whole && row.Created < run.StartedAt, "Read every row of the table again"),
            LoadMode.Incremental when receipt.Tally.Parsed == 0 => null,
            LoadMode.Incremental when (seen.After is null || row.Stamp > seen.After) && row.Stamp <= seen.UpTo =>
                new RowTouch(run, receipt.Mode, whole, "Read what was changed: brought the values it has now"),
            LoadMode.Incremental when row.Stamp > seen.UpTo => new RowTouch(run, receipt.Mode, false, "Read what was changed: may have brought an earlier version"),
            LoadMode.Columns => new RowTouch(run, receipt.Mode, whole && row.Created is not null, "Filled fields that were newly chosen"),
            LoadMode.Refresh => new RowTouch(run, receipt.Mode, whole && row.Created is not null, "Read its formulas again"),
            LoadMode.Reconcile => new RowTouch(run, receipt.Mode, whole && row.Created is not null, "Compared its Id with the org"),
            LoadMode.Deletes when row.IsDeleted && receipt.Tally.MarkedDeleted + receipt.Tally.Parsed > 0 => new RowTouch(run, receipt.Mode, false, "Read the list of deleted rows: may have marked it"),
            LoadMode.Mend when receipt.Tally.Parsed > 0 => new RowTouch(run, receipt.Mode, false, "Read rows that were missing: may have brought it"),
            _ => null,
        };
    }

    private static DateTimeOffset? Moment(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    private sealed record Facts(string Id, DateTimeOffset? Created, DateTimeOffset? Stamp, bool IsDeleted);
}
