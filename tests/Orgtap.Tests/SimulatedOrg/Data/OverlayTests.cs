namespace Orgtap.Tests.SimulatedOrg.Data;

public sealed class OverlayTests
{
    private readonly SmallOrg _org = new(rows: 20);

    [Fact]
    public void An_inserted_row_has_stamps_of_the_clock_and_a_later_Id()
    {
        var last = _org.Store.Truth("Account", [], includeDeleted: true).Last().Id;
        var id = _org.Store.Insert("Account", new Dictionary<string, object?> { ["name"] = "New one", ["AnnualRevenue"] = 12L, ["Phone"] = "" });

        var row = _org.Store.Read("Account", id)!;
        Assert.True(string.CompareOrdinal(last, id) < 0);
        Assert.Equal("New one", row["Name"]);
        Assert.Equal(12m, row["AnnualRevenue"]);
        Assert.Null(row["Phone"]);
        Assert.Null(row["Industry"]);
        Assert.Equal(SmallOrg.Start, row["CreatedDate"]);
        Assert.Equal(SmallOrg.Start, row["SystemModstamp"]);
        Assert.Equal(false, row["IsDeleted"]);
        Assert.NotNull(row["OwnerId"]);
    }

    [Fact]
    public void An_update_moves_the_stamps_unless_told_not_to()
    {
        var id = _org.FirstId("Account");
        var before = _org.Store.Read("Account", id)!;
        _org.Store.Update("Account", id, new Dictionary<string, object?> { ["Name"] = "Quiet" }, touchStamp: false);
        Assert.Equal(before["SystemModstamp"], _org.Store.Read("Account", id)!["SystemModstamp"]);

        _org.Clock.Advance(TimeSpan.FromSeconds(90.5));
        _org.Store.Update("Account", id[..15], new Dictionary<string, object?> { ["Name"] = null, ["Fax"] = "1" });
        var after = _org.Store.Read("Account", id)!;
        Assert.Equal(SmallOrg.Start.AddSeconds(90), after["SystemModstamp"]);
        Assert.Equal(SmallOrg.Start.AddSeconds(90), after["LastModifiedDate"]);
        Assert.Equal(before["CreatedDate"], after["CreatedDate"]);
        Assert.Null(after["Name"]);
        Assert.Equal(before["Industry"], after["Industry"]);
    }

