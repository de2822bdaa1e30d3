using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Orgtap.SimulatedOrg.Soql;
using Orgtap.Tests.SimulatedOrg.Data;

namespace Orgtap.Tests.SimulatedOrg.Soql;

/// <summary>Conditions against a naive reading of the same rows.</summary>
public sealed class FilterTests
{
    private static readonly SmallOrg Org = QueryTests.Changed();

    private static readonly List<(string Id, IReadOnlyDictionary<string, object?> Values)> Rows =
        [.. Org.Store.Truth("Account", [], includeDeleted: true).Select(row => (row.Id, Org.Store.Read("Account", row.Id)!))];

    /// <summary>A condition as SOQL and as what it means.</summary>
    private sealed record Case(string Soql, Func<IReadOnlyDictionary<string, object?>, bool> Means)
    {
        public override string ToString() => Soql;
    }

    [Fact]
    public void Conditions_select_what_they_mean() =>
        Prop.ForAll(Conditions(2).ToArbitrary(), condition =>
        {
            var found = QueryTests.Ids(Org.Soql.Prepare($"SELECT Id FROM Account WHERE {condition.Soql}", includeDeleted: true).Run(), 0);
            return found.SequenceEqual(Rows.Where(row => condition.Means(row.Values)).Select(row => row.Id));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    [Theory]
    [InlineData("%", "100% wool|100_wool|100 wool|a\\b")]
    [InlineData("100\\%%", "100% wool")]
    [InlineData("100\\_wool", "100_wool")]
    [InlineData("100_wool", "100_wool|100 wool")]
    [InlineData("100%WOOL", "100% wool|100_wool|100 wool")]
    [InlineData("%\\\\%", "a\\b")]
    [InlineData("100", "")]
    public void LIKE_reads_wildcards_and_escapes(string pattern, string found)
    {
        var org = new SmallOrg(records: new Dictionary<string, long>());
        foreach (var name in (string[])["100% wool", "100_wool", "100 wool", "a\\b"]) org.Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = name });
        var ids = QueryTests.Ids(org.Soql.Prepare($"SELECT Id FROM Account WHERE Name LIKE '{pattern}'", false).Run(), 0);
        Assert.Equal(found, string.Join('|', ids.Select(id => org.Store.Read("Account", id)!["Name"])));
    }

    private static Gen<Case> Conditions(int depth)
    {
        if (depth == 0) return Leaf();
        var inner = Conditions(depth - 1);
        return Gen.OneOf(
            Leaf(),
            inner.Select(one => new Case($"NOT ({one.Soql})", row => !one.Means(row))),
            inner.Two().Select(two => new Case($"({two.Item1.Soql}) AND ({two.Item2.Soql})", row => two.Item1.Means(row) && two.Item2.Means(row))),
            inner.Two().Select(two => new Case($"(({two.Item1.Soql}) OR ({two.Item2.Soql}))", row => two.Item1.Means(row) || two.Item2.Means(row))));
    }

    private static Gen<Case> Leaf() => Gen.OneOf(Texts(), Numbers(), Ids(), Stamps(), Dates(), Flags(), Nulls(), Lists(), Likes(), MultiPicks());

    private static readonly Gen<IReadOnlyDictionary<string, object?>> AnyRow = Gen.Elements(Rows.AsEnumerable()).Select(row => row.Values);
    private static readonly Gen<string> Operators = Gen.Elements("=", "!=", "<", "<=", ">", ">=");

    private static Gen<Case> Texts() =>
        from field in Gen.Elements("Name", "Industry", "BillingCity", "BillingStreet", "Site")
        from row in AnyRow
        from comparison in Operators
        from upper in ArbMap.Default.GeneratorFor<bool>()
        let value = row[field] as string ?? "Some text"
        select new Case($"{field} {comparison} {Quote(upper ? value.ToUpperInvariant() : value)}",
            other => Holds(comparison, other[field], left => string.Compare((string)left, value, StringComparison.OrdinalIgnoreCase)));

    private static Gen<Case> Numbers() =>
        from field in Gen.Elements("AnnualRevenue", "NumberOfEmployees", "Big_Number__c", "Growth__c", "Health_Score__c", "Revenue_Per_Employee__c")
        from row in AnyRow
        from comparison in Operators
        let value = row[field] is { } number ? Convert.ToDecimal(number, CultureInfo.InvariantCulture) : 1000m
        select new Case(string.Create(CultureInfo.InvariantCulture, $"{field} {comparison} {value}"),
            other => Holds(comparison, other[field], left => Convert.ToDecimal(left, CultureInfo.InvariantCulture).CompareTo(value)));

