using Orgtap.Catalog;
using Orgtap.Primitives;
using Orgtap.Records;

namespace Orgtap.Tests.Catalog;

public sealed class SelectionDraftTests
{
    private static readonly string[] Offered = ["Account", "Contact", "User", "RecordType", "Opportunity", "Lead"];
    private static readonly Preset Mapping = Presets.Find("account-mapping")!;
    private static readonly Preset Sales = Presets.Find("sales-pipeline")!;

    private static readonly CatalogObjectDetail Account = new(new CatalogObject("Account", "Account", false, true, null),
    [
        Field("Id", required: true), Field("Name"), Field("Fax"), Field("SystemModstamp", required: true),
        new CatalogField("BillingAddress", "Billing Address", "address", null, false, "Its parts are loaded instead.", false, false),
    ], "SystemModstamp");

    [Fact]
    public void A_single_field_brings_its_table_and_what_every_load_needs() =>
        Assert.Equal(["Id", "Fax", "SystemModstamp"], new SelectionDraft([]).WithField(Account, "fax").Find("Account")!.Fields!);

    [Fact]
    public void A_field_less_turns_all_fields_into_a_list_of_the_others() =>
        Assert.Equal(["Id", "Name", "SystemModstamp"], new SelectionDraft([new SelectedObject("Account")]).WithoutField(Account, "Fax").Find("Account")!.Fields!);

    [Fact]
    public void What_every_load_needs_cannot_be_taken_out() =>
        Assert.Contains("always loaded", Assert.Throws<InvalidInputException>(() => new SelectionDraft([new SelectedObject("Account")]).WithoutField(Account, "Id")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("BillingAddress", "Its parts are loaded instead.")]
    [InlineData("Nope__c", "has no field Nope__c")]
    public void A_field_that_cannot_be_had_is_refused_with_the_reason(string field, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidInputException>(() => new SelectionDraft([]).WithField(Account, field)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_preset_adds_the_tables_that_the_org_offers_and_leaves_chosen_fields_alone()
    {
        var draft = new SelectionDraft([]).WithField(Account, "Fax").With(Mapping, Offered);

        Assert.Equal(["Account", "Contact", "User", "RecordType"], draft.Tables.Select(table => table.SObject));
        Assert.NotNull(draft.Find("Account")!.Fields);
        Assert.Equal((4, 4), draft.CountOf(Mapping, Offered));
    }

    [Fact]
    public void Taking_a_preset_out_keeps_what_another_full_preset_needs()
    {
        var draft = new SelectionDraft([]).With(Mapping, Offered).With(Sales, Offered).Without(Mapping, Offered);

        Assert.Null(draft.Find("RecordType"));
        Assert.NotNull(draft.Find("Account"));
    }

    [Fact]
    public void All_data_out_takes_everything_out() =>
        Assert.Empty(new SelectionDraft([]).With(Presets.Find(Presets.AllKey)!, Offered).Without(Presets.Find(Presets.AllKey)!, Offered).Tables);

    [Fact]
    public void The_order_of_fields_does_not_make_a_draft_another_one()
    {
        var draft = new SelectionDraft([new SelectedObject("Account", ["Id", "Fax"])]);

        Assert.True(draft.IsSameAs([new SelectedObject("Account", ["fax", "Id"])]));
        Assert.False(draft.IsSameAs([new SelectedObject("Account")]));
    }

    private static CatalogField Field(string name, bool required = false) => new(name, name, "string", new Column(name, name == "Id" ? ColumnType.Id : ColumnType.Text), true, null, false, required);
}
