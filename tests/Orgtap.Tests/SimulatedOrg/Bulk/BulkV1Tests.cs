using System.Net;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.Tests.SimulatedOrg.Rendering;

namespace Orgtap.Tests.SimulatedOrg.Bulk;

public sealed class BulkV1Tests
{
    private const string Root = "/services/async/61.0/job";
    private static readonly XNamespace Dataload = "http://www.force.com/2009/06/asyncapi/dataload";

    [Fact]
    public async Task The_sequence_of_the_Singer_tap_reads_a_whole_table()
    {
        await using var org = await RunningOrg.StartAsync(options => options with { BulkDelay = TimeSpan.FromSeconds(10) });
        var job = await JsonAsync(org, HttpMethod.Post, Root, """{"operation":"queryAll","object":"Account","contentType":"CSV"}""");
        var id = job.GetProperty("id").GetString()!;
        Assert.StartsWith("750", id, StringComparison.Ordinal);
        Assert.Equal(("Open", 61.0m), (job.GetProperty("state").GetString(), job.GetProperty("apiVersion").GetDecimal()));

        var batch = await XmlAsync(org, HttpMethod.Post, $"{Root}/{id}/batch", "SELECT Id,Name,Description,SystemModstamp FROM Account", "text/csv");
        Assert.Equal(Dataload + "batchInfo", batch.Name);
        var batchId = batch.Element(Dataload + "id")!.Value;
        Assert.Equal(("751", "Queued"), (batchId[..3], batch.Element(Dataload + "state")!.Value));

        var closed = await JsonAsync(org, HttpMethod.Post, $"{Root}/{id}", """{"state":"Closed"}""");
        Assert.Equal("Closed", closed.GetProperty("state").GetString());
        org.Host.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("InProgress", await StateAsync(org, id, batchId));
        org.Host.Clock.Advance(TimeSpan.FromSeconds(6));
        var done = await XmlAsync(org, HttpMethod.Get, $"{Root}/{id}/batch/{batchId}");
        Assert.Equal(("Completed", "3000"), (done.Element(Dataload + "state")!.Value, done.Element(Dataload + "numberRecordsProcessed")!.Value));

        var list = await XmlAsync(org, HttpMethod.Get, $"{Root}/{id}/batch/{batchId}/result");
        Assert.Equal(Dataload + "result-list", list.Name);
        var result = Assert.Single(list.Elements(Dataload + "result")).Value;
        Assert.StartsWith("752", result, StringComparison.Ordinal);
        using var reply = await SendAsync(org, HttpMethod.Get, $"{Root}/{id}/batch/{batchId}/result/{result}");
        Assert.Equal("text/csv", reply.Content.Headers.ContentType!.MediaType);
        var rows = CsvText.Parse(await reply.Content.ReadAsStringAsync(RunningOrg.Cancel));
        Assert.Equal(["Id", "Name", "Description", "SystemModstamp"], rows[0]);
        var truth = org.Host.Store.Truth("Account", ["Id", "Name", "Description", "SystemModstamp"], includeDeleted: true).Select(row => row.Values.Select(value => value ?? ""));
        Assert.Equal(truth, rows.Skip(1));
    }

