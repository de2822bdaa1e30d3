using System.Buffers;
using System.Text;
using System.Text.Json;
using Orgtap.SimulatedOrg.Schema;
using Orgtap.SimulatedOrg.Soql;
using Orgtap.Tests.SimulatedOrg.Data;

namespace Orgtap.Tests.SimulatedOrg.Rendering;

public sealed class RoundTripTests
{
    private static readonly SmallOrg Org = new(rows: 2_000);

    public static TheoryData<string> Objects => [.. Org.Store.Schema.Objects.Where(type => type.Queryable && !QueryRestrictions.Has(type.Name)).Select(type => type.Name)];

    [Theory, MemberData(nameof(Objects))]
    public void Csv_carries_every_value(string sobject)
    {
        var fields = Fields(sobject);
        var query = Org.Soql.Prepare($"SELECT {string.Join(", ", fields.Select(field => field.Name))} FROM {sobject}", includeDeleted: true);
        Assert.Equal(fields.Select(field => field.Name), query.Columns);
        var records = CsvText.Parse(Csv(query.Run(), new CsvDialect()));
        var truth = Org.Store.Truth(sobject, query.Columns, includeDeleted: true).ToList();

        Assert.Equal(truth.Count, records.Count);
        for (var row = 0; row < truth.Count; row++)
        {
            Assert.Equal(fields.Count, records[row].Length);
            for (var i = 0; i < fields.Count; i++) Assert.Equal(truth[row].Values[i], CsvText.Canonical(fields[i], records[row][i]));
        }
    }

    [Theory, MemberData(nameof(Objects))]
    public void Json_carries_every_value(string sobject)
    {
        var fields = Fields(sobject);
        var rows = Org.Soql.Prepare($"SELECT {string.Join(", ", fields.Select(field => field.Name))} FROM {sobject} LIMIT 300", includeDeleted: true).Run();
        var truth = Org.Store.Truth(sobject, [.. fields.Select(field => field.Name)], includeDeleted: true).Take(300).ToList();
        using var reader = rows.Read(0);
        foreach (var row in truth)
        {
            Assert.True(reader.Read());
            var record = Json(reader);
            Assert.Equal(sobject, record.GetProperty("attributes").GetProperty("type").GetString());
            Assert.Equal($"/services/data/v66.0/sobjects/{sobject}/{row.Id}", record.GetProperty("attributes").GetProperty("url").GetString());
            for (var i = 0; i < fields.Count; i++)
            {
                var value = record.GetProperty(fields[i].Name);
                var text = value.ValueKind == JsonValueKind.Null ? "" : value.ToString();
                if (fields[i].Type == "boolean") text = text.ToLowerInvariant();
                if (fields[i].Type == "datetime" && text.Length > 0) text = text.Replace("+0000", "Z", StringComparison.Ordinal);
                Assert.Equal(row.Values[i], CsvText.Canonical(fields[i], text));
            }
        }
        Assert.False(reader.Read());
    }

    [Fact]
    public void A_dialect_changes_delimiter_line_end_quotes_and_Ids()
    {
        var dialect = new CsvDialect((byte)'|', CrLf: true, QuoteAll: false, ShortIds: true);
        var text = Csv(Org.Soql.Prepare("SELECT Id, Name, Description, SystemModstamp FROM Account", false).Run(), dialect);
        Assert.Contains("Z\r\n", text, StringComparison.Ordinal);
        var records = CsvText.Parse(text, '|');
        var truth = Org.Store.Truth("Account", ["Id", "Name", "Description"], false).ToList();
        Assert.Equal(truth.Count, records.Count);
        for (var row = 0; row < truth.Count; row++)
        {
            Assert.Equal(truth[row].Id[..15], records[row][0]);
            Assert.Equal(truth[row].Values[1], records[row][1]);
            Assert.Equal(truth[row].Values[2] ?? "", records[row][2]);
        }
    }

