using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>The pages that carry no rows. Both count as told: there was nothing to count.</summary>
public static class Loads
{
    private static readonly PageCounts Nothing = new(0, 0, 0, 0);

    /// <summary>A Bulk job is about to be made, or was made: counting goes back to the slice's beginning.</summary>
    public static Page Begin(Checkpoint covers) => new([], covers, Nothing, []);

    /// <summary>Says that every row of the slices before is committed; the receiver fills in the sums that the new slice begins with.</summary>
    public static Page NextSlice(Checkpoint covers) => new([], covers, Nothing, []);

    /// <summary>Says that every row before it is committed: a main load's watermark moves to the window's end, the others note what they did.</summary>
    public static Page End(Checkpoint covers)
    {
        var ended = covers with { Finished = true, Part = null };
        return new([], covers.Mode switch
        {
            LoadMode.Snapshot => ended with { Watermark = null },
            // Rows that vanish from now on are in Salesforce's lists of deleted records.
            LoadMode.Backfill => ended with { Watermark = Advanced(covers), DeletesUpTo = covers.Window.UpTo },
            LoadMode.Incremental => ended with { Watermark = Advanced(covers) },
            LoadMode.Columns => ended with
            {
                Fields = [.. covers.Fields, .. covers.Part!.Except(covers.Fields, StringComparer.OrdinalIgnoreCase)],
                Stale = covers.Stale?.Except(covers.Part!, StringComparer.OrdinalIgnoreCase).ToList() is { Count: > 0 } left ? left : null,
            },
            LoadMode.Refresh => ended with { RefreshedAt = covers.StartedAt },
            LoadMode.Reconcile => ended with { ReconciledAt = covers.StartedAt, ReconcileDue = null },
            _ => ended,
        }, Nothing, []);
    }

    private static Watermark Advanced(Checkpoint covers) => covers.Watermark?.AdvanceTo(new Watermark(covers.Window.UpTo)) ?? new Watermark(covers.Window.UpTo);

    /// <summary>Says that rows are missing: the next load reads the same window again, from its beginning.</summary>
    public static Page Again(Checkpoint covers) => new([], covers with { Finished = false, Position = null, Tally = Tally.Zero, Expected = null }, Nothing, []);

    /// <summary>A page that <see cref="Begin"/> made; those with rows, and even an empty last one, have a position of their own.</summary>
    public static bool IsBegin(Page page) => page.Covers is { Finished: false, Position: BulkIntention or BulkPosition { Next: null, PagesCommitted.Count: 0 } };
}
