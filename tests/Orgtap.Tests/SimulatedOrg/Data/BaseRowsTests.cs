using Orgtap.SimulatedOrg.Data;

namespace Orgtap.Tests.SimulatedOrg.Data;

public sealed class BaseRowsTests
{
    private static readonly SmallOrg Org = new();

    public static TheoryData<string> Objects => [.. Org.Store.Schema.Objects.Where(type => type.Queryable).Select(type => type.Name)];

    [Theory, MemberData(nameof(Objects))]
    public void The_same_seed_gives_the_same_rows(string sobject)
    {
        var again = new SmallOrg();
        Assert.Equal(Text(Org, sobject), Text(again, sobject));
    }

    [Fact]
    public void Another_seed_gives_other_rows() => Assert.NotEqual(Text(Org, "Account"), Text(new SmallOrg(seed: 43), "Account"));

    [Theory, MemberData(nameof(Objects))]
    public void References_point_at_live_rows_of_their_targets(string sobject)
    {
        var type = Org.Store.Schema.Find(sobject)!;
        var references = type.Fields.Where(field => field.Type == "reference").ToList();
        var live = Org.Store.Schema.Objects.ToDictionary(target => target.Name,
            target => target.Queryable ? Org.Store.Truth(target.Name, [], includeDeleted: false).Select(row => row.Id).ToHashSet() : []);
        foreach (var row in Org.Store.Truth(sobject, [.. references.Select(field => field.Name)], includeDeleted: true))
        {
            for (var i = 0; i < references.Count; i++)
            {
                if (row.Values[i] is { } id) Assert.Contains(references[i].ReferenceTo, target => live[target].Contains(id));
                else Assert.True(references[i].Nillable, $"{sobject}.{references[i].Name} is empty");
            }
        }
    }

    [Theory, MemberData(nameof(Objects))]
    public void Stamps_are_in_order_within_five_years(string sobject)
    {
        var type = Org.Store.Schema.Find(sobject)!;
        if (type.Field("SystemModstamp") is null || type.Field("CreatedDate") is null) return;
        foreach (var row in Org.Store.Truth(sobject, ["CreatedDate", "LastModifiedDate", "SystemModstamp"], includeDeleted: true))
        {
            Assert.True(string.CompareOrdinal("2021-06-15T12:00:00.000Z", row.Values[0]) <= 0);
            Assert.True(string.CompareOrdinal(row.Values[0], row.Values[1]) <= 0);
            Assert.True(string.CompareOrdinal(row.Values[1], row.Values[2]) <= 0);
            Assert.True(string.CompareOrdinal(row.Values[2], "2026-06-15T12:00:00.000Z") < 0);
        }
    }

    [Fact]
    public void No_stamp_lies_after_the_org_began()
    {
        var org = new SmallOrg(records: new Dictionary<string, long> { ["Account"] = 50_000 });
        Assert.True(string.CompareOrdinal(org.Store.Truth("Account", ["SystemModstamp"], includeDeleted: true).Max(row => row.Values[0]), "2026-06-15T12:00:00.000Z") < 0);
    }

    [Fact]
    public void Bulk_changes_leave_runs_of_equal_stamps()
    {
        var org = new SmallOrg(records: new Dictionary<string, long> { ["Account"] = 20_000, ["User"] = 5 });
        var most = org.Store.Truth("Account", ["SystemModstamp"], includeDeleted: true).CountBy(row => row.Values[0]!).Max(group => group.Value);
        Assert.Equal(256, most);
    }

    [Fact]
    public void Two_in_a_hundred_lie_in_the_recycle_bin()
    {
        var org = new SmallOrg(records: new Dictionary<string, long> { ["Account"] = 20_000, ["User"] = 100 });
        Assert.Equal(20_000, org.Store.Count("Account", includeDeleted: true));
        Assert.InRange(20_000 - org.Store.Count("Account", includeDeleted: false), 300, 500);
        Assert.Equal(100, org.Store.Count("User", includeDeleted: false));
        Assert.Equal(org.Store.Count("Account", includeDeleted: false), org.Store.Truth("Account", [], includeDeleted: false).LongCount());
    }

    [Theory, MemberData(nameof(Objects))]
    public void Values_fit_length_and_precision(string sobject)
    {
        var type = Org.Store.Schema.Find(sobject)!;
        foreach (var id in Org.Store.Truth(sobject, [], includeDeleted: true).Select(row => row.Id))
        {
            foreach (var (name, value) in Org.Store.Read(sobject, id)!)
            {
                var field = type.Field(name)!;
                if (value is string text) Assert.True(text.Length > 0 && (text.Length <= field.Length || field.Length == 0), $"{name}: {text.Length}");
                if (value is decimal number) Assert.True(decimal.Round(number, field.Scale) == number, $"{name}: {number}");
            }
        }
    }

    [Fact]
    public void Nasty_values_occur()
    {
        var org = new SmallOrg(records: new Dictionary<string, long> { ["Case"] = 60_000, ["Invoice__c"] = 60_000 });
        var texts = org.Store.Truth("Case", ["Description", "Subject"], includeDeleted: true).SelectMany(row => row.Values).OfType<string>().ToList();
        foreach (var piece in (string[])["\n", "\r\n", "\"", ",", "\0", "🚀", "مرحبا", "e\u0301", "=SUM", "\\", "\t", "NULL"])
        {
            Assert.Contains(texts, text => text.Contains(piece, StringComparison.Ordinal));
        }
        Assert.Contains(texts, text => text[0] == ' ');
        Assert.Contains(texts, text => text[^1] == ' ');
        Assert.Contains(texts, text => text.Length == 32_000);
        Assert.DoesNotContain(texts, text => text.Length == 0);

        var invoices = org.Store.Truth("Invoice__c", ["Terms__c", "Amount__c", "Exchange_Rate__c"], includeDeleted: true).ToList();
        Assert.Contains(invoices, row => row.Values[0]?.Length == 131_072);
        Assert.Contains(invoices, row => row.Values[1]?.Count(char.IsAsciiDigit) == 18);
        Assert.Contains(invoices, row => row.Values[2]?.Length > 12 && row.Values[2]!.EndsWith("000", StringComparison.Ordinal));
        Assert.Contains(invoices, row => row.Values[0] is null);
    }

    [Fact]
    public void Each_seed_has_an_organization_Id_of_its_own()
    {
        var orgs = Enumerable.Range(1, 20).Select(seed => new SmallOrg(seed, records: new Dictionary<string, long>())).ToList();
        Assert.True(orgs.Select(org => org.Store.OrganizationId).Distinct().Count() > 15);
        foreach (var org in orgs)
        {
            Assert.Equal(org.Store.OrganizationId, Assert.Single(org.Store.Truth("Organization", ["Name"], includeDeleted: true)).Id);
            Assert.Equal(1, org.Store.Count("Organization", includeDeleted: false));
            Assert.Equal("Simulated Org", org.Store.Read("Organization", org.Store.OrganizationId)!["Name"]);
        }
    }

    [Fact]
    public void An_unknown_object_in_the_seed_is_refused() =>
        Assert.Throws<ArgumentException>(() => new OrgStore(new OrgSeed(1, new Dictionary<string, long> { ["Nope"] = 1 }, SmallOrg.Start), TimeProvider.System));

    private static string Text(SmallOrg org, string sobject)
    {
        var fields = org.Store.Schema.Find(sobject)!.Fields.Where(field => !field.IsCompound && field.Type != "base64").Select(field => field.Name).ToList();
        return string.Join('\n', org.Store.Truth(sobject, fields, includeDeleted: true).Select(row => row.Id + string.Join('|', row.Values)));
    }
}
