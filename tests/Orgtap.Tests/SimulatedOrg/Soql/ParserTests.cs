using Orgtap.SimulatedOrg.Soql;
using Orgtap.Tests.SimulatedOrg.Data;

namespace Orgtap.Tests.SimulatedOrg.Soql;

public sealed class ParserTests
{
    private static readonly SmallOrg Org = new(rows: 10);

    [Theory]
    [InlineData("select id from account")]
    [InlineData("SELECT a.Id, a.Owner.Name FROM Account a WHERE a.Name != null")]
    [InlineData("SELECT Account.Id FROM Account AS acc LIMIT 5 OFFSET 2")]
    [InlineData("SELECT Id FROM Account WHERE (Name = 'a' OR Name = 'b') AND NOT (Industry = 'x')")]
    [InlineData("SELECT Id FROM Account WHERE NOT Name LIKE 'a\\_b%'")]
    [InlineData("SELECT Id FROM Account WHERE Name = 'O\\'Brien \\\\ \\n \\u00e9'")]
    [InlineData("SELECT Id FROM Account WHERE AnnualRevenue >= -1.5e3 AND NumberOfEmployees <> 5")]
    [InlineData("SELECT Id FROM Account WHERE SystemModstamp > 2026-01-01T00:00:00Z AND CreatedDate <= 2026-01-01T00:00:00.123+01:00")]
    [InlineData("SELECT Id FROM Account WHERE CreatedDate = LAST_N_DAYS:30 OR LastActivityDate = THIS_MONTH OR LastActivityDate < 2025-12-31")]
    [InlineData("SELECT Id FROM Account WHERE CreatedDate = TODAY OR CreatedDate = N_WEEKS_AGO:3 OR CreatedDate > LAST_90_DAYS")]
    [InlineData("SELECT Id FROM Account WHERE Segments__c INCLUDES ('SMB;Enterprise', 'Public Sector') OR Segments__c excludes ('SMB')")]
    [InlineData("SELECT Id FROM Account WHERE Id IN ('001000000000001', '001000000000001AAA') AND OwnerId NOT IN (null, '')")]
    [InlineData("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Email != null)")]
    [InlineData("SELECT Id, (SELECT Id, LastName FROM Contacts WHERE Email != null ORDER BY LastName LIMIT 3), (SELECT Id FROM Opportunities) FROM Account")]
    [InlineData("SELECT Id, (SELECT Id FROM Invoices__r) FROM Account")]
    [InlineData("SELECT COUNT() FROM Account")]
    [InlineData("SELECT count() FROM Account WHERE Name = 'x' LIMIT 3")]
    [InlineData("SELECT Type, COUNT(Id) howMany, MAX(SystemModstamp) FROM Account GROUP BY Type HAVING COUNT(Id) > 1 ORDER BY COUNT(Id) DESC NULLS LAST, Type")]
    [InlineData("SELECT COUNT_DISTINCT(OwnerId), SUM(AnnualRevenue), AVG(AnnualRevenue), MIN(Name) FROM Account")]
    [InlineData("SELECT CALENDAR_YEAR(CreatedDate), DAY_ONLY(CreatedDate) day, COUNT(Id) FROM Account GROUP BY CALENDAR_YEAR(CreatedDate), DAY_ONLY(CreatedDate)")]
    [InlineData("SELECT FIELDS(ALL) FROM Account LIMIT 200")]
    [InlineData("SELECT FIELDS(STANDARD), Segments__c FROM Account")]
    [InlineData("SELECT fields(custom) FROM Account WHERE Id IN ('001000000000001')")]
    [InlineData("SELECT Who.Name, What.Name FROM Task ORDER BY Who.Name ASC NULLS FIRST ALL ROWS")]
    [InlineData("SELECT Id FROM Account USING SCOPE everything WHERE IsDeleted = false FOR VIEW")]
    [InlineData("SELECT Cutoff_Time__c, Account__r.Owner.Profile.Name FROM Invoice__c WHERE Cutoff_Time__c > 12:30:00.000Z")]
    public void Accepts(string soql) => Assert.NotNull(Org.Soql.Prepare(soql, includeDeleted: false).Run());