    [Fact]
    public async Task PK_chunking_cuts_a_table_into_batches_that_together_hold_every_row_once()
    {
        await using var org = await RunningOrg.StartAsync();
        var id = await CreateAsync(org, "queryAll", "Account", "CSV", ("Sforce-Enable-PKChunking", "true; chunkSize=700"));
        var original = (await XmlAsync(org, HttpMethod.Post, $"{Root}/{id}/batch", "SELECT Id FROM Account WHERE Name != null OR Name = null", "text/csv")).Element(Dataload + "id")!.Value;
        var batches = (await XmlAsync(org, HttpMethod.Get, $"{Root}/{id}/batch")).Elements(Dataload + "batchInfo").ToList();
        Assert.Equal(6, batches.Count);
        Assert.Equal("NotProcessed", await StateAsync(org, id, original));
        var ids = new List<string>();
        foreach (var batch in batches.Where(batch => batch.Element(Dataload + "state")!.Value == "Completed"))
            ids.AddRange(await ResultAsync(org, id, batch.Element(Dataload + "id")!.Value));
        Assert.Equal(org.Host.Store.Truth("Account", [], includeDeleted: true).Select(row => row.Id), ids);
        using var request = await SendAsync(org, HttpMethod.Get, $"{Root}/{id}/batch/{batches[1].Element(Dataload + "id")!.Value}/request");
        Assert.Contains("WHERE (Name != null OR Name = null) AND Id >= '001", await request.Content.ReadAsStringAsync(RunningOrg.Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task JSON_and_XML_jobs_give_the_same_rows()
    {
        await using var org = await RunningOrg.StartAsync();
        const string soql = "SELECT Id, Name, Industry, Owner.Name FROM Account ORDER BY Id LIMIT 50";
        var truth = (await org.QueryJsonAsync(soql)).GetProperty("records");

        var json = await CreateAsync(org, "query", "Account", "JSON");
        var batch = (await JsonAsync(org, HttpMethod.Post, $"{Root}/{json}/batch", soql)).GetProperty("id").GetString()!;
        var result = (await JsonAsync(org, HttpMethod.Get, $"{Root}/{json}/batch/{batch}/result"))[0].GetString()!;
        var records = await JsonAsync(org, HttpMethod.Get, $"{Root}/{json}/batch/{batch}/result/{result}");
        Assert.Equal(truth.EnumerateArray().Select(row => row.GetProperty("Name").GetString()), records.EnumerateArray().Select(row => row.GetProperty("Name").GetString()));

        var xml = (await XmlAsync(org, HttpMethod.Post, Root, $"<jobInfo xmlns=\"{Dataload}\"><operation>query</operation><object>Account</object><contentType>XML</contentType></jobInfo>", "application/xml"))
            .Element(Dataload + "id")!.Value;
        batch = (await XmlAsync(org, HttpMethod.Post, $"{Root}/{xml}/batch", soql, "application/xml")).Element(Dataload + "id")!.Value;
        result = (await XmlAsync(org, HttpMethod.Get, $"{Root}/{xml}/batch/{batch}/result")).Element(Dataload + "result")!.Value;
        var elements = (await XmlAsync(org, HttpMethod.Get, $"{Root}/{xml}/batch/{batch}/result/{result}")).Elements(Dataload + "records").ToList();
        Assert.Equal(truth.EnumerateArray().Select(row => row.GetProperty("Name").GetString()), elements.Select(row => row.Element(Dataload + "Name")!.Value));
        Assert.Equal(truth.EnumerateArray().Select(row => row.GetProperty("Owner").GetProperty("Name").GetString()), elements.Select(row => row.Element(Dataload + "Owner")!.Element(Dataload + "Name")!.Value));
        Assert.Contains(elements, row => row.Element(Dataload + "Industry")!.Attributes().Any(attribute => attribute.Name.LocalName == "nil"));
    }

    [Theory]
    [InlineData("SELECT Nope FROM Account", "INVALID_FIELD")]
    [InlineData("SELECT Id FROM Contact", "does not match")]
    [InlineData("SELECT BillingAddress FROM Account", "compound data")]
    public async Task A_query_that_cannot_run_fails_its_batch_and_says_why(string soql, string reason)
    {
        await using var org = await RunningOrg.StartAsync();
        var id = await CreateAsync(org, "query", "Account", "CSV");
        var batch = await XmlAsync(org, HttpMethod.Post, $"{Root}/{id}/batch", soql, "text/csv");
        Assert.Equal("Failed", batch.Element(Dataload + "state")!.Value);
        Assert.Contains(reason, batch.Element(Dataload + "stateMessage")!.Value, StringComparison.Ordinal);
        Assert.Equal("1", (await XmlAsync(org, HttpMethod.Get, $"{Root}/{id}", contentType: null)).Element(Dataload + "numberBatchesFailed")!.Value);
        await AssertErrorAsync(org, HttpMethod.Get, $"{Root}/{id}/batch/{batch.Element(Dataload + "id")!.Value}/result", null, "InvalidBatch");
    }

    [Fact]
    public async Task A_fault_fails_a_batch_with_a_state_message()
    {
        await using var org = await RunningOrg.StartAsync();
        org.Host.Faults.Add("POST */batch", new FaultEffect.FailBulkJob("InternalServerError : Retried more than 15 times"), nth: 1);
        var id = await CreateAsync(org, "query", "Account", "CSV");
        var batch = await XmlAsync(org, HttpMethod.Post, $"{Root}/{id}/batch", "SELECT Id FROM Account", "text/csv");
        Assert.Equal("InternalServerError : Retried more than 15 times", batch.Element(Dataload + "stateMessage")!.Value);
        var second = await XmlAsync(org, HttpMethod.Post, $"{Root}/{id}/batch", "SELECT Id FROM Account", "text/csv");
        Assert.Equal("Completed", second.Element(Dataload + "state")!.Value);
    }

    [Fact]
    public async Task Refusals_come_in_the_format_of_the_request()
    {
        await using var org = await RunningOrg.StartAsync();
        await AssertErrorAsync(org, HttpMethod.Post, Root, """{"operation":"query","object":"CaseStatus","contentType":"CSV"}""", "InvalidEntity");
        await AssertErrorAsync(org, HttpMethod.Post, Root, """{"operation":"query","object":"Nothing","contentType":"CSV"}""", "InvalidJob");
        await AssertErrorAsync(org, HttpMethod.Post, Root, """{"operation":"insert","object":"Account","contentType":"CSV"}""", "InvalidJob");
        await AssertErrorAsync(org, HttpMethod.Post, Root, "{", "InvalidJob");
        await AssertErrorAsync(org, HttpMethod.Get, Root + "/750000000000000AAA", null, "InvalidJob");
        await AssertErrorAsync(org, HttpMethod.Post, "/services/async/99.0/job", "{}", "InvalidVersion");
        var id = await CreateAsync(org, "query", "Account", "CSV");
        await JsonAsync(org, HttpMethod.Post, $"{Root}/{id}", """{"state":"Aborted"}""");
        await AssertErrorAsync(org, HttpMethod.Post, $"{Root}/{id}/batch", "SELECT Id FROM Account", "InvalidJobState");

        org.Http.DefaultRequestHeaders.Authorization = null;
        using var stranger = new HttpRequestMessage(HttpMethod.Get, $"{Root}/{id}");
        stranger.Headers.Add("X-SFDC-Session", "00D000000000001!nobody");
        using var refused = await org.Http.SendAsync(stranger, RunningOrg.Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var error = XDocument.Parse(await refused.Content.ReadAsStringAsync(RunningOrg.Cancel)).Root!;
        Assert.Equal((Dataload + "error", "InvalidSessionId"), (error.Name, error.Element(Dataload + "exceptionCode")!.Value));
    }

    [Fact]
    public async Task Each_request_counts_and_a_used_up_quota_refuses()
    {
        await using var org = await RunningOrg.StartAsync();
        var before = org.Host.Usage.Used;
        var id = await CreateAsync(org, "query", "Account", "CSV");
        await XmlAsync(org, HttpMethod.Post, $"{Root}/{id}/batch", "SELECT Id FROM Account", "text/csv");
        Assert.Equal(before + 2, org.Host.Usage.Used);
        org.Host.Usage.Limit = org.Host.Usage.Used;
        await AssertErrorAsync(org, HttpMethod.Get, $"{Root}/{id}", null, "ExceededQuota");
    }

    private static async Task AssertErrorAsync(RunningOrg org, HttpMethod method, string path, string? body, string code)
    {
        using var reply = await SendAsync(org, method, path, body ?? (method == HttpMethod.Get ? null : ""), "application/json", "application/json");
        var error = await RunningOrg.JsonAsync(reply, HttpStatusCode.BadRequest);
        Assert.Equal(code, error.GetProperty("exceptionCode").GetString());
        Assert.NotEqual("", error.GetProperty("exceptionMessage").GetString());
    }

    private static async Task<string> CreateAsync(RunningOrg org, string operation, string sobject, string contentType, params (string, string)[] headers) =>
        (await JsonAsync(org, HttpMethod.Post, Root, $$"""{"operation":"{{operation}}","object":"{{sobject}}","contentType":"{{contentType}}"}""", headers)).GetProperty("id").GetString()!;

    private static async Task<string> StateAsync(RunningOrg org, string job, string batch) =>
        (await XmlAsync(org, HttpMethod.Get, $"{Root}/{job}/batch/{batch}")).Element(Dataload + "state")!.Value;

    private static async Task<IEnumerable<string>> ResultAsync(RunningOrg org, string job, string batch)
    {
        var result = (await XmlAsync(org, HttpMethod.Get, $"{Root}/{job}/batch/{batch}/result")).Element(Dataload + "result")!.Value;
        using var reply = await SendAsync(org, HttpMethod.Get, $"{Root}/{job}/batch/{batch}/result/{result}");
        return CsvText.Parse(await reply.Content.ReadAsStringAsync(RunningOrg.Cancel)).Skip(1).Select(row => row[0]);
    }

    private static async Task<JsonElement> JsonAsync(RunningOrg org, HttpMethod method, string path, string? body = null, params (string, string)[] headers)
    {
        using var reply = await SendAsync(org, method, path, body, "application/json", "application/json", headers);
        Assert.True(reply.IsSuccessStatusCode, await reply.Content.ReadAsStringAsync(RunningOrg.Cancel));
        return await RunningOrg.JsonAsync(reply);
    }

    private static async Task<XElement> XmlAsync(RunningOrg org, HttpMethod method, string path, string? body = null, string? contentType = "text/csv")
    {
        using var reply = await SendAsync(org, method, path, body, contentType);
        var text = await reply.Content.ReadAsStringAsync(RunningOrg.Cancel);
        Assert.True(reply.IsSuccessStatusCode, text);
        return XDocument.Parse(text).Root!;
    }

    private static Task<HttpResponseMessage> SendAsync(
        RunningOrg org, HttpMethod method, string path, string? body = null, string? contentType = null, string? accept = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-SFDC-Session", org.Http.DefaultRequestHeaders.Authorization?.Parameter ?? "none");
        if (accept is not null) request.Headers.Accept.ParseAdd(accept);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, contentType!);
        return org.Http.SendAsync(request, RunningOrg.Cancel);
    }
}
