using Orgtap.Extraction;
using Orgtap.Records;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

public sealed class ReceiptsTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Reported, pages with a count, pages, parsed, rejected, written, expected.</summary>
    public static TheoryData<long, long, long, long, long, long, long?, Verdict, bool, string> Counts => new()
    {
        { 100, 2, 2, 100, 0, 100, 100, Verdict.Complete, false, "100 rows: 100 new. Salesforce reported as many as were read and written." },
        { 0, 1, 1, 0, 0, 0, 0, Verdict.Complete, false, "Nothing to move: Salesforce has no Account that this user may see." },
        { 100, 2, 2, 100, 0, 100, null, Verdict.CompleteNotConfirmed, false, "100 rows: 100 new. The org does not count everything to compare with." },
        { 50, 1, 2, 100, 0, 100, 100, Verdict.CompleteNotConfirmed, false, "100 rows: 100 new. The org does not count everything to compare with." },
        { 0, 0, 2, 100, 0, 100, null, Verdict.CompleteNotConfirmed, false, "100 rows: 100 new. The org gives no count to compare with." },
        { 100, 2, 2, 99, 0, 99, 100, Verdict.Partial, true, "1 row of 100 is missing: Salesforce's pages hold 100 rows, 99 were read." },
        { 99, 2, 2, 99, 0, 99, 100, Verdict.Partial, true, "1 row of 100 is missing: Salesforce counts 100 rows in all, 99 were read." },
        { 100, 2, 2, 100, 0, 98, 100, Verdict.Partial, true, "2 rows of 100 are missing: 100 rows were to be written, the replica counted 98." },
        { 0, 0, 2, 100, 0, 98, null, Verdict.Partial, true, "2 rows of 100 are missing: 100 rows were to be written, the replica counted 98." },
        { 100, 2, 2, 100, 3, 97, 100, Verdict.Partial, false, "3 rows of 100 are missing: 3 rows could not be stored and are listed by Id." },
        { 100, 2, 2, 101, 0, 101, 100, Verdict.Partial, true, "The counts disagree: Salesforce's pages hold 100 rows, 101 were read." },
        { 100, 2, 2, 100, 0, 101, 100, Verdict.Partial, true, "The counts disagree: 100 rows were to be written, the replica counted 101." },
    };

    [Theory]
    [MemberData(nameof(Counts))]
    public void The_verdict_follows_from_the_counts_alone(
        long reported, long reportedPages, long pages, long parsed, long rejected, long written, long? expected, Verdict verdict, bool missesRows, string sentence)
    {
        var stored = Stored(new Tally(reported, reportedPages, pages, parsed, rejected, written, 0, 0, 0, 0), expected);

        var receipt = Receipts.Of(Plan, "Account", stored, null, []);

        Assert.Equal((verdict, sentence), (receipt.Verdict, receipt.Sentence));
        Assert.Equal(missesRows, Receipts.MissesRows(stored));
    }

    [Fact]
    public void A_load_that_did_not_end_has_failed_and_says_what_is_there()
    {
        var stored = Stored(new Tally(50, 1, 1, 50, 0, 50, 0, 0, 0, 0), 100) with { Finished = false };

        var receipt = Receipts.Of(Plan, "Account", stored, "Salesforce cannot answer just now.", []);

        Assert.Equal((Verdict.Failed, "Salesforce cannot answer just now. 50 rows of 100 are in the replica; the next run goes on from there."), (receipt.Verdict, receipt.Sentence));
    }

    [Fact]
    public void A_later_load_that_moved_nothing_says_why()
    {
        var stored = Stored(new Tally(0, 1, 1, 0, 0, 0, 0, 0, 0, 0), 0) with { Mode = LoadMode.Incremental, Window = new Window(Now.AddHours(-1), Now) };
        var again = stored with { Tally = new Tally(7, 1, 1, 7, 0, 0, 0, 7, 0, 0), Expected = 7 };

        Assert.Equal("Nothing to move: no Account was changed between 2026-06-01 11:00:00 UTC and 2026-06-01 12:00:00 UTC.", Receipts.Of(Plan, "Account", stored, null, []).Sentence);
        Assert.StartsWith("7 rows of the overlap read again, all as before: nothing was changed since the last load.", Receipts.Of(Plan, "Account", again, null, []).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_worst_verdict_stands_for_the_run()
    {
        Assert.Equal(Verdict.Partial, Verdicts.Worst([Verdict.Complete, Verdict.Partial, Verdict.CompleteNotConfirmed]));
        Assert.Null(Verdicts.Worst([]));
    }

    private static PlanSummary Plan => new(ExtractionApi.Bulk, LoadMode.Backfill, new Window(null, Now), "SystemModstamp", 3, 100, 5, [], false);

    private static Checkpoint Stored(Tally tally, long? expected) => new()
    {
        Mode = LoadMode.Backfill, Window = new Window(null, Now), Fields = ["Id"], Tally = tally, Expected = expected, Finished = true,
    };
}
