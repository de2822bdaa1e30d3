using System.Buffers;
using System.Text.Json;
using Orgtap.SimulatedOrg.Schema;
using Orgtap.Tests.SimulatedOrg.Data;

namespace Orgtap.Tests.SimulatedOrg.Schema;

public sealed class DescribeTests
{
    /// <summary>The attributes a connector reads (REST API guide, sObject Describe).</summary>
    private const string FieldAttributes = "name,label,type,soapType,length,byteLength,precision,scale,digits,nillable,createable,updateable,custom,calculated,calculatedFormula,compoundFieldName,extraTypeInfo,externalId,idLookup,unique,filterable,sortable,groupable,deprecatedAndHidden,encrypted,htmlFormatted,nameField,namePointing,referenceTo,relationshipName,picklistValues,restrictedPicklist,dependentPicklist,controllerName,autoNumber,defaultValue,defaultedOnCreate";

    private readonly SmallOrg _org = new(rows: 1);

    [Fact]
    public void Every_field_has_every_attribute()
    {
        foreach (var type in _org.Store.Schema.Objects)
        {
            foreach (var field in Describe(type).GetProperty("fields").EnumerateArray())
            {
                foreach (var attribute in FieldAttributes.Split(',')) Assert.True(field.TryGetProperty(attribute, out _), $"{type.Name}: {attribute}");
            }
        }
    }

    [Fact]
    public void The_object_list_has_every_attribute()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) DescribeJson.WriteGlobal(writer, _org.Store.Schema, "/services/data/v66.0");
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        Assert.Equal("UTF-8", document.RootElement.GetProperty("encoding").GetString());
        Assert.Equal(200, document.RootElement.GetProperty("maxBatchSize").GetInt32());
        foreach (var sobject in document.RootElement.GetProperty("sobjects").EnumerateArray())
        {
            foreach (var attribute in "name,label,labelPlural,keyPrefix,custom,customSetting,queryable,retrieveable,replicateable,searchable,createable,updateable,deletable,triggerable,feedEnabled,deprecatedAndHidden,urls".Split(','))
                Assert.True(sobject.TryGetProperty(attribute, out _), attribute);
        }
        Assert.Equal("/services/data/v66.0/sobjects/Account/describe", document.RootElement.GetProperty("sobjects").EnumerateArray()
            .Single(sobject => sobject.GetProperty("name").GetString() == "Account").GetProperty("urls").GetProperty("describe").GetString());
    }

    [Theory]
    [InlineData("cumulusci-GET_sobjects_Account_describe.json", "Account")]
    [InlineData("cumulusci-GET_sobjects_Contact_describe.json", "Contact")]
    [InlineData("cumulusci-GET_sobjects_Lead_describe.json", "Lead")]
    public void Attributes_and_fields_are_those_of_a_recorded_describe(string file, string sobject)
    {
        var folder = Environment.GetEnvironmentVariable("ORGTAP_FIXTURES");
        if (folder is null) Assert.Skip("ORGTAP_FIXTURES names no folder of recorded replies");
        using var recorded = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, file)));
        var ours = Describe(_org.Store.Schema.Find(sobject)!);

        var field = ours.GetProperty("fields").EnumerateArray().First();
        Assert.Empty(Names(recorded.RootElement.GetProperty("fields").EnumerateArray().First()).Except(Names(field)));
        var types = ours.GetProperty("fields").EnumerateArray().ToDictionary(entry => entry.GetProperty("name").GetString()!);
        var differences = new List<string>();
        foreach (var real in recorded.RootElement.GetProperty("fields").EnumerateArray())
        {
            if (!types.TryGetValue(real.GetProperty("name").GetString()!, out var mine)) continue;
            foreach (var attribute in (string[])["type", "soapType", "compoundFieldName", "relationshipName", "nillable", "precision", "scale"])
            {
                if (real.GetProperty(attribute).ToString() != mine.GetProperty(attribute).ToString())
                    differences.Add($"{real.GetProperty("name")}: {attribute} is {mine.GetProperty(attribute)}, recorded {real.GetProperty(attribute)}");
            }
        }
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Fact]
    public void Every_kind_of_field_is_there()
    {
        var types = _org.Store.Schema.Objects.SelectMany(type => type.Fields).Select(field => field.Type).ToHashSet();
        foreach (var type in "id string textarea boolean int double currency percent date datetime time picklist multipicklist combobox reference email phone url address location base64 encryptedstring anyType".Split(' '))
            Assert.Contains(type, types);
        Assert.Contains(_org.Store.Schema.Objects, type => !type.Queryable);
        Assert.Contains(_org.Store.Schema.Objects, type => type is { Replicateable: false, Queryable: true });
        Assert.False(_org.Store.Schema.Find("CaseStatus")!.BulkSupported);
    }

    [Fact]
    public void Key_prefixes_are_unique_even_in_a_very_wide_org()
    {
        var store = new Orgtap.SimulatedOrg.Data.OrgStore(new(1, new Dictionary<string, long>(), SmallOrg.Start, 1500, 800), TimeProvider.System);
        Assert.Equal(store.Schema.Objects.Count, store.Schema.Objects.Select(type => type.KeyPrefix).Distinct().Count());
        Assert.True(store.Schema.Find("extra1500__C")!.Fields.Count > 800);
    }

    [Fact]
    public void Hidden_fields_and_objects_are_absent_until_shown_again()
    {
        var schema = _org.Store.Schema;
        _org.Clock.Advance(TimeSpan.FromMinutes(5));
        schema.HideField("Account", "phone", hidden: true);
        Assert.Null(schema.Find("account")!.Field("Phone"));
        Assert.Equal(SmallOrg.Start.AddMinutes(5), schema.LastModified);
        schema.HideField("Account", "Phone", hidden: false);
        Assert.NotNull(schema.Find("Account")!.Field("PHONE"));

        schema.HideObject("Account", hidden: true);
        Assert.Null(schema.Find("Account"));
        Assert.DoesNotContain(schema.ChildRelationships("User"), child => child.ChildObject == "Account");
        schema.HideObject("account", hidden: false);
        Assert.NotNull(schema.Find("Account"));
    }

    [Fact]
    public void A_removed_field_is_gone_and_an_added_one_described()
    {
        var schema = _org.Store.Schema;
        schema.RemoveField("Lead", "Fax");
        schema.AddField("Lead", new FieldType { Name = "New__c", Type = "string", Length = 10, Custom = true });
        Assert.Null(schema.Find("Lead")!.Field("Fax"));
        Assert.Contains(Describe(schema.Find("Lead")!).GetProperty("fields").EnumerateArray(), field => field.GetProperty("name").GetString() == "New__c");
        Assert.Throws<ArgumentException>(() => schema.AddField("Lead", new FieldType { Name = "new__C", Type = "string" }));
        Assert.Throws<ArgumentException>(() => schema.RemoveField("Lead", "Fax"));
    }

    private JsonElement Describe(SObjectType type)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) DescribeJson.WriteObject(writer, _org.Store.Schema, type, "/services/data/v66.0");
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);
}