    [Fact]
    public void Numbers_have_the_forms_that_Salesforce_sends()
    {
        var org = new SmallOrg(records: new Dictionary<string, long> { ["Invoice__c"] = 30_000, ["Account"] = 5_000 });
        var cells = CsvText.Parse(Csv(org.Soql.Prepare("SELECT Exchange_Rate__c, Amount__c FROM Invoice__c", true).Run(), new CsvDialect())).SelectMany(record => record).ToList();
        Assert.Contains(cells, cell => cell.Contains('E'));
        Assert.Contains(cells, cell => cell.Count(char.IsAsciiDigit) == 18 && !cell.Contains('E'));
        Assert.Contains("0.0", cells);
        var employees = CsvText.Parse(Csv(org.Soql.Prepare("SELECT NumberOfEmployees FROM Account", true).Run(), new CsvDialect(DecimalZeroes: true))).SelectMany(record => record).ToList();
        Assert.Contains("0.0", employees);
        Assert.All(employees, cell => Assert.True(cell is "0.0" or "" || cell.All(char.IsAsciiDigit)));
        var plain = CsvText.Parse(Csv(org.Soql.Prepare("SELECT NumberOfEmployees FROM Account", true).Run(), new CsvDialect())).SelectMany(record => record).ToList();
        Assert.Equal(employees.Select(cell => cell == "0.0" ? "0" : cell), plain);
    }

    [Fact]
    public void Parents_are_nested_and_compounds_have_their_parts()
    {
        using var reader = Org.Soql.Prepare("SELECT Id, Account.Name, Account.Owner.Name, MailingAddress, Owner.Id FROM Contact WHERE AccountId != null AND MailingLatitude != null LIMIT 1", false).Run().Read(0);
        Assert.True(reader.Read());
        var record = Json(reader);
        var contact = Org.Store.Read("Contact", record.GetProperty("Id").GetString()!)!;
        var account = Org.Store.Read("Account", (string)contact["AccountId"]!)!;
        Assert.Equal(account["Name"], record.GetProperty("Account").GetProperty("Name").GetString());
        Assert.Equal("Account", record.GetProperty("Account").GetProperty("attributes").GetProperty("type").GetString());
        Assert.Equal("User", record.GetProperty("Account").GetProperty("Owner").GetProperty("attributes").GetProperty("type").GetString());
        Assert.Equal(contact["OwnerId"], record.GetProperty("Owner").GetProperty("Id").GetString());
        Assert.Equal(contact["MailingLatitude"], record.GetProperty("MailingAddress").GetProperty("latitude").GetDecimal());
        Assert.Equal(contact["MailingCity"], record.GetProperty("MailingAddress").GetProperty("city").GetString());
    }

    [Fact]
    public void A_blob_is_an_address_and_an_empty_parent_is_null()
    {
        using var blobs = Org.Soql.Prepare("SELECT Id, Body FROM Attachment LIMIT 1", false).Run().Read(0);
        Assert.True(blobs.Read());
        var attachment = Json(blobs);
        Assert.Equal($"/services/data/v66.0/sobjects/Attachment/{attachment.GetProperty("Id").GetString()}/Body", attachment.GetProperty("Body").GetString());

        using var contacts = Org.Soql.Prepare("SELECT Account.Name FROM Contact WHERE AccountId = null LIMIT 1", false).Run().Read(0);
        Assert.True(contacts.Read());
        Assert.Equal(JsonValueKind.Null, Json(contacts).GetProperty("Account").ValueKind);
    }

    internal static string Csv(QueryRows rows, CsvDialect dialect)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var reader = rows.Read(0);
        while (reader.Read()) reader.WriteCsv(buffer, dialect);
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(buffer.WrittenSpan);
    }

    internal static JsonElement Json(RowReader reader)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) reader.WriteJson(writer, "/services/data/v66.0");
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static List<FieldType> Fields(string sobject) =>
        [.. Org.Store.Schema.Find(sobject)!.Fields.Where(field => !field.IsCompound && field.Type != "base64")];
}
