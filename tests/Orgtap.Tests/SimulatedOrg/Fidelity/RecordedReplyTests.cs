using System.Net;
using System.Text.Json;

namespace Orgtap.Tests.SimulatedOrg.Fidelity;

/// <summary>
/// The org answers each recorded request kind as Salesforce did: same status, headers, members, error codes and messages, and texts of the same look. What a recorded
/// record's own fields were called is not compared.
/// </summary>
public sealed class RecordedReplyTests(RecordedReplyTests.SharedOrg shared) : IClassFixture<RecordedReplyTests.SharedOrg>
{
    private const string Bulk = "/services/data/v53.0/jobs/query";
    private const string Rest = "/services/data/v51.0";

    /// <summary>One org for all rows.</summary>
    public sealed class SharedOrg : IAsyncLifetime
    {
        public RunningOrg Org { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Org = await RunningOrg.StartAsync(options => options with
        {
            Records = new Dictionary<string, long>
            {
                ["User"] = 5, ["Account"] = 9_000, ["Contact"] = 400, ["Attachment"] = 3, ["Campaign"] = 5, ["Opportunity"] = 60, ["Invoice__c"] = 20,
            },
        });

        public ValueTask DisposeAsync() => Org.DisposeAsync();
    }

    /// <summary>Every recorded reply with a counterpart here: file, status where the file is a body only, and members of its own.</summary>
    public static TheoryData<string, int, string> Recorded => new()
    {
        { "wiremock-java-bulk-query-create.json", 200, "" },
        { "wiremock-java-bulk-query-get-info.json", 200, "" },
        { "wiremock-java-bulk-query-delete.json", 204, "" },
        { "wiremock-java-bulk-query-get-results.json", 200, "" },
        { "wiremock-java-bulk-query-get-results-limited.json", 200, "" },
        { "wiremock-rest-query.json", 200, "" },
        { "wiremock-rest-query-with-associated-data.json", 200, "" },
        { "wiremock-rest-query-with-next-records-url.json", 200, "RANDOM" },
        { "wiremock-rest-query-with-next-records-url-2.json", 200, "RANDOM" },
        { "wiremock-rest-query-with-subquery.json", 200, "" },
        { "wiremock-rest-query-malformed-soql.json", 400, "" },
        { "wiremock-rest-create.json", 201, "" },
        { "wiremock-rest-create-invalid-field.json", 400, "" },
        { "wiremock-rest-create-invalid-token.json", 401, "" },
        { "wiremock-rest-create-required-field-missing.json", 400, "" },
        { "wiremock-rest-create-unknown-object.json", 404, "" },
        { "wiremock-rest-update.json", 204, "" },
        { "wiremock-rest-update-malformed-id.json", 400, "" },
        { "wiremock-rest-delete.json", 204, "" },
        { "wiremock-rest-binary-data.json", 200, "" },
        { "restforce-auth_success_response.json", 200, "" },
        { "restforce-refresh_success_response.json", 200, "" },
        { "restforce-auth_error_response.json", 400, "" },
        { "restforce-expired_session_response.json", 401, "" },
        { "restforce-get_deleted_success_response.json", 200, "" },
        { "restforce-get_updated_success_response.json", 200, "" },
        { "restforce-query_aggregate_success_response.json", 200, "CampaignId" },
        { "restforce-query_empty_response.json", 200, "" },
        { "restforce-query_paginated_first_page_response.json", 200, "" },
        { "restforce-query_error_response.json", 400, "" },
        { "restforce-sobject_find_error_response.json", 404, "" },
        { "restforce-sobject_describe_error_response.json", 404, "" },
        { "restforce-services_data_success_response.json", 200, "" },
        { "restforce-create_success_response.json", 201, "" },
        { "restforce-write_error_response.json", 400, "" },
        { "cumulusci-cassette-test_composite_parallel_salesforce.json", 200, "" },
        { "cumulusci-cassette-test_count_sobjects__errors.json", 200, "" },
    };

    /// <summary>Recordings compared elsewhere, and recordings of what the org has no counterpart of.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["cumulusci-GET_sobjects"] = "RecordedSchemaTests", ["forcetoolkit-User-describe"] = "RecordedSchemaTests", ["soqlmeta-lwrfileupload-ContentVersion"] = "objects that this org lacks",
        ["soqlmeta-lwrfileupload-LiveChatSensitiveDataRule"] = "objects that this org lacks", ["soqlmeta-"] = "RecordedSchemaTests",
        ["restforce-describe_sobjects"] = "RecordedSchemaTests", ["restforce-sobject_describe_success"] = "its fields are invented", ["camel-limits"] = "RecordedSchemaTests",
        ["cumulusci-bulk1-"] = "RecordedBulkV1Tests", ["cdc-account"] = "RecordedSchemaTests", ["livechat-body"] = "ChatTests has the grammar",
        ["restforce-query_success"] = "its fields are invented", ["restforce-sobject_find_success"] = "its fields are invented",
        ["wiremock-java-bulk-ingest-"] = "no ingest jobs here", ["plugin-data-"] = "files for ingest", ["jsforce-Account_bulk2"] = "a file for ingest",
        ["fivetran-"] = "rows as another product stores them", ["dreamhouse-"] = "a file for import", ["INDEX.md"] = "no recording",
    };