    [Fact]
    public void Given_stamps_win_so_late_commits_can_be_planted()
    {
        var late = SmallOrg.Start.AddMinutes(-7);
        var id = _org.Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = "Late", ["SystemModstamp"] = late });
        Assert.Equal(late, _org.Store.Read("Account", id)!["SystemModstamp"]);
    }

    [Fact]
    public void A_delete_is_soft_and_can_be_taken_back()
    {
        var id = _org.FirstId("Contact");
        var (live, all) = (_org.Store.Count("Contact", false), _org.Store.Count("Contact", true));
        _org.Clock.Advance(TimeSpan.FromHours(1));

        _org.Store.Delete("Contact", id);
        Assert.Equal((live - 1, all), (_org.Store.Count("Contact", false), _org.Store.Count("Contact", true)));
        Assert.Equal(true, _org.Store.Read("Contact", id)!["IsDeleted"]);
        Assert.Equal(SmallOrg.Start.AddHours(1), _org.Store.Read("Contact", id)!["SystemModstamp"]);
        Assert.Contains((id, SmallOrg.Start.AddHours(1)), _org.Store.DeletedBetween("Contact", SmallOrg.Start, SmallOrg.Start.AddHours(2)));

        Assert.Contains(_org.Store.DeletedBetween("Contact", SmallOrg.Start.AddHours(1), SmallOrg.Start.AddHours(2)), entry => entry.Id == id);
        Assert.DoesNotContain(_org.Store.DeletedBetween("Contact", SmallOrg.Start, SmallOrg.Start.AddHours(1)), entry => entry.Id == id);

        _org.Store.Undelete("Contact", id);
        Assert.Equal((live, all), (_org.Store.Count("Contact", false), _org.Store.Count("Contact", true)));
        Assert.Empty(_org.Store.DeletedBetween("Contact", SmallOrg.Start, SmallOrg.Start.AddHours(2)));
    }

    [Fact]
    public void A_hard_deleted_row_is_only_in_the_delete_log()
    {
        var id = _org.FirstId("Lead");
        var (live, all) = (_org.Store.Count("Lead", false), _org.Store.Count("Lead", true));
        _org.Store.HardDelete("Lead", id);

        Assert.Equal((live - 1, all - 1), (_org.Store.Count("Lead", false), _org.Store.Count("Lead", true)));
        Assert.Null(_org.Store.Read("Lead", id));
        Assert.DoesNotContain(_org.Store.Truth("Lead", [], includeDeleted: true), row => row.Id == id);
        Assert.Equal(0, _org.Soql.Prepare($"SELECT Id FROM Lead WHERE Id = '{id}'", includeDeleted: true).Run().Count);
        Assert.Contains(_org.Store.DeletedBetween("Lead", SmallOrg.Start, SmallOrg.Start.AddSeconds(1)), entry => entry.Id == id);
        Assert.Throws<KeyNotFoundException>(() => _org.Store.Delete("Lead", id));
    }

    [Fact]
    public void Base_rows_in_the_bin_are_in_the_delete_log()
    {
        var org = new SmallOrg(rows: 2_000);
        var deleted = org.Store.Count("Account", true) - org.Store.Count("Account", false);
        Assert.Equal(deleted, org.Store.DeletedBetween("Account", DateTimeOffset.MinValue, DateTimeOffset.MaxValue).Count);
    }

    [Fact]
    public void Every_change_grows_the_version()
    {
        var version = _org.Store.Version;
        var id = _org.Store.Insert("Lead", new Dictionary<string, object?> { ["LastName"] = "X" });
        Assert.True(_org.Store.Version > version);
        version = _org.Store.Version;
        _org.Store.Delete("Lead", id);
        Assert.True(_org.Store.Version > version);
        version = _org.Store.Version;
        _org.Store.Schema.HideField("Lead", "Email", hidden: true);
        Assert.True(_org.Store.Version > version);
    }

    [Fact]
    public void Formulas_follow_their_inputs_without_a_stamp()
    {
        var invoice = _org.Store.Insert("Invoice__c", new Dictionary<string, object?> { ["Amount__c"] = 100m, ["Account__c"] = _org.FirstId("Account") });
        Assert.Equal(119.00m, _org.Store.Read("Invoice__c", invoice)!["Gross__c"]);
        _org.Store.Update("Account", _org.FirstId("Account"), new Dictionary<string, object?> { ["Name"] = "Renamed" });
        Assert.Equal("Renamed", _org.Store.Read("Invoice__c", invoice)!["Account_Name__c"]);
        Assert.Equal(SmallOrg.Start, _org.Store.Read("Invoice__c", invoice)!["SystemModstamp"]);
    }

    [Theory]
    [InlineData("Nope", "x")]
    [InlineData("Name", true)]
    [InlineData("AnnualRevenue", "12")]
    [InlineData("IsDeleted", "yes")]
    [InlineData("OwnerId", "005")]
    [InlineData("Revenue_Per_Employee__c", 1L)]
    [InlineData("NumberOfEmployees", 1.5)]
    public void Values_that_do_not_fit_are_refused(string field, object value) =>
        Assert.Throws<ArgumentException>(() => _org.Store.Insert("Account", new Dictionary<string, object?> { [field] = value }));

    [Fact]
    public void A_text_longer_than_its_field_is_refused() =>
        Assert.Throws<ArgumentException>(() => _org.Store.Insert("Account", new Dictionary<string, object?> { ["Phone"] = new string('1', 41) }));

    [Fact]
    public void A_field_added_later_is_empty_in_base_rows_and_can_be_filled()
    {
        _org.Store.Schema.AddField("Account", new Orgtap.SimulatedOrg.Schema.FieldType { Name = "Later__c", Type = "string", Length = 20 });
        var id = _org.FirstId("Account");
        Assert.Null(_org.Store.Read("Account", id)!["Later__c"]);
        _org.Store.Update("Account", id, new Dictionary<string, object?> { ["later__C"] = "here" });
        Assert.Equal(1, _org.Soql.Prepare("SELECT Id FROM Account WHERE Later__c = 'HERE'", false).Run().Count);
    }

    [Fact]
    public void Writers_at_once_lose_nothing()
    {
        var before = _org.Store.Count("Lead", false);
        Parallel.For(0, 8, worker =>
        {
            for (var i = 0; i < 200; i++)
            {
                var id = _org.Store.Insert("Lead", new Dictionary<string, object?> { ["LastName"] = $"{worker}-{i}" });
                _org.Store.Update("Lead", id, new Dictionary<string, object?> { ["Company"] = "c" });
                if (i % 2 == 0) _org.Store.Delete("Lead", id);
                _ = _org.Soql.Prepare("SELECT COUNT() FROM Lead WHERE Company = 'c'", true).Run().Count;
            }
        });
        Assert.Equal(before + 800, _org.Store.Count("Lead", false));
        Assert.Equal(1600, _org.Soql.Prepare("SELECT COUNT() FROM Lead WHERE Company = 'c'", true).Run().Count);
    }

    [Fact]
    public void A_random_Id_is_of_a_live_row()
    {
        var random = new Random(1);
        for (var i = 0; i < 50; i++)
        {
            var id = _org.Store.RandomId("Contact", random)!;
            Assert.Equal(false, _org.Store.Read("Contact", id)!["IsDeleted"]);
        }
        Assert.Null(new SmallOrg(records: new Dictionary<string, long>()).Store.RandomId("Contact", random));
    }
}
