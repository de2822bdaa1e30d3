using Orgtap.Extraction;
using Orgtap.Records;

namespace Orgtap.Syncs;

/// <summary>What a load turned out to be: computed from counts, never assumed (product C6a). Ordered from best to worst.</summary>
public enum Verdict
{
    /// <summary>Salesforce counted every page and the whole, and the replica wrote exactly as many.</summary>
    Complete,

    /// <summary>Nothing speaks against it, but the org gave no count to compare with.</summary>
    CompleteNotConfirmed,

    /// <summary>Rows are missing or were refused; the receipt says how many.</summary>
    Partial,

    /// <summary>The load did not come to its end.</summary>
    Failed,
}

/// <summary>The proof of one table's load.</summary>
/// <param name="Tally">Sums over the whole load, earlier runs of a resumed load included.</param>
/// <param name="Expected">Rows Salesforce said the load has; null where it does not tell.</param>
/// <param name="Sentence">For people.</param>
/// <param name="Rejected">Rows refused in this run, at most <see cref="Receipts.MostRejectedListed"/>.</param>
/// <param name="More">Of further loads of the same table in the same run, each with its own counts; null: there was only this one.</param>
public sealed record Receipt(
    string SObject, LoadMode Mode, ExtractionApi Api, Verdict Verdict, Tally Tally, long? Expected, string Sentence, IReadOnlyList<RejectedRow> Rejected,
    IReadOnlyList<Receipt>? More = null);

/// <summary>The words of a <see cref="Verdict"/> in UI, CLI and API alike.</summary>
public static class Verdicts
{
    public static string Words(this Verdict verdict) => verdict switch
    {
        Verdict.Complete => "Complete",
        Verdict.CompleteNotConfirmed => "Complete (not confirmed)",
        Verdict.Partial => "Partial",
        _ => "Failed",
    };

    /// <summary>The worst of them; null if there are none.</summary>
    public static Verdict? Worst(IEnumerable<Verdict> verdicts) => verdicts.Cast<Verdict?>().DefaultIfEmpty(null).Max();
}
