using Orgtap.Catalog;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Salesforce.Describe;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Catalog;

public sealed class SelectingTests
{
    private static readonly IReadOnlyList<CatalogObject> Offered =
    [
        new("Account", "Account", false, true, null), new("Contact", "Contact", false, true, null), new("Vote", "Vote", false, false, "Only single records."),
    ];

    [Fact]
    public void A_preset_takes_what_the_org_has_and_names_what_it_lacks()
    {
        var outcome = Selecting.Choose(Offered, ["account-mapping"], []);

        Assert.Equal(["Account", "Contact"], outcome.Selection.Select(selected => selected.SObject));
        Assert.Contains(new MissingPart("AccountTeamMember", null, "This org does not have the table, or the connected user may not see it."), outcome.Missing);
    }

    [Fact]
    public void Tables_come_once_in_the_order_asked_for_with_the_wider_choice_of_fields()
    {
        var outcome = Selecting.Choose(Offered, ["sales-pipeline"], [new SelectedObject("contact", ["Email"]), new SelectedObject("Vote")]);

        Assert.Equal([new SelectedObject("Account"), new SelectedObject("Contact")], outcome.Selection);
        Assert.Contains(new MissingPart("Vote", null, "Only single records."), outcome.Missing);
    }

    [Fact]
    public void All_means_every_table_that_can_be_selected() =>
        Assert.Equal(["Account", "Contact"], Selecting.Choose(Offered, ["all"], []).Selection.Select(selected => selected.SObject));

    [Fact]
    public void An_unknown_preset_names_the_known_ones()
    {
        var refusal = Assert.Throws<InvalidInputException>(() => Selecting.Choose(Offered, ["sales"], []));

        Assert.Contains("sales-pipeline", refusal.NextStep, StringComparison.Ordinal);
    }

    [Fact]
    public void Presets_have_keys_for_addresses_and_name_no_table_twice() => Assert.All(Presets.All, preset =>
    {
        Assert.Matches("^[a-z]+(-[a-z]+)*$", preset.Key);
        Assert.Equal(preset.Tables.Count, preset.Tables.Select(table => table.SObject).Distinct().Count());
    });

    [Theory]
    [InlineData("AccountChangeEvent", "It is a stream of events and holds no rows.")]
    [InlineData("Archive__b", "Big objects can be read only along their own index.")]
    [InlineData("ContentDocumentLink", "Salesforce answers only questions about single records of it.")]
    [InlineData("Order__x", "Its rows live outside Salesforce.")]
    [InlineData("Account", null)]
    public void What_cannot_be_a_table_says_why(string name, string? reason)
    {
        var describe = ObjectDescribe.Parse($$"""{"name":"{{name}}","label":"L","queryable":true,"fields":[{"name":"Id","label":"Id","type":"id"}]}""");

        Assert.Equal(reason, CatalogReader.DetailOf(describe).Object.Reason);
    }

    [Fact]
    public void Fields_become_columns_and_what_cannot_says_why()
    {
        var detail = CatalogReader.DetailOf(ObjectDescribe.Parse("""
            {"name":"Account","label":"Account","queryable":true,"fields":[
              {"name":"Name","label":"Name","type":"string"},
              {"name":"Id","label":"Id","type":"id"},
              {"name":"OwnerId","label":"Owner","type":"reference","referenceTo":["User","Group"]},
              {"name":"Amount","label":"Amount","type":"currency","precision":18,"scale":2},
              {"name":"Size","label":"Size","type":"int"},
              {"name":"BillingAddress","label":"Billing","type":"address"},
              {"name":"BillingCity","label":"City","type":"string","compoundFieldName":"BillingAddress"},
              {"name":"Body","label":"Body","type":"base64"},
              {"name":"Opens","label":"Opens","type":"time"},
              {"name":"IsDeleted","label":"Deleted","type":"boolean"},
              {"name":"CreatedDate","label":"Created","type":"datetime"},
              {"name":"SystemModstamp","label":"Stamp","type":"datetime"}]}
            """));

        var schema = detail.SchemaOf(null, out var missing);

        Assert.Empty(missing);
        Assert.Equal("SystemModstamp", detail.StampField);
        Assert.Equal(
        [
            new Column("Id", ColumnType.Id), new Column("Name", ColumnType.Text), new Column("OwnerId", ColumnType.Id), new Column("Amount", ColumnType.Decimal, 18, 2),
            new Column("Size", ColumnType.Integer), new Column("BillingCity", ColumnType.Text), new Column("Opens", ColumnType.Time), new Column("IsDeleted", ColumnType.Boolean),
            new Column("CreatedDate", ColumnType.DateTime), new Column("SystemModstamp", ColumnType.DateTime),
        ], schema.Columns);
        Assert.Equal("Its parts are loaded instead: BillingCity.", detail.Fields.Single(field => field.Name == "BillingAddress").Reason);
        Assert.Equal("It holds a file; files' bytes are not synced.", detail.Fields.Single(field => field.Name == "Body").Reason);
        Assert.Equal(["Id", "Name", "IsDeleted", "SystemModstamp"], detail.SchemaOf(["name", "Body"], out missing).Columns.Select(column => column.Name));
        Assert.Equal(["Body"], missing);
    }

    [Fact]
    public async Task Applying_a_preset_stores_what_the_org_has_and_describes_are_not_fetched_twice()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();

        var outcome = await org.Selecting.ApplyAsync(org.Connection, ["products-and-prices"], [new SelectedObject("Account", ["Name", "NoSuchField"])], SyncedOrg.Cancel);
        var before = org.Host.Requests.Count("describe");
        await org.Catalog.ObjectAsync(org.Connection, "Account", new Orgtap.Salesforce.CallCounter(), SyncedOrg.Cancel);

        Assert.Equal(outcome.Selection.Select(selected => selected.SObject), (await org.Selections.GetAsync(org.Connection.Id, SyncedOrg.Cancel)).Select(selected => selected.SObject));
        Assert.Contains(outcome.Missing, part => part is { SObject: "Account", Field: "NoSuchField" });
        Assert.Equal(before, org.Host.Requests.Count("describe"));
    }

    [Fact]
    public async Task An_unchanged_describe_costs_an_answer_without_a_body()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        var first = await org.Catalog.ObjectAsync(org.Connection, "Account", new Orgtap.Salesforce.CallCounter(), SyncedOrg.Cancel);

        var again = await org.Catalog.ObjectAsync(org.Connection, "Account", TimeSpan.Zero, new Orgtap.Salesforce.CallCounter(), SyncedOrg.Cancel);

        Assert.Equal(304, org.Host.Requests.Entries[^1].Status);
        Assert.Equal(first.Fields, again.Fields);
    }
}
