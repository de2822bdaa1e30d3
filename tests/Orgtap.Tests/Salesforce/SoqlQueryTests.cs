using FsCheck;
using FsCheck.Fluent;
using Orgtap.Primitives;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Tests.Salesforce;

public sealed class SoqlQueryTests
{
    private static readonly DateTimeOffset Instant = new(2026, 1, 2, 5, 4, 5, 678, TimeSpan.FromHours(2));

    [Fact]
    public void Writes_a_window_in_utc_with_milliseconds() => Assert.Equal(
        "SELECT Id,Owner.Name FROM Account WHERE SystemModstamp > 2026-01-02T03:04:05.678Z AND SystemModstamp <= 2026-01-02T03:04:06.678Z AND Id > '001000000000001AAA' ORDER BY Id LIMIT 200",
        SoqlQuery.Select("Id", "Owner.Name").From("Account")
            .Where(SoqlCondition.StampAfter("SystemModstamp", Instant), null, SoqlCondition.StampUpTo("SystemModstamp", Instant.AddSeconds(1)))
            .Where(SoqlCondition.IdAfter("001000000000001AAA")).OrderBy("Id").Limit(200).ToString());

    [Fact]
    public void Counts() => Assert.Equal("SELECT COUNT() FROM Task WHERE IsDeleted = false", SoqlQuery.Count().From("Task").Where(SoqlCondition.Is("IsDeleted", false)).ToString());

    [Fact]
    public void Quotes_and_backslashes_are_escaped() => Assert.Equal(
        @"SELECT Id FROM Lead WHERE Name IN ('O\'Brien','a\\b','x\ny')",
        SoqlQuery.Select("Id").From("Lead").Where(SoqlCondition.In("Name", ["O'Brien", @"a\b", "x\ny"])).ToString());

    [Theory]
    [InlineData("Account WHERE Id = ''")]
    [InlineData("Account;")]
    [InlineData("../limits")]
    [InlineData("Account.")]
    [InlineData(".Account")]
    [InlineData("a..b")]
    [InlineData("1Account")]
    [InlineData("Ärger")]
    [InlineData("")]
    public void Names_with_anything_else_are_refused(string name)
    {
        Assert.Throws<InvalidInputException>(() => SoqlQuery.Select(name));
        Assert.Throws<InvalidInputException>(() => SoqlQuery.Select("Id").From(name));
        Assert.Throws<InvalidInputException>(() => SoqlCondition.Is(name, true));
    }

    [Theory]
    [InlineData("001000000000001' OR Id != '")]
    [InlineData("001")]
    public void An_id_that_is_none_never_reaches_a_query(string id) => Assert.Throws<OrgtapException>(() => SoqlCondition.IdAfter(id));

    [Fact]
    public void No_value_ends_its_own_literal() => Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), value =>
    {
        var text = SoqlCondition.Is("Name", value.Get).ToString();
        const string head = "Name = '";
        var inside = text[head.Length..^1];
        for (var i = 0; i < inside.Length; i++)
        {
            if (inside[i] == '\\') i++;
            else if (inside[i] == '\'') return false;
            if (i >= inside.Length) return false;
        }

        return text.StartsWith(head, StringComparison.Ordinal) && text.EndsWith('\'');
    }).QuickCheckThrowOnFailure();
}
