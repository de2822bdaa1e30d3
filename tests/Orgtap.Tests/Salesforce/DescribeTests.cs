using System.Text.Json;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Tests.Salesforce;

public sealed class DescribeTests
{
    [Fact]
    public void Tolerates_a_describe_that_says_little()
    {
        var described = ObjectDescribe.Parse("""{"name":"Thing__c","fields":[{"name":"Id","type":"id"},{"name":"Size__c","type":"double","precision":18,"scale":2,"nillable":null}]}""");
        Assert.Equal("Thing__c", described.Label);
        Assert.True(described.Summary.Queryable);
        Assert.Equal(["Id", "Size__c"], described.Fields.Select(field => field.Name));
        Assert.Equal((18, 2, true), (described.Field("size__c")!.Precision, described.Field("SIZE__C")!.Scale, described.Field("Size__c")!.Nillable));
        Assert.Empty(described.Field("Id")!.ReferenceTo);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"name":"A"}""")]
    [InlineData("""{"fields":[]}""")]
    public void Refuses_what_is_no_describe(string json) => Assert.Throws<JsonException>(() => ObjectDescribe.Parse(json));

    [Theory]
    [InlineData("cumulusci-GET_sobjects_Account_describe.json")]
    [InlineData("cumulusci-GET_sobjects_Contact_describe.json")]
    [InlineData("cumulusci-GET_sobjects_Lead_describe.json")]
    [InlineData("cumulusci-GET_sobjects_OpportunityContactRole_describe.json")]
    [InlineData("forcetoolkit-User-describe.json")]
    [InlineData("restforce-sobject_describe_success_response.json")]
    [InlineData("soqlmeta-lwrfileupload-Account.json")]
    [InlineData("soqlmeta-lwrfileupload-Case.json")]
    [InlineData("soqlmeta-lwrfileupload-CaseComment.json")]
    [InlineData("soqlmeta-lwrfileupload-ContentVersion.json")]
    [InlineData("soqlmeta-lwrfileupload-EmailMessage.json")]
    [InlineData("soqlmeta-lwrfileupload-FeedItem.json")]
    public void Reads_recorded_describes_without_loss(string file)
    {
        var json = Fixture(file);
        var described = ObjectDescribe.Parse(json);
        using var document = JsonDocument.Parse(json);
        var raw = document.RootElement.GetProperty("fields").EnumerateArray().ToList();
        Assert.Equal(raw.Count, described.Fields.Count);
        Assert.NotEmpty(described.Fields);
        foreach (var (source, field) in raw.Zip(described.Fields)) AssertSame(source, field);
    }

    [Theory]
    [InlineData("cumulusci-GET_sobjects_Global_describe.json")]
    [InlineData("restforce-describe_sobjects_success_response.json")]
    public void Reads_recorded_lists_of_objects_without_loss(string file)
    {
        var json = Fixture(file);
        var global = GlobalDescribe.Parse(json);
        using var document = JsonDocument.Parse(json);
        var raw = document.RootElement.GetProperty("sobjects").EnumerateArray().ToList();
        Assert.Equal(raw.Select(item => item.GetProperty("name").GetString()), global.Objects.Select(item => item.Name));
        foreach (var (source, item) in raw.Zip(global.Objects)) AssertSame(source, item);
    }

    [Fact]
    public void Reads_recorded_limits()
    {
        var limits = OrgLimits.Parse(Fixture("camel-limits.json"));
        Assert.Equal(new OrgLimit(15000, 14998), limits.DailyApiRequests);
        Assert.Equal(2, limits.DailyApiRequests!.Value.Used);
        Assert.Null(limits.DailyBulkV2QueryJobs);
        Assert.Equal(23, limits.All.Count);
    }

    [Fact]
    public void Limits_of_single_apps_do_not_stand_in_for_the_orgs() =>
        Assert.Equal(new OrgLimit(10, 4), OrgLimits.Parse("""{"DailyApiRequests":{"Max":10,"Remaining":4,"My App":{"Max":0,"Remaining":0}},"Odd":{"Max":1},"List":[]}""").DailyApiRequests);

    // Every member of ours that the recorded JSON has must hold the recorded value.
    private static void AssertSame<T>(JsonElement source, T read)
    {
        var compared = 0;
        foreach (var property in typeof(T).GetProperties())
        {
            var name = char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
            if (!source.TryGetProperty(name, out var recorded) || recorded.ValueKind == JsonValueKind.Null) continue;
            switch (property.GetValue(read))
            {
                case bool flag:
                    Assert.Equal(recorded.GetBoolean(), flag);
                    break;
                case int number:
                    Assert.Equal(recorded.GetInt32(), number);
                    break;
                case string text:
                    Assert.Equal(recorded.GetString(), text);
                    break;
                case IReadOnlyList<string> list:
                    Assert.Equal(recorded.EnumerateArray().Select(item => item.GetString()), list);
                    break;
                case IReadOnlyList<PicklistEntry> entries:
                    Assert.Equal(recorded.EnumerateArray().Select(item => item.GetProperty("value").GetString()), entries.Select(entry => entry.Value));
                    break;
                default:
                    Assert.Fail($"{property.Name} was lost: {recorded.GetRawText()}");
                    break;
            }

            compared++;
        }

        Assert.True(compared >= 2, "nothing was compared");
    }

    private static string Fixture(string file)
    {
        var folder = Environment.GetEnvironmentVariable("ORGTAP_FIXTURES");
        Assert.SkipWhen(string.IsNullOrEmpty(folder) || !File.Exists(Path.Combine(folder, file)), "ORGTAP_FIXTURES names no folder with recorded answers.");
        return File.ReadAllText(Path.Combine(folder!, file));
    }
}
