using Orgtap.Extraction;
using Orgtap.Records;

namespace Orgtap.Tests.Extraction;

public sealed class ExtractionPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, 123, TimeSpan.Zero);

    [Theory]
    [InlineData(0L, ExtractionApi.Rest, 1L, "About 0 rows: one query costs 1 call, a Bulk job at least 4.")]
    [InlineData(120L, ExtractionApi.Rest, 1L, "About 120 rows: one query costs 1 call, a Bulk job at least 4.")]
    [InlineData(2_001L, ExtractionApi.Rest, 2L, "About 2,001 rows: REST queries cost 2 calls, a Bulk job about 5.")]
    [InlineData(50_000L, ExtractionApi.Bulk, 6L, "About 50,000 rows: a Bulk job costs about 6 calls, REST queries 25.")]
    [InlineData(5_000_000L, ExtractionApi.Bulk, 155L, "About 5,000,000 rows: a Bulk job costs about 155 calls, REST queries 2,500.")]
    public void The_cheaper_interface_is_taken_and_the_plan_says_what_each_costs(long rows, ExtractionApi api, long calls, string reason)
    {
        var plan = ExtractionPlanner.Plan(Facts() with { TableRows = rows });

        Assert.Equal((api, calls), (plan.Api, plan.EstimatedCalls));
        Assert.Contains(reason, plan.Reasons);
    }

    [Theory]
    [InlineData(1L, 0)]
    [InlineData(3_000L, 0)]
    [InlineData(9_999L, 0)]
    [InlineData(12_000L, 0)]
    [InlineData(20_000L, 0)]
    [InlineData(1_000_000L, 0)]
    // Rows of which a page holds a few thousand.
    [InlineData(12_000L, 250)]
    [InlineData(20_000L, 250)]
    [InlineData(1_000_000L, 250)]
    public void No_plan_costs_more_than_the_other_interface_would(long rows, int fields)
    {
        var facts = Facts() with { TableRows = rows, Memory = 16 << 20 };
        facts = facts with { Schema = new ObjectSchema("Account", [.. facts.Schema.Columns, .. Enumerable.Range(1, fields).Select(number => new Column($"F{number}__c", ColumnType.Text))]) };
        var chosen = ExtractionPlanner.Plan(facts);
        var rest = ExtractionPlanner.Plan(facts with { BulkRefusal = "No." });
        var bulk = ExtractionPlanner.Plan(facts with { Options = new ExtractionOptions { BulkAboveRows = 0 } });

        Assert.Equal(Math.Min(rest.EstimatedCalls, bulk.EstimatedCalls), chosen.EstimatedCalls);
    }

    [Fact]
    public void A_first_load_reads_everything_up_to_now_and_keeps_that_cutoff()
    {
        var plan = ExtractionPlanner.Plan(Facts() with { TableRows = 100_000 });

        Assert.Equal((LoadMode.Backfill, new Window(null, Now)), (plan.Mode, plan.Window));
        Assert.Equal("SELECT Id,Name,SystemModstamp FROM Account WHERE SystemModstamp <= 2026-06-01T12:00:00.123Z", LoadQuery.Whole(plan).ToString());
        Assert.Equal("SELECT Id,Name,SystemModstamp FROM Account WHERE SystemModstamp <= 2026-06-01T12:00:00.123Z AND Id > '001000000000001AAA' ORDER BY Id",
            LoadQuery.Keyset(plan, "001000000000001AAA").ToString());
    }

    [Fact]
    public void A_later_load_begins_behind_the_last_one_less_the_overlap_and_ends_before_now()
    {
        var plan = ExtractionPlanner.Plan(Facts() with { Checkpoint = Finished(Now.AddHours(-1)), TableRows = 5_000_000 });

        Assert.Equal(LoadMode.Incremental, plan.Mode);
        Assert.Equal(new Window(Now.AddHours(-1).AddMinutes(-10), Now.AddSeconds(-2)), plan.Window);
        Assert.Equal((ExtractionApi.Rest, 1L, null), (plan.Api, plan.EstimatedCalls, plan.EstimatedRows));
        Assert.NotNull(plan.MoveToBulkAbove);
    }

    [Fact]
    public void A_window_never_ends_before_the_one_already_finished()
    {
        var plan = ExtractionPlanner.Plan(Facts() with { Checkpoint = Finished(Now.AddSeconds(-1)) });

        Assert.Equal(Now.AddSeconds(-1), plan.Window.UpTo);
    }

    [Fact]
    public void Without_a_stamp_everything_is_read_every_time()
    {
        var plan = ExtractionPlanner.Plan(Facts() with { StampField = null, Checkpoint = Finished(null, LoadMode.Snapshot), TableRows = 10 });

        Assert.Equal((LoadMode.Snapshot, null), (plan.Mode, plan.StampField));
        Assert.Equal("SELECT Id,Name,SystemModstamp FROM Account", LoadQuery.Whole(plan).ToString());
    }

    [Fact]
    public void An_interrupted_load_goes_on_in_its_own_window_through_the_interface_it_began_with()
    {
        var checkpoint = Finished(null) with
        {
            Finished = false, Mode = LoadMode.Backfill, Window = new Window(null, Now.AddDays(-1)),
            Position = new BulkPosition("750000000000001", "66.0", "MTA", []), Tally = Tally.Zero with { Parsed = 1_234 },
        };

        var plan = ExtractionPlanner.Plan(Facts() with { Checkpoint = checkpoint, TableRows = 10 });

        Assert.Equal((true, ExtractionApi.Bulk, Now.AddDays(-1)), (plan.Resumes, plan.Api, plan.Window.UpTo));
        Assert.Contains("Goes on after 1,234 rows that an earlier run loaded.", plan.Reasons);
        Assert.Same(checkpoint, plan.StartFrom(checkpoint));
    }

    [Fact]
    public void A_load_that_missed_rows_is_made_again_over_the_same_window()
    {
        var checkpoint = Finished(Now.AddDays(-2)) with { Finished = false, Mode = LoadMode.Incremental, Window = new Window(Now.AddDays(-2), Now.AddDays(-1)) };

        var plan = ExtractionPlanner.Plan(Facts() with { Checkpoint = checkpoint });

        Assert.Equal((LoadMode.Incremental, checkpoint.Window, false), (plan.Mode, plan.Window, plan.Resumes));
        Assert.Equal(checkpoint.Watermark, plan.StartFrom(checkpoint).Watermark);
    }

    [Fact]
    public void A_new_field_alone_is_read_for_all_rows_and_a_dropped_one_costs_nothing()
    {
        var added = ExtractionPlanner.Plan(Facts() with { Checkpoint = Finished(Now.AddHours(-1)) with { Fields = ["Id", "SystemModstamp"] } });
        var dropped = ExtractionPlanner.Plan(Facts() with { Checkpoint = Finished(Now.AddHours(-1)) with { Fields = ["Id", "Name", "SystemModstamp", "Industry"] } });

        Assert.Equal(LoadMode.Columns, added.Mode);
        Assert.Contains("Name was selected since the first load: read with the Ids alone, for all rows that are there.", added.Reasons);
        Assert.Equal($"SELECT Id,Name FROM Account WHERE SystemModstamp <= {Now.AddHours(-1):yyyy-MM-ddTHH:mm:ss.fffZ}", LoadQuery.Whole(added).ToString());
        Assert.Equal(LoadMode.Incremental, dropped.Mode);
    }

    [Theory]
    [InlineData(50.0, null, 1, "API 50.0 has no parallel result pages: pages are read one after another.")]
    [InlineData(57.0, null, 1, "API 57.0 has no parallel result pages: pages are read one after another.")]
    [InlineData(66.0, false, 1, "This org does not offer parallel result pages: pages are read one after another.")]
    [InlineData(58.0, null, 2, null)]
    [InlineData(66.0, true, 2, null)]
    public void Pages_are_read_side_by_side_where_the_org_allows_it(double version, bool? resultPages, int parallel, string? reason)
    {
        var plan = ExtractionPlanner.Plan(Facts() with { ApiVersion = (decimal)version, ResultPages = resultPages, TableRows = 1_000_000 });

        Assert.Equal(parallel, plan.ParallelPages);
        Assert.Equal(reason, plan.Reasons.SingleOrDefault(said => said.Contains("result pages", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("CaseStatus", null, "Bulk API does not serve CaseStatus. REST reads it in 50 calls.")]
    [InlineData("KnowledgeArticleVersion", null, "Bulk API does not serve KnowledgeArticleVersion. REST reads it in 50 calls.")]
    [InlineData("Account", "Bulk API does not serve Account.", "Bulk API does not serve Account. REST reads it in 50 calls.")]
    public void What_Bulk_does_not_serve_is_read_through_REST(string sobject, string? refusal, string reason)
    {
        var plan = ExtractionPlanner.Plan(Facts(sobject) with { TableRows = 100_000, BulkRefusal = refusal });

        Assert.Equal((ExtractionApi.Rest, 50L, null), (plan.Api, plan.EstimatedCalls, plan.MoveToBulkAbove));
        Assert.Contains(reason, plan.Reasons);
    }

    [Fact]
    public void Too_many_fields_for_an_address_go_through_Bulk()
    {
        var columns = Enumerable.Range(0, 800).Select(i => new Column($"A_rather_long_name_{i}__c", ColumnType.Text)).Prepend(new Column("Id", ColumnType.Id)).ToList();

        var plan = ExtractionPlanner.Plan(Facts() with { Schema = new ObjectSchema("Account", columns), TableRows = 10 });

        Assert.Equal(ExtractionApi.Bulk, plan.Api);
        Assert.Contains("801 fields make a query too long for REST; Bulk API has no such limit.", plan.Reasons);
    }

    [Theory]
    [InlineData(1_200L, 15)]
    [InlineData(45_000L, 68)]
    [InlineData(1_500_000L, 3)]
    [InlineData(1_500_000L, 15)]
    [InlineData(1_500_000L, 68)]
    [InlineData(10_000_000L, 15)]
    public void What_is_shown_while_tables_are_chosen_is_what_the_plan_says_then(long rows, int fields)
    {
        var schema = new ObjectSchema("Account", [new Column("Id", ColumnType.Id), .. Enumerable.Range(2, fields - 1).Select(number => new Column($"F{number}__c", ColumnType.Text))]);
        foreach (var memory in (long[])[16 << 20, 32 << 20])
            Assert.Equal(ExtractionPlanner.Plan(Facts() with { Schema = schema, TableRows = rows, Memory = memory }).EstimatedCalls, FirstLoadCost.Calls(rows, fields, memory));
    }

    [Fact]
    public void An_uncounted_table_goes_through_Bulk_which_copes_with_any_number()
    {
        var plan = ExtractionPlanner.Plan(Facts());

        Assert.Equal((ExtractionApi.Bulk, null), (plan.Api, plan.EstimatedRows));
    }

    private static TableFacts Facts(string sobject = "Account") => new()
    {
        Schema = new ObjectSchema(sobject, [new Column("Id", ColumnType.Id), new Column("Name", ColumnType.Text), new Column("SystemModstamp", ColumnType.DateTime)]),
        StampField = "SystemModstamp",
        ApiVersion = 66.0m,
        Now = Now,
    };

    private static Checkpoint Finished(DateTimeOffset? watermark, LoadMode mode = LoadMode.Backfill) => new()
    {
        Mode = mode, Window = new Window(null, watermark ?? Now), Fields = ["Id", "Name", "SystemModstamp"], Finished = true,
        Watermark = watermark is { } at ? new Watermark(at) : null,
    };
}
