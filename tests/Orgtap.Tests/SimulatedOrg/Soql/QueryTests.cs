using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orgtap.Tests.SimulatedOrg.Data;
using Orgtap.Tests.SimulatedOrg.Rendering;

namespace Orgtap.Tests.SimulatedOrg.Soql;

public sealed class QueryTests
{
    private static readonly SmallOrg Org = Changed();

    [Fact]
    public void Deleted_rows_answer_only_queryAll()
    {
        Assert.Equal(Org.Store.Count("Account", false), Org.Soql.Prepare("SELECT Id FROM Account", false).Run().Count);
        Assert.Equal(Org.Store.Count("Account", true), Org.Soql.Prepare("SELECT Id FROM Account", true).Run().Count);
        Assert.Equal(Org.Store.Count("Account", true), Org.Soql.Prepare("SELECT Id FROM Account ALL ROWS", false).Run().Count);
        Assert.Equal(Org.Store.Count("Account", false), Org.Soql.Prepare("SELECT COUNT() FROM Account", false).Run().Count);
        Assert.Equal(Org.Store.Count("Account", true) - Org.Store.Count("Account", false), Org.Soql.Prepare("SELECT Id FROM Account WHERE IsDeleted = true", true).Run().Count);
        Assert.Equal(0, Org.Soql.Prepare("SELECT Id FROM Account WHERE IsDeleted = true", false).Run().Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ORDER BY Id DESC")]
    [InlineData("WHERE Industry != null ORDER BY SystemModstamp DESC, Id")]
    public void A_reader_can_start_anywhere(string rest)
    {
        var rows = Org.Soql.Prepare($"SELECT Id FROM Account {rest}", true).Run();
        var all = Ids(rows, 0);
        Assert.Equal(rows.Count, all.Count);
        Prop.ForAll(Gen.Choose(0, all.Count).ToArbitrary(), from => Ids(rows, from).SequenceEqual(all.Skip(from))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Paging_by_Id_visits_every_row_once()
    {
        var seen = new List<string>();
        for (var last = "000000000000000"; ;)
        {
            var page = Ids(Org.Soql.Prepare($"SELECT Id FROM Account WHERE Id > '{last}' ORDER BY Id LIMIT 70", true).Run(), 0);
            if (page.Count == 0) break;
            seen.AddRange(page);
            last = page[^1][..(seen.Count % 2 == 0 ? 15 : 18)];
        }
        Assert.Equal(Org.Store.Truth("Account", [], includeDeleted: true).Select(row => row.Id), seen);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ORDER BY Id DESC")]
    [InlineData("ORDER BY Name")]
    public void A_list_of_Ids_finds_its_rows(string order)
    {
        var wanted = Org.Store.Truth("Account", [], includeDeleted: true).Select(row => row.Id).Where((_, i) => i % 97 == 3).ToList();
        var list = string.Join(", ", wanted.Append("001Sx0000zzzzzz").Append("003000000000001").Select(id => $"'{id}'"));
        Assert.Equal(wanted, Ids(Org.Soql.Prepare($"SELECT Id FROM Account WHERE Id IN ({list}) {order}", true).Run(), 0).Order(StringComparer.Ordinal));
        Assert.Equal(wanted.Count, Org.Soql.Prepare($"SELECT COUNT() FROM Account WHERE Id IN ({list})", true).Run().Count);
        Assert.Equal(Org.Store.Count("Account", true) - wanted.Count, Org.Soql.Prepare($"SELECT Id FROM Account WHERE Id NOT IN ({list})", true).Run().Count);
    }

    [Fact]
    public void A_run_keeps_its_rows_while_the_org_changes()
    {
        var org = new SmallOrg(rows: 50);
        var rows = org.Soql.Prepare("SELECT Id, Name FROM Account", false).Run();
        var before = Ids(rows, 0);
        org.Store.Delete("Account", before[3]);
        org.Store.HardDelete("Account", before[4]);
        org.Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = "x" });
        Assert.Equal(before, Ids(rows, 0));
        Assert.Equal(before.Count - 1, org.Soql.Prepare("SELECT Id FROM Account", false).Run().Count);
    }

    [Theory]
    [InlineData("Name", false, false)]
    [InlineData("Name", true, true)]
    [InlineData("AnnualRevenue", false, true)]
    [InlineData("AnnualRevenue", true, false)]
    [InlineData("LastActivityDate", false, false)]
    [InlineData("LastActivityDate", true, true)]
    [InlineData("SystemModstamp", true, false)]
    public void Order_is_that_of_values_with_nulls_where_asked(string field, bool descending, bool nullsLast)
    {
        var soql = $"SELECT Id FROM Account ORDER BY {field} {(descending ? "DESC" : "ASC")} NULLS {(nullsLast ? "LAST" : "FIRST")}";
        var values = Ids(Org.Soql.Prepare(soql, true).Run(), 0).Select(id => Org.Store.Read("Account", id)![field]).ToList();
        var nulls = values.Count(value => value is null);
        Assert.All(nullsLast ? values[^nulls..] : values[..nulls], Assert.Null);
        var rest = nullsLast ? values[..^nulls] : values[nulls..];
        for (var i = 1; i < rest.Count; i++)
        {
            var order = rest[i] is string text ? string.Compare((string)rest[i - 1]!, text, StringComparison.OrdinalIgnoreCase) : Comparer<object>.Default.Compare(rest[i - 1], rest[i]);
            Assert.True(descending ? order >= 0 : order <= 0);
        }
        var limited = Ids(Org.Soql.Prepare(soql + " LIMIT 20 OFFSET 7", true).Run(), 0);
        Assert.Equal(Ids(Org.Soql.Prepare(soql, true).Run(), 0).Skip(7).Take(20), limited);
    }

    [Fact]
    public void Aggregates_agree_with_the_rows()
    {
        var rows = Org.Store.Truth("Account", [], false).Select(row => Org.Store.Read("Account", row.Id)!).ToList();
        var result = Records("SELECT COUNT(Id) c, COUNT(AnnualRevenue), COUNT_DISTINCT(Industry), SUM(AnnualRevenue) s, MIN(SystemModstamp), MAX(SystemModstamp), MAX(Name) FROM Account").Single();
        var revenue = rows.Select(row => row["AnnualRevenue"]).OfType<decimal>().ToList();
        Assert.Equal("AggregateResult", result.GetProperty("attributes").GetProperty("type").GetString());
        Assert.Equal(rows.Count, result.GetProperty("c").GetInt64());
        Assert.Equal(revenue.Count, result.GetProperty("expr0").GetInt64());
        Assert.Equal(rows.Select(row => row["Industry"]).OfType<string>().Distinct().Count(), result.GetProperty("expr1").GetInt64());
        Assert.Equal(revenue.Sum(), result.GetProperty("s").GetDecimal());
        Assert.Equal(rows.Min(row => (DateTimeOffset)row["SystemModstamp"]!), DateTimeOffset.Parse(result.GetProperty("expr2").GetString()!.Replace("+0000", "Z", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(rows.Max(row => (DateTimeOffset)row["SystemModstamp"]!), DateTimeOffset.Parse(result.GetProperty("expr3").GetString()!.Replace("+0000", "Z", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture));

        var groups = Records("SELECT Type, CALENDAR_YEAR(CreatedDate) y, COUNT(Id) c FROM Account GROUP BY Type, CALENDAR_YEAR(CreatedDate) HAVING COUNT(Id) > 2 ORDER BY COUNT(Id) DESC, Type");
        var expected = rows.GroupBy(row => (row["Type"], ((DateTimeOffset)row["CreatedDate"]!).Year)).Where(group => group.Count() > 2).ToList();
        Assert.Equal(expected.Select(group => group.Count()).OrderDescending(), groups.Select(group => group.GetProperty("c").GetInt32()));
        Assert.Equal(expected.Select(group => ((string?)group.Key.Item1, group.Key.Year)).Order(), groups.Select(group => (group.GetProperty("Type").GetString(), group.GetProperty("y").GetInt32())).Order());
    }

    [Fact]
    public void Semi_joins_find_the_parents_of_matching_children()
    {
        var contacts = Org.Store.Truth("Contact", ["AccountId", "DoNotCall"], false).ToList();
        var expected = Org.Store.Truth("Account", [], false).Select(row => row.Id).Where(id => contacts.Any(contact => contact.Values[0] == id && contact.Values[1] == "true"));
        Assert.Equal(expected, Ids(Org.Soql.Prepare("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE DoNotCall = true)", false).Run(), 0));
        var without = Org.Store.Truth("Account", [], false).Select(row => row.Id).Where(id => !contacts.Any(contact => contact.Values[0] == id));
        Assert.Equal(without, Ids(Org.Soql.Prepare("SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact)", false).Run(), 0));
    }

    [Fact]
    public void Subqueries_list_the_children_of_each_parent()
    {
        var contacts = Org.Store.Truth("Contact", ["AccountId"], false).ToLookup(row => row.Values[0], row => row.Id);
        foreach (var account in Records("SELECT Id, (SELECT Id FROM Contacts ORDER BY Id DESC LIMIT 2) FROM Account"))
        {
            var expected = contacts[account.GetProperty("Id").GetString()].OrderDescending(StringComparer.Ordinal).Take(2).ToList();
            var children = account.GetProperty("Contacts");
            if (expected.Count == 0)
            {
                Assert.Equal(JsonValueKind.Null, children.ValueKind);
                continue;
            }
            Assert.Equal(expected.Count, children.GetProperty("totalSize").GetInt32());
            Assert.True(children.GetProperty("done").GetBoolean());
            Assert.Equal(expected, children.GetProperty("records").EnumerateArray().Select(child => child.GetProperty("Id").GetString()));
        }
    }

    [Fact]
    public void FIELDS_takes_what_the_user_may_see()
    {
        var org = new SmallOrg(rows: 2);
        org.Store.Schema.HideField("Account", "Phone", hidden: true);
        var account = org.Store.Schema.Find("Account")!;
        Assert.Equal(account.Fields.Select(field => field.Name), org.Soql.Prepare("SELECT FIELDS(ALL) FROM Account LIMIT 1", false).Columns);
        Assert.Equal(account.Fields.Where(field => field.Custom).Select(field => field.Name), org.Soql.Prepare("SELECT FIELDS(CUSTOM) FROM Account LIMIT 1", false).Columns);
        Assert.DoesNotContain("Phone", org.Soql.Prepare("SELECT FIELDS(STANDARD) FROM Account", false).Columns);
    }

    internal static List<string> Ids(Orgtap.SimulatedOrg.Soql.QueryRows rows, long from)
    {
        var ids = new List<string>();
        using var reader = rows.Read(from);
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        while (reader.Read())
        {
            buffer.ResetWrittenCount();
            reader.WriteCsv(buffer, new Orgtap.SimulatedOrg.Soql.CsvDialect());
            ids.Add(System.Text.Encoding.ASCII.GetString(buffer.WrittenSpan[1..19]));
        }
        return ids;
    }

    /// <summary>Base rows with changes of every kind on top.</summary>
    internal static SmallOrg Changed()
    {
        var org = new SmallOrg(rows: 1_000);
        var random = new Random(5);
        for (var i = 0; i < 60; i++)
        {
            org.Clock.Advance(TimeSpan.FromSeconds(10));
            org.Store.Update("Account", org.Store.RandomId("Account", random)!, new Dictionary<string, object?> { ["Name"] = $"Changed {i}", ["Industry"] = null });
            if (i % 3 == 0) org.Store.Delete("Account", org.Store.RandomId("Account", random)!);
            if (i % 5 == 0) org.Store.HardDelete("Account", org.Store.RandomId("Account", random)!);
            if (i % 2 == 0) org.Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = $"New {i}", ["AnnualRevenue"] = 10m * i });
        }
        return org;
    }

    private static List<JsonElement> Records(string soql)
    {
        var records = new List<JsonElement>();
        using var reader = Org.Soql.Prepare(soql, false).Run().Read(0);
        while (reader.Read()) records.Add(RoundTripTests.Json(reader));
        return records;
    }
}