    private RunningOrg Org => shared.Org;

    [Theory, MemberData(nameof(Recorded))]
    public async Task Is_answered_as_recorded(string file, int status, string ownMembers)
    {
        var recorded = Recording.Read(file, status);
        using var reply = await AskAsync(file);
        var body = await reply.Content.ReadAsStringAsync(RunningOrg.Cancel);

        Assert.True(recorded.Status == (int)reply.StatusCode, $"{(int)reply.StatusCode} instead of {recorded.Status}: {body}");
        AssertHeaders(recorded, reply);
        if (file.Contains("bulk-query-get-results", StringComparison.Ordinal)) AssertCsv(recorded, body);
        else if (string.IsNullOrEmpty(recorded.Body) || recorded.Body == "null") Assert.True(body.Length == 0 || file.Contains("binary", StringComparison.Ordinal));
        else if (file.StartsWith("cumulusci-cassette", StringComparison.Ordinal)) AssertJson(Cassette(recorded.Body), body, ownMembers);
        else AssertJson(recorded.Body, body, ownMembers);
    }

    [Fact]
    public void Every_recording_is_compared_or_has_a_reason_why_not()
    {
        var folder = Recording.RequiredFolder();
        var compared = Recorded.Select(row => row.Data.Item1).ToHashSet();
        var files = Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal).ToList();
        string[] forgotten = [.. files.Where(file => !compared.Contains(file) && !Elsewhere.Keys.Any(start => file.StartsWith(start, StringComparison.Ordinal)))];
        Assert.Empty(forgotten);
        Assert.Empty(compared.Except(files));
        var reasons = files.Except(compared).GroupBy(file => Elsewhere.First(entry => file.StartsWith(entry.Key, StringComparison.Ordinal)).Value).Select(group => $"{group.Count()} {group.Key}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{compared.Count} of {files.Count} files are compared here; {string.Join(", ", reasons)}.");
    }

    private async Task<HttpResponseMessage> AskAsync(string file)
    {
        var account = Org.Host.Store.RandomId("Account", new Random(file.Length))!;
        switch (file)
        {
            case "wiremock-java-bulk-query-create.json": return await JobAsync();
            case "wiremock-java-bulk-query-get-info.json": return await Org.GetAsync($"{Bulk}/{await JobIdAsync()}");
            case "wiremock-java-bulk-query-delete.json": return await Org.SendAsync(HttpMethod.Delete, $"{Bulk}/{await JobIdAsync()}", null);
            case "wiremock-java-bulk-query-get-results.json": return await Org.GetAsync($"{Bulk}/{await JobIdAsync()}/results");
            case "wiremock-java-bulk-query-get-results-limited.json": return await Org.GetAsync($"{Bulk}/{await JobIdAsync()}/results?maxRecords=10");
            case "wiremock-rest-query.json": return await QueryAsync("SELECT Name FROM Account LIMIT 5");
            case "wiremock-rest-query-with-associated-data.json": return await QueryAsync("SELECT Name, Owner.Name FROM Account LIMIT 1", "v53.0");
            case "wiremock-rest-query-with-next-records-url.json": return await QueryAsync("SELECT Name, Description FROM Account");
            case "wiremock-rest-query-with-next-records-url-2.json":
                var first = await RunningOrg.JsonAsync(await QueryAsync("SELECT Name, Description FROM Account"));
                return await Org.GetAsync(first.GetProperty("nextRecordsUrl").GetString()!);
            case "wiremock-rest-query-with-subquery.json":
                return await QueryAsync("SELECT Name, (SELECT FirstName, LastName FROM Contacts) FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE FirstName != null) LIMIT 5", "v53.0");
            case "wiremock-rest-query-malformed-soql.json": return await QueryAsync("SELEKT Name FROM Account");
            case "wiremock-rest-create.json" or "restforce-create_success_response.json": return await PostAsync("Account", """{"Name":"Star"}""");
            case "wiremock-rest-create-invalid-field.json": return await PostAsync("Account", """{"FavoritePet__c":"Dog"}""");
            case "wiremock-rest-create-invalid-token.json" or "restforce-expired_session_response.json":
                return await Org.SendAsync(HttpMethod.Post, $"{Rest}/sobjects/Account", """{"name":"Global Media"}""", ("Authorization", "Bearer 00D000000000001!none"));
            case "wiremock-rest-create-required-field-missing.json": return await PostAsync("Invoice_Line__c", """{"Text__c":"Falcon"}""");
            case "wiremock-rest-create-unknown-object.json": return await PostAsync("PlayingCard__c", """{"Name":"Ace of Spades"}""");
            case "wiremock-rest-update.json": return await Org.SendAsync(HttpMethod.Patch, $"{Rest}/sobjects/Account/{account}", """{"Site":"x"}""");
            case "wiremock-rest-update-malformed-id.json": return await Org.SendAsync(HttpMethod.Patch, $"{Rest}/sobjects/Account/a00B000000FSjVUIB1", """{"Site":"x"}""");
            case "wiremock-rest-delete.json": return await Org.SendAsync(HttpMethod.Delete, $"{Rest}/sobjects/Account/{account}", null);
            case "wiremock-rest-binary-data.json": return await Org.GetAsync($"{Rest}/sobjects/Attachment/{Org.Host.Store.RandomId("Attachment", new Random(1))}/Body");
            case "restforce-auth_success_response.json": return await TokenAsync("refresh_token web api");
            case "restforce-refresh_success_response.json": return await TokenAsync("api");
            case "restforce-auth_error_response.json":
                return await Org.TokenAsync(("grant_type", "password"), ("client_id", "key"), ("client_secret", "secret"), ("username", "ann@example.com"), ("password", "wrong"));
            case "restforce-get_deleted_success_response.json":
                Org.Host.Store.Delete("Account", account);
                Org.Host.Clock.Advance(TimeSpan.FromMinutes(2));
                return await Org.GetAsync($"{Rest}/sobjects/Account/deleted/?start=2026-05-25T00:00:00Z&end=2026-06-02T00:00:00Z");
            case "restforce-get_updated_success_response.json":
                Org.Host.Store.Update("Account", account, new Dictionary<string, object?>());
                Org.Host.Clock.Advance(TimeSpan.FromMinutes(2));
                return await Org.GetAsync($"{Rest}/sobjects/Account/updated/?start=2026-05-25T00:00:00Z&end=2026-06-02T00:00:00Z");
            case "restforce-query_aggregate_success_response.json": return await QueryAsync("SELECT OwnerId, SUM(Amount) FROM Opportunity WHERE Amount != null GROUP BY OwnerId");
            case "restforce-query_paginated_first_page_response.json": return await QueryAsync("SELECT Name FROM Account");
            case "restforce-query_empty_response.json": return await QueryAsync("SELECT Id FROM Account WHERE Name = 'nobody is called so'");
            case "restforce-query_error_response.json": return await QueryAsync("SELECT Nope FROM Account");
            case "restforce-sobject_find_error_response.json": return await Org.GetAsync($"{Rest}/sobjects/Account/23foo");
            case "restforce-sobject_describe_error_response.json": return await Org.GetAsync($"{Rest}/sobjects/Whizbang/describe");
            case "restforce-services_data_success_response.json": return await Org.GetAsync("/services/data");
            case "restforce-write_error_response.json": return await PostAsync("Account", """{"foo":1}""");
            case "cumulusci-cassette-test_composite_parallel_salesforce.json":
                return await CompositeAsync("SELECT Id FROM Account LIMIT 1", "SELECT Name FROM Account LIMIT 1", "SELECT Id FROM Account LIMIT 1", "SELECT Name FROM Account LIMIT 1");
            case "cumulusci-cassette-test_count_sobjects__errors.json": return await CompositeAsync("select count() from Account", "select count() from XYZZY");
            default: throw new ArgumentException(file);
        }
    }

    private static void AssertHeaders(Recording recorded, HttpResponseMessage reply)
    {
        string? Header(string name) => (reply.Headers.TryGetValues(name, out var values) || reply.Content.Headers.TryGetValues(name, out values)) ? string.Join(",", values) : null;
        foreach (var name in (string[])["Content-Type", "WWW-Authenticate", "Sforce-Locator"])
            if (recorded.Headers.TryGetValue(name, out var value)) Assert.Equal(value.Replace(" ", "", StringComparison.Ordinal), Header(name)?.Replace(" ", "", StringComparison.Ordinal));
        if (recorded.Headers.TryGetValue("Cache-Control", out var caching))
            Assert.Equal(caching.Split(',').Select(part => part.Trim()).Order(), Header("Cache-Control")!.Split(',').Select(part => part.Trim()).Order());
        foreach (var name in (string[])["Sforce-Limit-Info", "Sforce-NumberOfRecords", "Location", "Vary"])
            if (recorded.Headers.ContainsKey(name)) Assert.NotNull(Header(name));
        if (recorded.Headers.ContainsKey("Sforce-Limit-Info")) Assert.Matches(@"^api-usage=\d+/\d+$", Header("Sforce-Limit-Info")!);
    }

    private static void AssertCsv(Recording recorded, string body)
    {
        Assert.Equal(recorded.Body!.Split('\n')[0], body.Split('\n')[0]);
        Assert.EndsWith("\n", body, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\n\"", body, StringComparison.Ordinal);
    }

    private static void AssertJson(string recorded, string body, string ownMembers)
    {
        using var theirs = JsonDocument.Parse(recorded);
        using var ours = JsonDocument.Parse(body);
        var (expected, actual) = (Shape.Of(theirs.RootElement), Shape.Of(ours.RootElement));
        bool IsOwn(string line) => line.Contains(".records[].", StringComparison.Ordinal) && !line.Contains(".attributes.", StringComparison.Ordinal)
            || ownMembers.Length > 0 && line.Contains(ownMembers, StringComparison.Ordinal);
        string Path(string line) => line[..line.LastIndexOf(' ')];
        // Null in one reply may be a value in another; addresses tell objects of their own.
        var theirPaths = expected.Where(line => !IsOwn(line)).Select(Path).ToHashSet();
        Assert.Equal("", string.Join('\n', theirPaths.Except(actual.Select(Path))));
        Assert.Equal("", string.Join('\n', actual.Where(line => !IsOwn(line)).Select(Path).Except(theirPaths).Where(path => !Newer.Contains(path))));
        foreach (var line in expected.Where(line => !IsOwn(line) && line.EndsWith("datetime+0000", StringComparison.Ordinal))) Assert.Contains(line, actual);
        if (theirs.RootElement is { ValueKind: JsonValueKind.Array } && theirs.RootElement.GetArrayLength() > 0 && theirs.RootElement[0].TryGetProperty("errorCode", out var code))
        {
            Assert.Equal(code.GetString(), ours.RootElement[0].GetProperty("errorCode").GetString());
            if (theirs.RootElement[0].GetProperty("message").GetString() is { } message && message is not "error_message")
                Assert.Equal(Words(message), Words(ours.RootElement[0].GetProperty("message").GetString()!));
        }
    }

    /// <summary>What replies have gained since the recording: scope and token type of a token.</summary>
    private static readonly HashSet<string> Newer = [".scope", ".token_type", ".refresh_token"];

    /// <summary>Names of fields and objects that the recorded request made up.</summary>
    private static string Words(string message) => message.Replace("Website__c", "X", StringComparison.Ordinal).Replace("Invoice__c", "X", StringComparison.Ordinal)
        .Replace("type Bar", "type Account", StringComparison.Ordinal);

    private static string Cassette(string text)
    {
        using var cassette = JsonDocument.Parse(text);
        return cassette.RootElement.GetProperty("interactions").EnumerateArray().Last().GetProperty("response").GetProperty("body").GetProperty("string").GetString()!;
    }

    private Task<HttpResponseMessage> JobAsync() => Org.SendAsync(HttpMethod.Post, Bulk,
        """{"operation":"query","query":"SELECT Name, Type, Industry FROM Account LIMIT 13","contentType":"CSV","columnDelimiter":"COMMA","lineEnding":"LF"}""");

    private async Task<string> JobIdAsync()
    {
        using var reply = await JobAsync();
        return (await RunningOrg.JsonAsync(reply, HttpStatusCode.OK)).GetProperty("id").GetString()!;
    }

    private Task<HttpResponseMessage> QueryAsync(string soql, string version = "v51.0") => Org.GetAsync($"/services/data/{version}/query?q={Uri.EscapeDataString(soql)}");

    private Task<HttpResponseMessage> PostAsync(string sobject, string json) => Org.SendAsync(HttpMethod.Post, $"{Rest}/sobjects/{sobject}", json);

    private Task<HttpResponseMessage> TokenAsync(string scope) =>
        Org.TokenAsync(("grant_type", "password"), ("client_id", "key"), ("client_secret", "secret"), ("username", "ann@example.com"), ("password", "pt"), ("scope", scope));

    private Task<HttpResponseMessage> CompositeAsync(params string[] queries) => Org.SendAsync(HttpMethod.Post, $"{Rest}/composite",
        JsonSerializer.Serialize(new { compositeRequest = queries.Select((query, index) => new { referenceId = $"r{index}", method = "GET", url = $"{Rest}/query/?q={query}" }) }));
}
