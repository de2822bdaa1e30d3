using System.Net;
using System.Text;
using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Bulk;

namespace Orgtap.Tests.Salesforce;

public sealed class BulkQueryApiTests
{
    private const string Job = "750000000000001AAA";
    private const string JobJson = """{"id":"750000000000001AAA","operation":"queryAll","object":"Account","createdDate":"2026-01-02T03:04:05.000+0000","state":"UploadComplete","apiVersion":66.0}""";

    private readonly ManualTime _time = new();
    private readonly CallCounter _counter = new();

    [Fact]
    public async Task Starts_a_job_with_commas_and_line_feeds()
    {
        var org = Org(_ => ScriptedOrg.Json(JobJson));
        var job = await Bulk(org).CreateAsync("SELECT Id FROM Account", true, default);
        Assert.Equal((Job, "66.0", BulkJobState.UploadComplete, false), (job.Id, job.ApiVersion, job.State, job.IsFinished));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), job.CreatedDate);
        using var body = JsonDocument.Parse(org.Asked[^1].Body!);
        Assert.Equal(("queryAll", "COMMA", "LF"), (Text("operation"), Text("columnDelimiter"), Text("lineEnding")));

        string? Text(string name) => body.RootElement.GetProperty(name).GetString();
    }

    [Theory]
    [InlineData("JobComplete", true)]
    [InlineData("Failed", true)]
    [InlineData("Aborted", true)]
    [InlineData("InProgress", false)]
    [InlineData("SomethingNew", false)]
    public async Task Knows_when_a_job_is_finished(string state, bool finished)
    {
        var job = await Bulk(Org(_ => ScriptedOrg.Json($$"""{"id":"{{Job}}","state":"{{state}}","numberRecordsProcessed":13}"""))).GetAsync(Job, "66.0", default);
        Assert.Equal((finished, 13L, "66.0"), (job.IsFinished, job.NumberRecordsProcessed, job.ApiVersion));
    }

    [Fact]
    public async Task Reads_a_page_and_where_the_next_begins()
    {
        var org = Org(_ => Csv("\"Id\"\n\"a\"\n", ("Sforce-NumberOfRecords", "1"), ("Sforce-Locator", "MTA")));
        await using var page = await Bulk(org).ResultsAsync(Job, "53.0", "abc/=", 10, default);
        Assert.Equal((1L, "MTA"), (page.NumberOfRecords, page.NextLocator));
        using var reader = new StreamReader(page.Body, Encoding.UTF8);
        Assert.Equal("\"Id\"\n\"a\"\n", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Equal((9L, 9L), (page.BytesRead, _counter.Bytes));
        Assert.Equal($"/services/data/v53.0/jobs/query/{Job}/results?maxRecords=10&locator=abc/=", org.Asked[^1].Question);
        Assert.Contains("abc%2F%3D", org.Asked[^1].Address.Query, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("")]
    [InlineData(null)]
    public async Task The_last_page_has_no_next(string? locator)
    {
        var org = Org(_ => locator is null ? Csv("") : Csv("", ("Sforce-Locator", locator)));
        await using var page = await Bulk(org).ResultsAsync(Job, "66.0", null, 0, default);
        Assert.Null(page.NextLocator);
        Assert.Null(page.NumberOfRecords);
        Assert.Equal($"/services/data/v66.0/jobs/query/{Job}/results", org.Asked[^1].Question);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(412)]
    public async Task Results_that_are_not_ready_are_told_apart(int status) =>
        await Assert.ThrowsAsync<BulkJobNotReadyException>(() => Bulk(Org(_ => ScriptedOrg.Empty(status))).ResultsAsync(Job, "66.0", null, 0, default));

    [Fact]
    public async Task A_job_that_vanished_is_told_apart()
    {
        var bulk = Bulk(Org(_ => ScriptedOrg.Error(404, "NOT_FOUND", "The requested resource does not exist")));
        Assert.Equal(Job, (await Assert.ThrowsAsync<BulkJobGoneException>(() => bulk.ResultsAsync(Job, "66.0", null, 0, default))).JobId);
        await Assert.ThrowsAsync<BulkJobGoneException>(() => bulk.GetAsync(Job, "66.0", default));
        await bulk.DeleteAsync(Job, "66.0", default);
    }

    [Fact]
    public async Task A_stalled_body_ends_after_the_idle_time()
    {
        var org = Org(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new CutStream("abc"u8.ToArray(), stalls: true)) });
        await using var page = await Bulk(org).ResultsAsync(Job, "66.0", null, 0, default);
        var buffer = new byte[16];
        Assert.Equal(3, await page.Body.ReadAsync(buffer, TestContext.Current.CancellationToken));

        var reading = page.Body.ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask();
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(reading.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => reading);
        Assert.Equal(FailureKind.Transient, failure.Kind);
    }

    [Fact]
    public async Task Time_between_reads_does_not_count_as_idle()
    {
        var org = Org(_ => Csv("abc"));
        await using var page = await Bulk(org).ResultsAsync(Job, "66.0", null, 0, default);
        _time.Advance(TimeSpan.FromHours(1));
        var buffer = new byte[2];
        Assert.Equal(2, await page.Body.ReadAsync(buffer, TestContext.Current.CancellationToken));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await page.Body.ReadAsync(buffer, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_cut_body_is_transient()
    {
        var org = Org(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new CutStream("abc"u8.ToArray())) });
        await using var page = await Bulk(org).ResultsAsync(Job, "66.0", null, 0, default);
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => page.Body.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
        Assert.Equal(FailureKind.Transient, failure.Kind);
    }

    [Theory]
    [InlineData("nextRecordsUrl")]
    [InlineData("nextRecordUrl")]
    public async Task Lists_where_all_pages_begin(string spelling)
    {
        var org = Org(asked => ScriptedOrg.Json(asked.Question.Contains("next", StringComparison.Ordinal)
            ? $$"""{"resultPages":[{"resultUrl":"/services/data/v66.0/jobs/query/{{Job}}/results?locator=c%3D"}],"done":true}"""
            : $$"""{"resultPages":[{"resultUrl":"/services/data/v66.0/jobs/query/{{Job}}/results"},{"resultUrl":"/services/data/v66.0/jobs/query/{{Job}}/results?maxRecords=5&locator=b"}],"{{spelling}}":"/services/data/v66.0/jobs/query/{{Job}}/resultPages?next=1","done":false}"""));
        Assert.Equal(["", "b", "c="], await Bulk(org).ResultPageLocatorsAsync(Job, "66.0", default));
    }

    [Fact]
    public async Task Pages_are_read_in_turn_where_the_org_cannot_list_them()
    {
        Assert.Null(await Bulk(Org(_ => ScriptedOrg.Error(404, "NOT_FOUND", "x"))).ResultPageLocatorsAsync(Job, "66.0", default));
        var old = Org(_ => ScriptedOrg.Empty(500));
        Assert.Null(await Bulk(old).ResultPageLocatorsAsync(Job, "50.0", default));
        Assert.Empty(old.Asked);
    }

    [Fact]
    public async Task A_list_of_pages_on_another_host_is_not_followed() => await Assert.ThrowsAnyAsync<OrgtapException>(() =>
        Bulk(Org(_ => ScriptedOrg.Json("""{"resultPages":[],"done":false,"nextRecordsUrl":"https://evil.example/services/data/v66.0/jobs/query/750000000000001AAA/resultPages"}""")))
            .ResultPageLocatorsAsync(Job, "66.0", default));

    [Fact]
    public async Task Lists_aborts_and_deletes_jobs()
    {
        var org = Org(asked => asked.Method switch
        {
            "DELETE" => ScriptedOrg.Empty(204),
            "PATCH" => ScriptedOrg.Json($$"""{"id":"{{Job}}","state":"Aborted"}"""),
            _ when asked.Question.Contains("queryLocator", StringComparison.Ordinal) => ScriptedOrg.Json($$"""{"done":true,"records":[{{JobJson}}]}"""),
            _ => ScriptedOrg.Json($$"""{"done":false,"nextRecordsUrl":"/services/data/v66.0/jobs/query?queryLocator=x","records":[{{JobJson}}]}"""),
        });
        Assert.Equal(2, (await Bulk(org).ListAsync(default)).Count);
        Assert.Equal(BulkJobState.Aborted, (await Bulk(org).AbortAsync(Job, "66.0", default)).State);
        await Bulk(org).DeleteAsync(Job, "66.0", default);
        Assert.Equal("DELETE", org.Asked[^1].Method);
    }

    [Fact]
    public async Task A_job_id_that_is_a_path_is_refused() => await Assert.ThrowsAsync<SalesforceException>(() => Bulk(Org(_ => ScriptedOrg.Empty(200))).GetAsync("../limits", "66.0", default));

    private static HttpResponseMessage Csv(string body, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "text/csv") };
        foreach (var (name, value) in headers) response.Headers.TryAddWithoutValidation(name, value);
        return response;
    }

    private static ScriptedOrg Org(Func<AskedRequest, HttpResponseMessage> script) => new(asked => asked.Path == "/services/data" ? ScriptedOrg.Versions() : script(asked));

    private BulkQueryApi Bulk(ScriptedOrg org) => new OrgClients(_ => org, AddressPolicy.SalesforceOnly, _time).Open(new ConnectionId("a"), ScriptedOrg.Instance, _counter).Bulk;
}