    private static Gen<Case> Ids() =>
        from field in Gen.Elements("Id", "OwnerId", "ParentId")
        from row in AnyRow
        from comparison in Operators
        from length in Gen.Elements(15, 18)
        let value = row[field] as string ?? "001000000000001AAA"
        select new Case($"{field} {comparison} '{value[..length]}'", other => Holds(comparison, other[field], left => string.CompareOrdinal(((string)left)[..15], value[..15])));

    private static Gen<Case> Stamps() =>
        from field in Gen.Elements("SystemModstamp", "CreatedDate", "LastModifiedDate")
        from row in AnyRow
        from comparison in Operators
        from offset in Gen.Elements(0, 5, -3)
        let value = (DateTimeOffset)row[field]!
        select new Case($"{field} {comparison} {value.ToOffset(TimeSpan.FromHours(offset)).ToString(offset == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture)}",
            other => Holds(comparison, other[field], left => ((DateTimeOffset)left).CompareTo(value)));

    private static Gen<Case> Dates() =>
        from row in AnyRow
        from comparison in Operators
        let value = row["LastActivityDate"] as DateOnly? ?? new DateOnly(2024, 2, 29)
        select new Case($"LastActivityDate {comparison} {value:yyyy-MM-dd}", other => Holds(comparison, other["LastActivityDate"], left => ((DateOnly)left).CompareTo(value)));

    private static Gen<Case> Flags() =>
        from field in Gen.Elements("IsDeleted", "Is_Strategic__c")
        from value in ArbMap.Default.GeneratorFor<bool>()
        from comparison in Gen.Elements("=", "!=")
        select new Case($"{field} {comparison} {(value ? "TRUE" : "false")}", other => Holds(comparison, other[field], left => ((bool)left).CompareTo(value)));

    private static Gen<Case> Nulls() =>
        from field in Gen.Elements("Name", "Industry", "ParentId", "AnnualRevenue", "LastActivityDate", "Segments__c")
        from not in ArbMap.Default.GeneratorFor<bool>()
        select new Case($"{field} {(not ? "!=" : "=")} null", row => row[field] is null != not);

    private static Gen<Case> Lists() =>
        from field in Gen.Elements("Industry", "Id", "OwnerId", "Name")
        from rows in AnyRow.ArrayOf(3)
        from not in ArbMap.Default.GeneratorFor<bool>()
        let values = rows.Select(row => row[field] as string).ToList()
        select new Case($"{field} {(not ? "NOT IN" : "IN")} ({string.Join(", ", values.Select(value => value is null ? "null" : Quote(value)))})",
            row => values.Contains((string?)row[field], StringComparer.OrdinalIgnoreCase) != not);

    private static Gen<Case> Likes() =>
        from row in AnyRow
        let name = row["Name"] as string ?? "abc"
        from cut in Gen.Choose(0, name.Length)
        from shape in Gen.Elements(0, 1, 2)
        let half = name[..cut].Contains('\uD83D', StringComparison.Ordinal) ? "" : name[..cut]
        select shape switch
        {
            0 => new Case($"Name LIKE {Quote(half)[..^1]}%'", other => other["Name"] is string text && text.StartsWith(half, StringComparison.OrdinalIgnoreCase)),
            1 => new Case($"Name LIKE '%{Quote(half)[1..^1]}%'", other => other["Name"] is string text && text.Contains(half, StringComparison.OrdinalIgnoreCase)),
            _ => new Case($"Name LIKE '_{Quote(half)[1..^1]}%'", other => other["Name"] is string { Length: > 0 } text && text[1..].StartsWith(half, StringComparison.OrdinalIgnoreCase)),
        };

    private static Gen<Case> MultiPicks() =>
        from first in Gen.Elements("SMB", "Enterprise", "Partner, Inc.")
        from second in Gen.Elements("Mid-Market", "Public Sector")
        from excludes in ArbMap.Default.GeneratorFor<bool>()
        select new Case($"Segments__c {(excludes ? "EXCLUDES" : "INCLUDES")} ('{first};{second}', 'Non-Profit')", row =>
        {
            var chosen = (row["Segments__c"] as string)?.Split(';') ?? [];
            return (chosen.Contains("Non-Profit") || (chosen.Contains(first) && chosen.Contains(second))) != excludes;
        });

    private static bool Holds(string comparison, object? left, Func<object, int> compare) => (comparison, left) switch
    {
        ("!=", null) => true,
        (_, null) => false,
        ("=", _) => compare(left) == 0,
        ("!=", _) => compare(left) != 0,
        ("<", _) => compare(left) < 0,
        ("<=", _) => compare(left) <= 0,
        (">", _) => compare(left) > 0,
        _ => compare(left) >= 0,
    };

    private static string Quote(string text) =>
        "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal) + "'";

}
