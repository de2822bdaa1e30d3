using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Query;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Tests.Salesforce;

public sealed class SalesforceClientTests
{
    private const string Query = "SELECT Id FROM Account";

    private readonly ManualTime _time = new();
    private readonly CallCounter _counter = new();

    [Theory]
    [InlineData("66.0", "31.0", "50.0", "66.0")]
    [InlineData("68.0", "58.0", "68.0", "69.0")]
    [InlineData("50.0", "50.0")]
    public async Task Speaks_the_newest_version_that_both_know(string expected, params string[] offered) =>
        Assert.Equal(expected, (await Client(new ScriptedOrg(_ => ScriptedOrg.Versions(offered))).VersionAsync(default)).ToString());

    [Fact]
    public async Task Says_so_when_there_is_no_common_version()
    {
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => Client(new ScriptedOrg(_ => ScriptedOrg.Versions("20.0", "100"))).VersionAsync(default));
        Assert.Equal(FailureKind.Unsupported, failure.Kind);
    }

    [Fact]
    public async Task Asks_for_the_version_once_for_all_tables_of_a_connection()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Versions());
        using var clients = new OrgClients(_ => org, AddressPolicy.SalesforceOnly, _time);
        foreach (var table in Enumerable.Range(0, 3)) await clients.Open(new ConnectionId("a"), ScriptedOrg.Instance, _counter).VersionAsync(default);
        Assert.Single(org.Asked);
        _time.Advance(TimeSpan.FromHours(2));
        await clients.Open(new ConnectionId("a"), ScriptedOrg.Instance, _counter).VersionAsync(default);
        Assert.Equal(2, org.Asked.Count);
    }

    [Fact]
    public async Task A_describe_that_has_not_changed_has_no_body()
    {
        var org = Org(asked => asked.Headers.ContainsKey("If-Modified-Since") ? ScriptedOrg.Empty(304) : Dated(ScriptedOrg.Json("""{"sobjects":[]}""")));
        var client = Client(org);
        var first = await client.GlobalDescribeAsync(null, default);
        Assert.Equal("""{"sobjects":[]}""", first.Body);
        var second = await client.GlobalDescribeAsync(first.LastModified, default);
        Assert.Null(second.Body);
        Assert.Equal("Fri, 02 Jan 2026 03:04:05 GMT", org.Asked[^1].Headers["If-Modified-Since"]);

        static HttpResponseMessage Dated(HttpResponseMessage response)
        {
            response.Content.Headers.TryAddWithoutValidation("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT");
            return response;
        }
    }

    [Fact]
    public async Task Reads_all_pages_of_a_query()
    {
        var org = Org(asked => asked.Path switch
        {
            "/services/data/v66.0/queryAll" => ScriptedOrg.Json("""{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/01gXX-2000","records":[{"Id":"a"},{"Id":"b"}]}"""),
            "/services/data/v66.0/query/01gXX-2000" => ScriptedOrg.Json("""{"totalSize":3,"done":true,"records":[{"Id":"c"}]}"""),
            _ => ScriptedOrg.Empty(404),
        });
        var ids = new List<string>();
        await foreach (var page in Client(org).QueryAsync(Query, true, default))
            using (page) ids.AddRange(page.Records.EnumerateArray().Select(row => row.GetProperty("Id").GetString()!));
        Assert.Equal(["a", "b", "c"], ids);
        Assert.Equal("/services/data/v66.0/queryAll?q=" + Query, org.Asked[1].Question);
        Assert.True(_counter.Bytes > 100);
    }

    [Theory]
    [InlineData("https://evil.example/services/data/v66.0/query/01gXX")]
    [InlineData("https://other.my.salesforce.com/services/data/v66.0/query/01gXX")]
    [InlineData("//evil.example/services/data/v66.0/query/01gXX")]
    [InlineData("/services/data/v66.0/sobjects/Account")]
    [InlineData("/services/data/v66.0/query/../../oauth2/revoke")]
    [InlineData("/services/data/v66.0/query/x?q=y")]
    [InlineData("file:///etc/passwd")]
    public async Task Follows_no_page_to_another_place(string next)
    {
        var org = Org(_ => ScriptedOrg.Json($$"""{"totalSize":3,"done":false,"nextRecordsUrl":"{{next}}","records":[]}"""));
        await Assert.ThrowsAnyAsync<OrgtapException>(() => ReadAllAsync(Client(org)));
        Assert.Equal(2, org.Asked.Count);
    }

    [Theory]
    [InlineData("""{"totalSize":3,"done":false,"records":[]}""", FailureKind.Defect)]
    [InlineData("""{"totalSize":3,"done":true}""", FailureKind.Defect)]
    [InlineData("""{"done":true,"records":[""", FailureKind.Transient)]
    [InlineData("<html>proxy</html>", FailureKind.Transient)]
    [InlineData("", FailureKind.Transient)]
    public async Task A_page_that_is_none_is_never_taken_for_an_empty_one(string body, FailureKind kind)
    {
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => ReadAllAsync(Client(Org(_ => ScriptedOrg.Json(body)))));
        Assert.Equal(kind, failure.Kind);
        Assert.Contains("Account", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_by_statistics_in_one_call()
    {
        var org = Org(asked => asked.Path.EndsWith("/recordCount", StringComparison.Ordinal)
            ? ScriptedOrg.Json("""{"sObjects":[{"count":3,"name":"Account"},{"count":5,"name":"Contact"}]}""") : ScriptedOrg.Empty(500));
        Assert.Equal([("Account", 3L), ("Contact", 5L)], Ordered(await Client(org).CountAsync(["Account", "Contact"], default)));
        Assert.Equal(2, org.Asked.Count);
    }

    [Fact]
    public async Task Counts_five_at_a_time_where_there_are_no_statistics()
    {
        var org = Org(asked => asked.Method == "POST" ? Composite(asked, name => name == "Odd" ? (400, """[{"errorCode":"INVALID_TYPE","message":"x"}]""") : (200, """{"totalSize":7,"done":true,"records":[]}"""))
            : ScriptedOrg.Error(404, "NOT_FOUND", "x"));
        var counts = await Client(org).CountAsync(["A", "B", "C", "D", "E", "F", "Odd"], default);
        Assert.Equal(["A", "B", "C", "D", "E", "F"], counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.Equal(7, count));
        Assert.Equal(2, org.Asked.Count(asked => asked.Method == "POST"));
    }

    [Fact]
    public async Task Counts_one_by_one_where_there_is_nothing_better()
    {
        var org = new ScriptedOrg(asked => asked.Path switch
        {
            "/services/data" => ScriptedOrg.Versions("50.0"),
            "/services/data/v50.0/query" when asked.Question.EndsWith("Odd", StringComparison.Ordinal) => ScriptedOrg.Error(400, "INVALID_TYPE_FOR_OPERATION", "x"),
            "/services/data/v50.0/query" => ScriptedOrg.Json("""{"totalSize":9,"done":true,"records":[]}"""),
            _ => ScriptedOrg.Error(404, "NOT_FOUND", "x"),
        });
        Assert.Equal([("Account", 9L)], Ordered(await Client(org).CountAsync(["Account", "Odd"], default)));
    }

    [Fact]
    public async Task A_used_up_quota_is_not_taken_for_a_missing_resource()
    {
        var org = Org(_ => ScriptedOrg.Error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."));
        await Assert.ThrowsAsync<SalesforceException>(() => Client(org).CountAsync(["Account"], default));
        Assert.Equal(2, org.Asked.Count);
    }

    [Fact]
    public async Task An_org_without_composite_says_so()
    {
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => Client(Org(_ => ScriptedOrg.Error(404, "NOT_FOUND", "x")))
            .CompositeAsync([CompositeCall.Describe("r1", "Account")], default));
        Assert.Equal(FailureKind.Unsupported, failure.Kind);
    }

    [Fact]
    public async Task Composite_answers_fail_each_for_itself()
    {
        var org = Org(asked => Composite(asked, name => name == "Gone" ? (400, """[{"errorCode":"INVALID_TYPE","message":"x"}]""") : (200, "{}")));
        var answers = await Client(org).CompositeAsync([CompositeCall.Query("r1", SoqlQuery.Count().From("Account"), false), CompositeCall.Query("r2", SoqlQuery.Count().From("Gone"), true)], default);
        Assert.Null(answers[0].Failure);
        Assert.Equal(FailureKind.SchemaChanged, answers[1].Failure!.Kind);
        Assert.Contains("queryAll", org.Asked[^1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_series_has_its_limits()
    {
        var client = Client(Org(_ => ScriptedOrg.Empty(500)));
        await Assert.ThrowsAsync<ArgumentException>(() => client.CompositeAsync([.. Enumerable.Range(0, 6).Select(i => CompositeCall.Query($"r{i}", SoqlQuery.Count().From("A"), false))], default));
        await Assert.ThrowsAsync<ArgumentException>(() => client.CompositeAsync([.. Enumerable.Range(0, 26).Select(i => CompositeCall.Describe($"r{i}", "A"))], default));
    }

    [Fact]
    public async Task The_org_tells_its_name()
    {
        var org = Org(_ => ScriptedOrg.Json("""{"totalSize":1,"done":true,"records":[{"attributes":{},"Id":"00D000000000001","Name":"Acme","OrganizationType":"Enterprise Edition","IsSandbox":true}]}"""));
        var facts = await Client(org).OrganizationAsync(default);
        Assert.Equal(("00D000000000001EAA", "Acme", true), (facts.Id.Value, facts.Name, facts.IsSandbox));
    }

    private static HttpResponseMessage Composite(AskedRequest asked, Func<string, (int Status, string Body)> answer)
    {
        using var body = JsonDocument.Parse(asked.Body!);
        var parts = body.RootElement.GetProperty("compositeRequest").EnumerateArray().Select(part =>
        {
            var name = Uri.UnescapeDataString(part.GetProperty("url").GetString()!).Split(' ')[^1];
            var (status, text) = answer(name);
            return $$"""{"body":{{text}},"httpHeaders":{},"httpStatusCode":{{status}},"referenceId":"{{part.GetProperty("referenceId").GetString()}}"}""";
        });
        return ScriptedOrg.Json($$"""{"compositeResponse":[{{string.Join(',', parts)}}]}""");
    }

    private static async Task ReadAllAsync(SalesforceClient client)
    {
        await foreach (var page in client.QueryAsync(Query, false, default)) page.Dispose();
    }

    private static IEnumerable<(string, long)> Ordered(IReadOnlyDictionary<string, long> counts) => counts.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => (entry.Key, entry.Value));

    private static ScriptedOrg Org(Func<AskedRequest, HttpResponseMessage> script) => new(asked => asked.Path == "/services/data" ? ScriptedOrg.Versions() : script(asked));

    private SalesforceClient Client(ScriptedOrg org) => new OrgClients(_ => org, AddressPolicy.SalesforceOnly, _time).Open(new ConnectionId("a"), ScriptedOrg.Instance, _counter);
}
