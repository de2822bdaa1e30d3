using System.Globalization;
using Orgtap.Extraction;
using Orgtap.Records;

namespace Orgtap.Syncs;

/// <summary>Compares counts and words the result. Pure.</summary>
public static class Receipts
{
    /// <summary>Rejected rows that a receipt lists by Id.</summary>
    public const int MostRejectedListed = 1_000;

    /// <param name="stored">The checkpoint as the replica holds it after the last commit.</param>
    /// <param name="failure">Why the load ended early, in words; null: it came to its end.</param>
    public static Receipt Of(PlanSummary plan, string sobject, Checkpoint stored, string? failure, IReadOnlyList<RejectedRow> rejected)
    {
        var (verdict, sentence) = Judge(plan, sobject, stored, failure);
        if (stored.Tally.NulsLeftOut is > 0 and var nuls)
            sentence += $" {Number(nuls)} NUL {(nuls == 1 ? "character was" : "characters were")} left out of texts: the replica's database cannot store them.";
        if (stored.Tally.Masked is { } masked) sentence += $" Masked: {masked.Words}.";
        return new Receipt(sobject, stored.Mode, plan.Api, verdict, stored.Tally, stored.Expected, sentence, [.. rejected.Take(MostRejectedListed)]);
    }

    /// <summary>Whether rows got lost on the way, rejected ones aside: the load must then be made again.</summary>
    public static bool MissesRows(Checkpoint stored)
    {
        var tally = stored.Tally;
        return tally.Parsed - tally.Rejected != tally.Written + tally.Absent
            || (tally.ReportedPages == tally.Pages && tally.Reported != tally.Parsed)
            || (stored.Expected is { } expected && expected != tally.Parsed);
    }

    private static (Verdict, string) Judge(PlanSummary plan, string sobject, Checkpoint stored, string? failure)
    {
        var tally = stored.Tally;
        if (failure is not null || !stored.Finished)
        {
            var reason = failure ?? "The load did not come to its end.";
            return tally.Written == 0
                ? (Verdict.Failed, $"{reason} No row was written.")
                : (Verdict.Failed, $"{reason} {Rows(tally.Written)}{(stored.Expected is { } all ? $" of {Number(all)}" : "")} are in the replica; the next run goes on from there.");
        }

        var everyPageCounted = tally.ReportedPages == tally.Pages;
        var reported = Math.Max(everyPageCounted ? tally.Reported : 0, stored.Expected ?? 0);
        var faults = new List<string>();
        if (everyPageCounted && tally.Reported != tally.Parsed)
            faults.Add($"Salesforce's pages hold {Number(tally.Reported)} rows, {Number(tally.Parsed)} were read");
        if (stored.Expected is { } expected && expected != tally.Parsed && (!everyPageCounted || expected != tally.Reported))
            faults.Add($"Salesforce counts {Number(expected)} rows in all, {Number(tally.Parsed)} were read");
        if (tally.Parsed - tally.Rejected != tally.Written + tally.Absent)
            faults.Add($"{Number(tally.Parsed - tally.Rejected)} rows were to be written, the replica counted {Number(tally.Written)}");
        if (tally.Rejected > 0)
            faults.Add($"{Rows(tally.Rejected)} could not be stored and {(tally.Rejected == 1 ? "is" : "are")} listed by Id");

        if (faults.Count > 0)
        {
            var missing = Math.Max(reported, tally.Parsed) - tally.Written;
            var head = missing > 0 ? $"{Rows(missing)} of {Number(Math.Max(reported, tally.Parsed))} {(missing == 1 ? "is" : "are")} missing" : "The counts disagree";
            return (Verdict.Partial, $"{head}: {string.Join("; ", faults)}.");
        }
        if (!everyPageCounted || stored.Expected is null)
            return (Verdict.CompleteNotConfirmed, $"{Moved(plan, sobject, stored)} {(tally.ReportedPages == 0 ? "The org gives no count" : "The org does not count everything")} to compare with.");
        return (Verdict.Complete, Moved(plan, sobject, stored) + (tally.Written == 0 ? "" : " Salesforce reported as many as were read and written."));
    }

    private static string Moved(PlanSummary plan, string sobject, Checkpoint stored)
    {
        var tally = stored.Tally;
        if (!stored.Mode.IsMain()) return Kept(stored);
        if (tally.Parsed == 0 && tally.Swept == 0)
            return stored.Mode == LoadMode.Incremental
                ? $"Nothing to move: no {sobject} was changed between {Time(stored.Window.After)} and {Time(stored.Window.UpTo)}."
                : $"Nothing to move: Salesforce has no {sobject} that this user may see.";
        if (tally.Inserted + tally.Changed + tally.MarkedDeleted + tally.Swept == 0)
            return stored.Mode == LoadMode.Incremental
                ? $"{Rows(tally.Unchanged)} of the overlap read again, all as before: nothing was changed since the last load."
                : $"{Rows(tally.Unchanged)} read, all as before.";
        var parts = new List<string>();
        if (tally.Inserted > 0) parts.Add($"{Number(tally.Inserted)} new");
        if (tally.Changed > 0) parts.Add($"{Number(tally.Changed)} changed");
        if (tally.MarkedDeleted > 0) parts.Add($"{Number(tally.MarkedDeleted)} deleted");
        if (tally.Unchanged > 0) parts.Add($"{Number(tally.Unchanged)} as before");
        if (tally.Swept > 0) parts.Add($"{Number(tally.Swept)} no longer in Salesforce");
        return $"{Rows(tally.Written)}: {string.Join(", ", parts)}.";
    }

    /// <summary>Of the loads that keep an existing copy honest.</summary>
    private static string Kept(Checkpoint stored)
    {
        var tally = stored.Tally;
        var absent = tally.Absent == 0 ? "" : $" {Rows(tally.Absent)} that the replica lacks {(tally.Absent == 1 ? "is" : "are")} read next.";
        return stored.Mode switch
        {
            LoadMode.Columns => $"New fields filled for {Rows(tally.Changed)}; {Number(tally.Unchanged)} have no value in them.{absent}",
            LoadMode.Refresh => $"Values read again for {Rows(tally.Changed + tally.Unchanged)}: {Number(tally.Changed)} differed.{absent}",
            LoadMode.Deletes => $"{Rows(tally.MarkedDeleted)} that vanished without a trace, by Salesforce's list of deleted records.",
            LoadMode.Reconcile => $"{Rows(tally.Parsed)} compared by Id: {(tally.Swept == 0 ? "none is gone" : $"{Number(tally.Swept)} no longer in Salesforce, or no longer shown to this user")}.",
            _ => $"{Rows(tally.Parsed)} that {(tally.Parsed == 1 ? "was" : "were")} missing or not up to date, by Id{(tally.Swept == 0 ? "" : $"; {Number(tally.Swept)} no longer shown to this user")}.",
        };
    }

    /// <summary>Several loads of one table in one run, as one receipt: the verdict is the worst, the figures are the first's (the main load's), each load keeps its own proof.</summary>
    public static Receipt Combine(IReadOnlyList<Receipt> receipts) => receipts.Count == 1 ? receipts[0] : receipts[0] with
    {
        Verdict = Verdicts.Worst(receipts.Select(receipt => receipt.Verdict))!.Value,
        Sentence = string.Join(" ", receipts.Select(receipt => receipt.Sentence)),
        Rejected = [.. receipts.SelectMany(receipt => receipt.Rejected).Take(MostRejectedListed)],
        More = [.. receipts.Skip(1)],
    };

    private static string Rows(long count) => count == 1 ? "1 row" : $"{Number(count)} rows";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";
}
