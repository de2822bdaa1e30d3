using System.Net;
using System.Text.Json;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Rest;

public sealed class CompositeTests
{
    [Fact]
    public async Task A_composite_request_counts_one_call_and_answers_each_part_with_its_own_status()
    {
        await using var org = await StartAsync();
        var used = org.Host.Usage.Used;
        var reply = await CompositeAsync(org, Part("a", "/services/data/v66.0/sobjects/Account/describe"), Part("b", "/services/data/v66.0/sobjects/Nothing/describe"));
        var parts = (await JsonAsync(reply, HttpStatusCode.OK)).GetProperty("compositeResponse").EnumerateArray().ToArray();
        Assert.Equal(used + 1, org.Host.Usage.Used);
        Assert.Equal((200, "a"), (parts[0].GetProperty("httpStatusCode").GetInt32(), parts[0].GetProperty("referenceId").GetString()));
        Assert.Equal("Account", parts[0].GetProperty("body").GetProperty("name").GetString());
        Assert.Equal(404, parts[1].GetProperty("httpStatusCode").GetInt32());
        Assert.Equal("NOT_FOUND", parts[1].GetProperty("body")[0].GetProperty("errorCode").GetString());
        Assert.Equal(["describe", "describe"], org.Host.Requests.Entries.Where(entry => entry.Within == "composite").Select(entry => entry.Kind));
    }

    [Fact]
    public async Task An_unchanged_describe_inside_a_composite_request_is_a_304_without_a_body()
    {
        await using var org = await StartAsync();
        var since = org.Host.Store.Schema.LastModified.ToString("R");
        var reply = await CompositeAsync(org, new
        {
            method = "GET", url = "/services/data/v66.0/sobjects/Account/describe", referenceId = "a",
            httpHeaders = new Dictionary<string, string> { ["If-Modified-Since"] = since },
        });
        var part = (await JsonAsync(reply, HttpStatusCode.OK)).GetProperty("compositeResponse")[0];
        Assert.Equal((304, JsonValueKind.Null), (part.GetProperty("httpStatusCode").GetInt32(), part.GetProperty("body").ValueKind));
    }

    [Fact]
    public async Task Recorded_subrequests_are_answered_in_the_recorded_shape()
    {
        var recorded = Fixture("cumulusci-cassette-test_count_sobjects__errors.json").GetProperty("interactions")[0];
        await using var org = await StartAsync();
        var reply = await JsonAsync(await org.SendAsync(HttpMethod.Post, Root + "/composite",
            recorded.GetProperty("request").GetProperty("body").GetString()!.Replace("vxx.0", "v66.0")), HttpStatusCode.OK);
        var expected = JsonSerializer.Deserialize<JsonElement>(recorded.GetProperty("response").GetProperty("body").GetProperty("string").GetString()!);
        foreach (var (ours, theirs) in reply.GetProperty("compositeResponse").EnumerateArray().Zip(expected.GetProperty("compositeResponse").EnumerateArray()))
        {
            Assert.Equal(theirs.EnumerateObject().Select(member => member.Name), ours.EnumerateObject().Select(member => member.Name));
            Assert.Equal(theirs.GetProperty("httpStatusCode").GetInt32(), ours.GetProperty("httpStatusCode").GetInt32());
        }
        Assert.Equal("INVALID_TYPE", reply.GetProperty("compositeResponse")[1].GetProperty("body")[0].GetProperty("errorCode").GetString());
        Assert.True(reply.GetProperty("compositeResponse")[0].GetProperty("body").GetProperty("totalSize").GetInt64() > 0);
    }

    [Fact]
    public async Task More_than_25_parts_or_more_than_5_queries_are_refused()
    {
        await using var org = await StartAsync();
        var describes = Enumerable.Range(0, 26).Select(number => Part("r" + number, "/services/data/v66.0/sobjects/Account/describe")).ToArray();
        Assert.Equal(HttpStatusCode.BadRequest, (await CompositeAsync(org, describes)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await CompositeAsync(org, describes[..25])).StatusCode);
        var queries = Enumerable.Range(0, 6).Select(number => Part("q" + number, "/services/data/v66.0/query?q=SELECT+Id+FROM+Account")).ToArray();
        Assert.Equal(HttpStatusCode.BadRequest, (await CompositeAsync(org, queries)).StatusCode);
    }

    [Fact]
    public async Task With_allOrNone_one_failure_halts_all()
    {
        await using var org = await StartAsync();
        var reply = await org.SendAsync(HttpMethod.Post, Root + "/composite", JsonSerializer.Serialize(new
        {
            allOrNone = true,
            compositeRequest = new[] { Part("a", "/services/data/v66.0/limits"), Part("b", "/services/data/v66.0/nothing") },
        }));
        var first = (await JsonAsync(reply)).GetProperty("compositeResponse")[0];
        Assert.Equal("PROCESSING_HALTED", first.GetProperty("body")[0].GetProperty("errorCode").GetString());
    }

    [Fact]
    public async Task Each_part_of_a_batch_counts_and_a_halt_answers_412_for_the_rest()
    {
        await using var org = await StartAsync();
        var used = org.Host.Usage.Used;
        var reply = await JsonAsync(await org.SendAsync(HttpMethod.Post, Root + "/composite/batch", JsonSerializer.Serialize(new
        {
            haltOnError = true,
            batchRequests = new[]
            {
                new { method = "GET", url = "v66.0/sobjects/Account/describe" }, new { method = "GET", url = "/services/data/v66.0/sobjects/Nothing/describe" },
                new { method = "GET", url = "v66.0/limits" },
            },
        })), HttpStatusCode.OK);
        Assert.Equal(used + 3, org.Host.Usage.Used);
        Assert.True(reply.GetProperty("hasErrors").GetBoolean());
        Assert.Equal([200, 404, 412], reply.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("statusCode").GetInt32()));
    }

    [Fact]
    public async Task An_org_without_composite_does_not_know_the_resource()
    {
        await using var org = await StartAsync(options => options with { Oldness = new() { NoComposite = true } });
        Assert.Equal(HttpStatusCode.NotFound, (await CompositeAsync(org, Part("a", "/services/data/v66.0/limits"))).StatusCode);
    }

    [Fact]
    public async Task A_fault_can_hit_one_part_alone()
    {
        await using var org = await StartAsync();
        org.Host.Faults.Add("GET */sobjects/Contact/describe", Orgtap.SimulatedOrg.Faults.FaultEffect.Answer.Error(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."));
        var reply = await JsonAsync(await CompositeAsync(org, Part("a", "/services/data/v66.0/sobjects/Account/describe"), Part("c", "/services/data/v66.0/sobjects/Contact/describe")));
        Assert.Equal([200, 500], reply.GetProperty("compositeResponse").EnumerateArray().Select(part => part.GetProperty("httpStatusCode").GetInt32()));
    }

    private static object Part(string reference, string url) => new { method = "GET", url, referenceId = reference };

    private static Task<HttpResponseMessage> CompositeAsync(RunningOrg org, params object[] parts) =>
        org.SendAsync(HttpMethod.Post, Root + "/composite", JsonSerializer.Serialize(new { allOrNone = false, compositeRequest = parts }));
}
