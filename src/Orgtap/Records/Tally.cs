using Orgtap.Masking;

namespace Orgtap.Records;

/// <summary>Counts of rows for a receipt. All are sums over committed pages.</summary>
/// <param name="Reported">Rows Salesforce said its pages had (header or totalSize).</param>
/// <param name="ReportedPages">Pages that came with a count.</param>
/// <param name="Pages">Pages in all.</param>
/// <param name="Parsed">Records our parser saw, rejected ones included.</param>
/// <param name="Rejected">Records whose values no column can hold; listed by Id.</param>
public sealed record Tally(
    long Reported, long ReportedPages, long Pages, long Parsed, long Rejected,
    long Inserted, long Changed, long Unchanged, long MarkedDeleted, long Bytes)
{
    public static readonly Tally Zero = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>Rows the database counted inside the pages' transactions.</summary>
    public long Written => Inserted + Changed + Unchanged + MarkedDeleted;

    /// <summary>Rows that a snapshot did not see and the replica therefore marked deleted or removed. No record was read for them.</summary>
    public long Swept { get; init; }

    /// <summary>NUL bytes that texts lost because the replica's database cannot store them.</summary>
    public long NulsLeftOut { get; init; }

    /// <summary>Rows that a partial load or a comparison of Ids met and the replica does not have; they are noted and read whole afterwards.</summary>
    public long Absent { get; init; }

    /// <summary>Matches of masking rules that were replaced; null: none.</summary>
    public MaskCounts? Masked { get; init; }

    public Tally Add(PageCounts page, CommitCounts committed) => new(
        Reported + (page.Reported ?? 0), ReportedPages + (page.Reported is null ? 0 : 1), Pages + 1,
        Parsed + page.Parsed, Rejected + page.Rejected,
        Inserted + committed.Inserted, Changed + committed.Changed, Unchanged + committed.Unchanged,
        MarkedDeleted + committed.MarkedDeleted, Bytes + page.Bytes) { Swept = Swept + committed.Swept, Absent = Absent + committed.Absent, NulsLeftOut = NulsLeftOut + committed.NulsLeftOut, Masked = committed.Masked is null ? Masked : committed.Masked.Add(Masked) };
}

/// <summary>What the extractor knows of a page.</summary>
/// <param name="Reported">Rows Salesforce said the page has; null where it does not tell.</param>
/// <param name="Bytes">Bytes of the response body after decompression.</param>
public readonly record struct PageCounts(long? Reported, long Parsed, long Rejected, long Bytes);

/// <summary>What the database counted inside the page's transaction. Each written row is in exactly one of the four.</summary>
/// <param name="MarkedDeleted">Rows that arrived deleted and were not so before.</param>
/// <param name="Swept">Rows that did not arrive: a snapshot ended without them. Not part of <see cref="Written"/>.</param>
/// <param name="Absent">Rows of a partial load or a comparison that the table does not have. Not part of <see cref="Written"/>.</param>
public readonly record struct CommitCounts(long Inserted, long Changed, long Unchanged, long MarkedDeleted, long Swept = 0, long Absent = 0)
{
    public long Written => Inserted + Changed + Unchanged + MarkedDeleted;

    /// <summary>NUL bytes that texts lost because the database cannot store them.</summary>
    public long NulsLeftOut { get; init; }

    /// <summary>What was masked in the rows of the page; null: nothing.</summary>
    public MaskCounts? Masked { get; init; }
}

/// <summary>A record that was not written, and why. The value itself is not kept.</summary>
public sealed record RejectedRow(string Id, string Field, string Reason);
