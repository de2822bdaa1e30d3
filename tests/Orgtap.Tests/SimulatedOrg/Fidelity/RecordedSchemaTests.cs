using System.Text.Json;

namespace Orgtap.Tests.SimulatedOrg.Fidelity;

/// <summary>Describes, limits and change events: members of the recorded ones are there, and fields that both have are of the same type.</summary>
public sealed class RecordedSchemaTests(RecordedReplyTests.SharedOrg shared) : IClassFixture<RecordedReplyTests.SharedOrg>
{
    private const string Root = "/services/data/v66.0";

    /// <summary>What a recording has because of its age, or of features that this org lacks.</summary>
    private static readonly string[] OfItsOwn = ["urls", "childRelationships", "recordTypeInfos", "namedLayoutInfos", "supportedScopes", "actionOverrides", "compactLayoutable", "listviewable",
        "lookupLayoutable", "fields", "sobjects", "sobjectDescribeOption", "dataTranslationEnabled"];

    [Theory]
    [InlineData("cumulusci-GET_sobjects_Account_describe.json", "Account", 58)]
    [InlineData("cumulusci-GET_sobjects_Contact_describe.json", "Contact", 50)]
    [InlineData("cumulusci-GET_sobjects_Lead_describe.json", "Lead", 40)]
    [InlineData("cumulusci-GET_sobjects_OpportunityContactRole_describe.json", "OpportunityContactRole", 10)]
    [InlineData("forcetoolkit-User-describe.json", "User", 25)]
    [InlineData("soqlmeta-lwrfileupload-Account.json", "Account", 50)]
    [InlineData("soqlmeta-lwrfileupload-Case.json", "Case", 30)]
    [InlineData("soqlmeta-lwrfileupload-CaseComment.json", "CaseComment", 10)]
    [InlineData("soqlmeta-lwrfileupload-EmailMessage.json", "EmailMessage", 35)]
    [InlineData("soqlmeta-lwrfileupload-FeedItem.json", "FeedItem", 25)]
    public async Task Fields_that_both_have_are_of_the_same_kind(string file, string sobject, int least)
    {
        using var recorded = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Recording.RequiredFolder(), file), RunningOrg.Cancel));
        var ours = await shared.Org.GetJsonAsync($"{Root}/sobjects/{sobject}/describe");
        Assert.Empty(recorded.RootElement.EnumerateObject().Select(member => member.Name).Except(ours.EnumerateObject().Select(member => member.Name)).Except(OfItsOwn));
        var fields = ours.GetProperty("fields").EnumerateArray().ToDictionary(field => field.GetProperty("name").GetString()!);
        var differences = new List<string>();
        var both = 0;
        foreach (var field in recorded.RootElement.GetProperty("fields").EnumerateArray())
        {
            if (!fields.TryGetValue(field.GetProperty("name").GetString()!, out var mine)) continue;
            both++;
            foreach (var attribute in (string[])["type", "custom", "relationshipName"])
                if (field.TryGetProperty(attribute, out var theirs) && theirs.ToString() != mine.GetProperty(attribute).ToString())
                    differences.Add($"{field.GetProperty("name")}: {attribute} is {mine.GetProperty(attribute)}, recorded {theirs}");
        }
        Assert.Equal("", string.Join('\n', differences));
        Assert.True(both >= least, $"{both} fields are compared.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{sobject}: {both} of {recorded.RootElement.GetProperty("fields").GetArrayLength()} recorded fields compared.");
    }

    [Theory]
    [InlineData("cumulusci-GET_sobjects_Global_describe.json")]
    [InlineData("restforce-describe_sobjects_success_response.json")]
    public async Task The_list_of_objects_has_the_recorded_members(string file)
    {
        using var recorded = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Recording.RequiredFolder(), file), RunningOrg.Cancel));
        var ours = await shared.Org.GetJsonAsync(Root + "/sobjects");
        var mine = ours.GetProperty("sobjects")[0].EnumerateObject().Select(member => member.Name).ToHashSet();
        Assert.Empty(recorded.RootElement.GetProperty("sobjects")[0].EnumerateObject().Select(member => member.Name).Except(mine).Except(OfItsOwn));
        var names = ours.GetProperty("sobjects").EnumerateArray().ToDictionary(sobject => sobject.GetProperty("name").GetString()!);
        var prefixes = recorded.RootElement.GetProperty("sobjects").EnumerateArray().Where(sobject => names.ContainsKey(sobject.GetProperty("name").GetString()!))
            .Where(sobject => sobject.GetProperty("keyPrefix").GetString() is { } prefix && prefix != names[sobject.GetProperty("name").GetString()!].GetProperty("keyPrefix").GetString())
            .Select(sobject => $"{sobject.GetProperty("name")}: {sobject.GetProperty("keyPrefix")}");
        Assert.Equal("", string.Join('\n', prefixes));
    }

    [Fact]
    public async Task Standard_objects_are_called_as_in_a_real_org()
    {
        using var recorded = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Recording.RequiredFolder(), "soqlmeta-lwrfileupload-typeNames.json"), RunningOrg.Cancel));
        var names = recorded.RootElement.EnumerateArray().Select(type => type.ValueKind == JsonValueKind.String ? type.GetString()! : type.GetProperty("name").GetString()!).ToHashSet();
        // The recorded org had no legacy chat.
        string[] elsewhere = ["LiveChatButton", "LiveChatDeployment", "LiveChatTranscript", "LiveChatTranscriptEvent", "LiveChatVisitor"];
        var ours = (await shared.Org.GetJsonAsync(Root + "/sobjects")).GetProperty("sobjects").EnumerateArray().Select(sobject => sobject.GetProperty("name").GetString()!);
        string[] strange = [.. ours.Where(name => !name.Contains("__", StringComparison.Ordinal) && !names.Contains(name)).Except(elsewhere)];
        Assert.Equal([], strange);
    }

    [Fact]
    public async Task A_change_event_has_the_recorded_header()
    {
        using var recorded = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Recording.RequiredFolder(), "cdc-account-update-pubsub-decoded.json"), RunningOrg.Cancel));
        using var client = await Streaming.BayeuxClient.HandshakeAsync(shared.Org);
        await client.SubscribeAsync("/data/AccountChangeEvent", -1);
        shared.Org.Host.Store.Update("Account", shared.Org.Host.Store.RandomId("Account", new Random(7))!, new Dictionary<string, object?> { ["Site"] = "Elsewhere" });
        var header = Assert.Single(await client.EventsAsync()).GetProperty("payload").GetProperty("ChangeEventHeader");
        var theirs = recorded.RootElement.GetProperty("payload").GetProperty("ChangeEventHeader");
        Assert.Equal(theirs.EnumerateObject().Select(member => (member.Name, member.Value.ValueKind)).Order(), header.EnumerateObject().Select(member => (member.Name, member.Value.ValueKind)).Order());
    }

    [Fact]
    public async Task Limits_have_the_recorded_names()
    {
        using var recorded = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Recording.RequiredFolder(), "camel-limits.json"), RunningOrg.Cancel));
        var ours = await shared.Org.GetJsonAsync(Root + "/limits");
        // Names that newer versions no longer have.
        string[] gone = ["DailyBulkApiRequests", "DailyGenericStreamingApiEvents", "DailyDurableGenericStreamingApiEvents"];
        Assert.Empty(recorded.RootElement.EnumerateObject().Select(member => member.Name).Except(ours.EnumerateObject().Select(member => member.Name)).Except(gone));
        Assert.All(ours.EnumerateObject(), limit => Assert.True(limit.Value.TryGetProperty("Max", out _) && limit.Value.TryGetProperty("Remaining", out _), limit.Name));
    }

    [Fact]
    public async Task The_organization_is_told_with_the_recorded_members_that_clients_ask_for()
    {
        using var recorded = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Recording.RequiredFolder(), "cumulusci-GET_sobjects_Organization.json"), RunningOrg.Cancel));
        var ours = await shared.Org.GetJsonAsync($"{Root}/sobjects/Organization/{shared.Org.Host.Store.OrganizationId}");
        var names = recorded.RootElement.EnumerateObject().Select(member => member.Name).ToHashSet();
        foreach (var name in (string[])["attributes", "Id", "Name", "Division", "Street", "City", "Address", "Phone", "PrimaryContact", "DefaultLocaleSidKey", "TimeZoneSidKey", "LanguageLocaleKey",
            "FiscalYearStartMonth", "SystemModstamp", "InstanceName", "IsSandbox", "NamespacePrefix", "OrganizationType", "TrialExpirationDate"])
        {
            Assert.True(names.Contains(name), $"{name} was not recorded");
            Assert.True(ours.TryGetProperty(name, out _), name);
        }
    }
}