    [Theory]
    [InlineData("", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
    [InlineData("SELEKT Name FROM Account", "MALFORMED_QUERY", "unexpected token: SELEKT")]
    [InlineData("SELECT Id FORM Account", "MALFORMED_QUERY", "\nSELECT Id FORM Account\n          ^\nERROR at Row:1:Column:11\nunexpected token: 'FORM'")]
    [InlineData("SELECT FROM Account", "MALFORMED_QUERY", "unexpected token: 'FROM'")]
    [InlineData("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
    [InlineData("SELECT Id, FROM Account", "MALFORMED_QUERY", "unexpected token: 'FROM'")]
    [InlineData("SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'")]
    [InlineData("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY", "unexpected token: 'OR'")]
    [InlineData("SELECT Id FROM Account WHERE Name = 'a", "MALFORMED_QUERY", "mismatched character '<EOF>' expecting '''")]
    [InlineData("SELECT Id FROM Account WHERE Name = 'a\\x'", "MALFORMED_QUERY", "Illegal string escape sequence")]
    [InlineData("SELECT Id FROM Account LIMIT ten", "MALFORMED_QUERY", "unexpected token: 'ten'")]
    [InlineData("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")]
    [InlineData("SELECT Id FROM Account; DROP", "MALFORMED_QUERY", "no viable alternative at character ';'")]
    [InlineData("SELECT Id, Foo__c FROM Account", "INVALID_FIELD", "\nSELECT Id, Foo__c FROM Account\n           ^\nERROR at Row:1:Column:12\nNo such column 'Foo__c' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name.")]
    [InlineData("SELECT Foo.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Foo' in field path.")]
    [InlineData("SELECT Id FROM Account WHERE Nope = 1", "INVALID_FIELD", "No such column 'Nope' on entity 'Account'.")]
    [InlineData("SELECT Id, Name, id FROM Account", "INVALID_FIELD", "duplicate field selected: Id")]
    [InlineData("select count() from XYZZY", "INVALID_TYPE", "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\nsObject type 'XYZZY' is not supported. If you are attempting to use a custom object")]
    [InlineData("SELECT Id FROM ActivityHistory", "INVALID_TYPE_FOR_OPERATION", "entity type ActivityHistory does not support query")]
    [InlineData("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "field 'Description' can not be filtered in a query call")]
    [InlineData("SELECT Id FROM Account ORDER BY Description", "INVALID_FIELD", "field 'Description' can not be sorted in a query call")]
    [InlineData("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name")]
    [InlineData("SELECT Description, COUNT(Id) FROM Account GROUP BY Description", "INVALID_FIELD", "field 'Description' can not be grouped in a query call")]
    [InlineData("SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")]
    [InlineData("SELECT FIELDS(CUSTOM) FROM Account LIMIT 201", "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")]
    [InlineData("SELECT Id FROM Account WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: abc")]
    [InlineData("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes")]
    [InlineData("SELECT Id FROM Account WHERE NumberOfEmployees = '5'", "INVALID_FIELD", "value of filter criterion for field 'NumberOfEmployees' must be of type int and should not be enclosed in quotes")]
    [InlineData("SELECT Id FROM Account WHERE CreatedDate > '2026-01-01T00:00:00Z'", "INVALID_FIELD", "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes")]
    [InlineData("SELECT Id FROM Account WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime")]
    [InlineData("SELECT Id FROM Account WHERE Name < null", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator")]
    [InlineData("SELECT Id FROM Account WHERE Name INCLUDES ('x')", "INVALID_FIELD", "includes operator is not valid on field 'Name'")]
    [InlineData("SELECT Id FROM Account WHERE OwnerId IN (SELECT Name FROM User)", "MALFORMED_QUERY", "exactly one id or reference field")]
    [InlineData("SELECT Id, (SELECT Id FROM Nopes) FROM Account", "INVALID_TYPE", "Didn't understand relationship 'Nopes' in FROM part of query call.")]
    [InlineData("SELECT Id x FROM Account", "MALFORMED_QUERY", "only aggregate expressions use field aliasing")]
    [InlineData("SELECT SUM(Name) FROM Account", "INVALID_FIELD", "does not support aggregate operator SUM")]
    public void Refuses_with_Salesforces_words(string soql, string code, string words)
    {
        var error = Assert.Throws<SoqlException>(() => Org.Soql.Prepare(soql, includeDeleted: false));
        Assert.Equal(code, error.ErrorCode);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_more_than_a_hundred_thousand_characters() =>
        Assert.Throws<SoqlException>(() => Org.Soql.Prepare("SELECT Id FROM Account" + new string(' ', 100_000), false));

    [Fact]
    public void The_fragment_of_an_error_in_a_long_query_still_points_at_its_place()
    {
        var soql = $"SELECT {string.Join(", ", Enumerable.Repeat("Account.Name", 30).Select((name, i) => i == 20 ? "Wrong__c" : $"Owner.F{i}"))} FROM Contact";
        soql = soql.Replace("Owner.F", "Account.Owner.Name, Name", StringComparison.Ordinal)[..7] + "Id, Name, Email, Phone, Fax, Title, Department, Birthdate, MailingCity, MailingStreet, Wrong__c FROM Contact";
        var message = Assert.Throws<SoqlException>(() => Org.Soql.Prepare(soql, false)).Message.Split('\n');
        Assert.StartsWith("Wrong__c", message[1][message[2].IndexOf('^', StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Equal($"ERROR at Row:1:Column:{soql.IndexOf("Wrong__c", StringComparison.Ordinal) + 1}", message[3]);
    }

    [Theory]
    [InlineData("SELECT Id, Name, Account.Name FROM Contact ORDER BY Id LIMIT 5", null)]
    [InlineData("SELECT Id FROM CaseStatus", "INVALIDENTITY: Entity 'CaseStatus' is not supported by the Bulk API.")]
    [InlineData("SELECT Id, BillingAddress FROM Account", "API_ERROR: Selecting compound data not supported in Bulk Query")]
    [InlineData("SELECT Id, Place__c FROM Invoice__c", "API_ERROR: Selecting compound data not supported in Bulk Query")]
    [InlineData("SELECT COUNT() FROM Account", "API_ERROR")]
    [InlineData("SELECT MAX(Id) FROM Account", "API_ERROR")]
    [InlineData("SELECT Type FROM Account GROUP BY Type", "API_ERROR")]
    [InlineData("SELECT Id FROM Account LIMIT 5 OFFSET 1", "API_ERROR")]
    [InlineData("SELECT FIELDS(STANDARD) FROM Lead", "API_ERROR")]
    [InlineData("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR")]
    public void The_Bulk_API_takes_less(string soql, string? refusal)
    {
        var given = Org.Soql.BulkRefusal(Org.Soql.Prepare(soql, includeDeleted: true));
        if (refusal is null) Assert.Null(given);
        else Assert.StartsWith(refusal, $"{given?.ErrorCode}: {given?.Message}", StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_are_spelt_as_describe_does() =>
        Assert.Equal(["Id", "Name", "Account.Name", "Account.Owner.Id"], Org.Soql.Prepare("select ID, c.NAME, account.name, ACCOUNT.owner.id from CONTACT c", false).Columns);
}
