using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Orgtap.App.Web.EditDataSync;
using Orgtap.Catalog;

namespace Orgtap.Tests.App.EditDataSync;

public sealed class PickerChangeTests
{
    [Fact]
    public void A_form_changes_only_the_boxes_that_are_no_longer_as_they_were_shown() =>
        Assert.Equal<PickerStep>(
            [new PickerStep.OfTable("Lead", true), new PickerStep.OfField("Account", "Fax", false), new PickerStep.OfPreset("marketing", true)],
            Read(("was", "on table:Account"), ("tick", "table:Account"), ("was", "off table:Lead"), ("tick", "table:Lead"), ("was", "mixed table:Contact"),
                ("was", "on field:Account.Fax"), ("was", "off preset:marketing"), ("tick", "preset:marketing")).Steps);

    [Fact]
    public void A_mixed_box_that_is_ticked_means_the_whole_table() =>
        Assert.Equal([new PickerStep.OfTable("Contact", true)], Read(("was", "mixed table:Contact"), ("tick", "table:Contact")).Steps);

    [Fact]
    public void One_box_alone_says_itself_whether_it_is_on() =>
        Assert.Equal([new PickerStep.OfField("Account", "Fax", false)], Read(("box", "field:Account.Fax"), ("on", "false")).Steps);

    [Theory]
    [InlineData("field:Account")]
    [InlineData("nothing")]
    [InlineData("drop:Account")]
    public void What_is_no_box_changes_nothing(string box) => Assert.Empty(Read(("box", box), ("on", "true")).Steps);

    [Fact]
    public void A_review_names_what_comes_and_what_goes()
    {
        SelectedObject[] stored = [new("Account"), new("Lead"), new("Contact", ["Id", "Email"])];
        var draft = new SelectionDraft([new SelectedObject("Account", ["Id", "Name"]), new SelectedObject("Contact", ["Id", "Email", "Fax"]), new SelectedObject("Case")]);
        var all = new Dictionary<string, IReadOnlyList<string>> { ["Account"] = ["Id", "Name", "Fax"] };

        var changes = SelectionChanges.Between(stored, draft, all, []);

        Assert.Collection(changes,
            change => Assert.Equal((false, "Account", "Fax"), (change.Added, change.SObject, Assert.Single(change.Fields!))),
            change => Assert.Equal((true, "Contact", "Fax"), (change.Added, change.SObject, Assert.Single(change.Fields!))),
            change => Assert.Equal((true, "Case", null), (change.Added, change.SObject, change.Fields)),
            change => Assert.Equal((false, "Lead", null), (change.Added, change.SObject, change.Fields)));
    }

    private static PickerChange Read(params (string Name, string Value)[] values) => PickerChange.Read(new FormCollection(
        values.GroupBy(value => value.Name).ToDictionary(group => group.Key, group => new StringValues([.. group.Select(value => value.Value)]))));
}
