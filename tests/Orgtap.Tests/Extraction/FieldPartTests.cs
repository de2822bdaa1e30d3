using Orgtap.Extraction;
using Orgtap.Records;

namespace Orgtap.Tests.Extraction;

public sealed class FieldPartTests
{
    [Fact]
    public void What_fits_is_one_part_and_asked_for_as_it_is()
    {
        var part = Assert.Single(FieldPart.Split(Schema(3), "SystemModstamp", FieldPart.Longest));

        Assert.Equal((0, 5), (part.From, part.Until));
        Assert.Equal(["Id", "Field_000__c", "SystemModstamp", "Field_001__c", "Field_002__c"], part.Selected);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(1_000)]
    [InlineData(5_000)]
    public void Every_column_is_in_exactly_one_part_and_no_part_is_too_long(int longest)
    {
        var schema = Schema(800);

        var parts = FieldPart.Split(schema, "SystemModstamp", longest);

        Assert.Equal(Enumerable.Range(0, schema.Columns.Count), parts.SelectMany(part => Enumerable.Range(part.From, part.Until - part.From)));
        Assert.All(parts, part => Assert.InRange(part.Bytes, 1, longest));
        // Cutting finer than that would cost calls for nothing.
        Assert.InRange(parts.Count, 2, schema.Columns.Sum(column => column.Name.Length + 3) / (longest - 60) + 1);
    }

    [Fact]
    public void Every_part_carries_Id_and_stamp_and_names_no_field_twice()
    {
        var schema = Schema(800);

        Assert.All(FieldPart.Split(schema, "systemmodstamp", 2_000), part =>
        {
            Assert.Equal("Id", part.Selected[0]);
            Assert.Contains("SystemModstamp", part.Selected, StringComparer.OrdinalIgnoreCase);
            Assert.Equal(part.Selected.Count, part.Selected.Distinct(StringComparer.OrdinalIgnoreCase).Count());
            // The columns of the part itself keep their order: one walk along an answer finds them all.
            var own = schema.Columns.Skip(part.From).Take(part.Until - part.From).Select(column => column.Name);
            Assert.Equal(own, part.Selected.Where(name => own.Contains(name)));
        });
    }

    [Fact]
    public void Without_a_stamp_only_the_Id_is_repeated() =>
        Assert.All(FieldPart.Split(Schema(100), null, 1_000).Skip(1), part => Assert.Equal(part.Until - part.From + 1, part.Selected.Count));

    [Fact]
    public void A_plan_of_a_wide_table_that_Bulk_refuses_says_that_it_is_read_in_parts_and_what_that_costs()
    {
        var plan = ExtractionPlanner.Plan(new TableFacts
        {
            Schema = Schema(800), StampField = "SystemModstamp", ApiVersion = 66, Now = DateTimeOffset.UnixEpoch, TableRows = 4_000, BulkRefusal = "Bulk API does not serve Wide__c.",
        });

        Assert.Equal((ExtractionApi.Rest, 4L, true), (plan.Api, plan.EstimatedCalls, plan.RestOnly));
        Assert.Contains("Bulk API does not serve Wide__c. REST reads it in 4 calls.", plan.Reasons);
        Assert.Contains("802 fields make a query too long: each range of Ids is asked for in 2 parts, which are joined.", plan.Reasons);
    }

    [Fact]
    public void The_other_parts_are_asked_for_over_the_same_Ids_and_without_an_end_of_the_window()
    {
        var plan = ExtractionPlanner.Plan(new TableFacts
        {
            Schema = Schema(1), StampField = "SystemModstamp", ApiVersion = 66, Now = new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero), TableRows = 1,
            Checkpoint = new Checkpoint
            {
                Mode = LoadMode.Backfill, Window = default, Fields = ["Id", "Field_000__c", "SystemModstamp"], Finished = true, Watermark = new Watermark(new DateTimeOffset(2026, 6, 1, 11, 0, 0, TimeSpan.Zero)),
            },
        });

        Assert.Equal("SELECT Id,A__c FROM Wide__c WHERE SystemModstamp > 2026-06-01T10:50:00.000Z AND Id > '001000000000001AAA' AND Id <= '001000000000009AAA' ORDER BY Id",
            LoadQuery.Rest(plan, ["Id", "A__c"], "001000000000001AAA", "001000000000009AAA").ToString());
        Assert.Equal("SELECT Id FROM Wide__c WHERE Id <= '001000000000009AAA' ORDER BY Id",
            LoadQuery.Rest(plan with { StampField = null }, ["Id"], null, "001000000000009AAA").ToString());
    }

    private static ObjectSchema Schema(int fields) => new("Wide__c",
    [
        new Column("Id", ColumnType.Id),
        .. Enumerable.Range(0, fields).Select(i => new Column($"Field_{i:000}__c", ColumnType.Text)).Take(1),
        new Column("SystemModstamp", ColumnType.DateTime),
        .. Enumerable.Range(1, fields - 1).Select(i => new Column($"Field_{i:000}__c", ColumnType.Text)),
    ]);
}
