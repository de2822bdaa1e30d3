using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>The pages that carry no rows. Both count as told: there was nothing to count.</summary>
public static class Loads
{
    private static readonly PageCounts Nothing = new(0, 0, 0, 0);

    /// <summary>Counting begins with this page's tally.</summary>
    public static Page Begin(Checkpoint covers) => new([], covers, Nothing, []);

    /// <summary>Says that every row before it is committed: the watermark moves to the window's end.</summary>
    public static Page End(Checkpoint covers) => new([], covers with
    {
        Finished = true,
        Watermark = covers.Mode == LoadMode.Snapshot ? null : covers.Watermark?.AdvanceTo(new Watermark(covers.Window.UpTo)) ?? new Watermark(covers.Window.UpTo),
    }, Nothing, []);

    /// <summary>Says that rows are missing: the next load reads the same window again, from its beginning.</summary>
    public static Page Again(Checkpoint covers) => new([], covers with { Finished = false, Position = null, Tally = Tally.Zero, Expected = null }, Nothing, []);

    /// <summary>A page that <see cref="Begin"/> made; those with rows, and even an empty last one, have a position of their own.</summary>
    public static bool IsBegin(Page page) => page.Covers is { Finished: false, Position: BulkPosition { Next: null, PagesCommitted.Count: 0 } };
}
