using System.Net;
using System.Text.Json;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Faults;

/// <summary>Rules as the control API and scenarios write them, and what a client sees of them.</summary>
public sealed class FaultRuleTests
{
    [Fact]
    public async Task A_rule_holds_from_a_time_on_and_for_a_duration()
    {
        await using var org = await StartAsync();
        await AddAsync(org, """{"route":"GET */limits","after":"00:10:00","duration":"00:05:00","effect":{"kind":"answer","status":500}}""");
        foreach (var (minutes, broken) in ((int, bool)[])[(0, false), (9, false), (1, true), (4, true), (1, false), (60, false)])
        {
            org.Host.Clock.Advance(TimeSpan.FromMinutes(minutes));
            Assert.Equal(broken ? HttpStatusCode.InternalServerError : HttpStatusCode.OK, (await org.GetAsync(Root + "/limits")).StatusCode);
        }
        Assert.Equal((2, 2), (org.Host.Faults.Rules[0].Seen, org.Host.Faults.Rules[0].Fired));
    }

    [Theory]
    [InlineData("""{"kind":"error","status":400,"errorCode":"QUERY_TIMEOUT","message":"Your query request was running for too long."}""", 400, "QUERY_TIMEOUT")]
    [InlineData("""{"kind":"error","status":403,"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"ConcurrentPerOrgLongTxn Limit exceeded."}""", 403, "REQUEST_LIMIT_EXCEEDED")]
    [InlineData("""{"kind":"closed"}""", 503, "SERVER_UNAVAILABLE")]
    public async Task A_request_is_refused_in_the_shape_of_the_REST_API(string effect, int status, string code)
    {
        await using var org = await StartAsync();
        await AddAsync(org, $$"""{"route":"GET */query*","nth":2,"effect":{{effect}} }""");
        Assert.Equal(HttpStatusCode.OK, (await org.QueryAsync("SELECT Id FROM Contact")).StatusCode);
        var error = await ErrorAsync(await org.QueryAsync("SELECT Id FROM Contact"));
        Assert.Equal((status, code), (error.Status, error.Code));
        Assert.Equal(HttpStatusCode.OK, (await org.QueryAsync("SELECT Id FROM Contact")).StatusCode);
    }

    [Theory]
    [InlineData("Max bulk v2 query jobs (10000) per 24 hrs has been reached")]
    [InlineData("Max bulk v2 query result size stored (1000000000) kb per 24 hrs has been exceeded")]
    public async Task The_limits_of_Bulk_jobs_and_of_their_storage_share_a_code(string words)
    {
        await using var org = await StartAsync();
        await AddAsync(org, $$"""{"route":"POST */jobs/query","sObject":null,"times":1,"effect":{"kind":"error","status":400,"errorCode":"LIMIT_EXCEEDED","message":"{{words}}"} }""");
        const string Job = """{"operation":"query","query":"SELECT Id FROM Contact"}""";
        Assert.Equal((400, "LIMIT_EXCEEDED", words), await ErrorAsync(await org.SendAsync(HttpMethod.Post, Root + "/jobs/query", Job)));
        Assert.Equal(HttpStatusCode.OK, (await org.SendAsync(HttpMethod.Post, Root + "/jobs/query", Job)).StatusCode);
    }

    [Fact]
    public async Task A_site_that_is_unavailable_answers_420_without_a_body_on_one_route()
    {
        await using var org = await StartAsync();
        await AddAsync(org, """{"route":"GET */limits","effect":{"kind":"closed","as":"gone"}}""");
        var response = await org.GetAsync(Root + "/limits");
        Assert.Equal((420, ""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel)));
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root)).StatusCode);
    }

    [Fact]
    public async Task Maintenance_shows_a_page_where_no_REST_resource_is()
    {
        await using var org = await StartAsync();
        await AddAsync(org, """{"route":"POST /services/oauth2/token","effect":{"kind":"closed","as":"maintenance"}}""");
        var response = await org.TokenAsync(("grant_type", "client_credentials"), ("client_id", "key"), ("client_secret", "secret"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "text/html"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
    }

    [Theory]
    [InlineData("invalid_grant", "ip restricted")]
    [InlineData("inactive_org", "inactive organization")]
    [InlineData("server_error", "An unexpected error occurred")]
    public async Task A_refusal_of_the_token_endpoint_hits_one_grant_only(string error, string description)
    {
        await using var org = await StartAsync();
        await AddAsync(org, $$"""{"route":"POST /services/oauth2/token","grant":"client_credentials","effect":{"kind":"oauthError","code":"{{error}}","description":"{{description}}"} }""");
        Assert.Equal((error, description), await RefusalAsync(await org.TokenAsync(("grant_type", "client_credentials"), ("client_id", "key"), ("client_secret", "secret"))));
        Assert.NotEmpty(await org.PasswordTokenAsync());
    }

    [Theory]
    [InlineData("authorization_pending")]
    [InlineData("server_error")]
    public async Task A_device_can_be_left_waiting_although_somebody_allowed_it(string error)
    {
        await using var org = await StartAsync(signIn: false);
        await AddAsync(org, $$"""{"route":"POST /services/oauth2/token","grant":"device","effect":{"kind":"oauthError","code":"{{error}}","description":""} }""");
        var started = await JsonAsync(await org.TokenAsync(("response_type", "device_code"), ("client_id", "key")), HttpStatusCode.OK);
        using var admin = new Orgtap.SimulatedOrg.Hosting.SimulatedAdmin("ann@example.com", "p");
        await admin.AllowDeviceAsync(new Uri(started.GetProperty("verification_uri").GetString()!), started.GetProperty("user_code").GetString()!, Cancel);
        var poll = await org.TokenAsync(("grant_type", "device"), ("client_id", "key"), ("code", started.GetProperty("device_code").GetString()!));
        Assert.Equal(error, (await RefusalAsync(poll)).Error);
    }

    [Fact]
    public async Task The_token_endpoint_can_answer_with_HTML()
    {
        await using var org = await StartAsync(signIn: false);
        await AddAsync(org, """{"route":"POST /services/oauth2/token","times":1,"effect":{"kind":"answer","status":502,"body":"<html><body>Bad gateway</body></html>"}}""");
        var response = await org.TokenAsync(("grant_type", "password"));
        Assert.Equal((HttpStatusCode.BadGateway, "text/html"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.NotEmpty(await org.PasswordTokenAsync());
    }

    [Fact]
    public async Task Identity_can_say_that_the_user_is_inactive_and_refuse_with_one_word()
    {
        await using var org = await StartAsync();
        await AddAsync(org, """{"route":"GET /services/oauth2/userinfo","nth":1,"effect":{"kind":"inactiveIdentity"}}""");
        await AddAsync(org, """{"route":"GET /services/oauth2/userinfo","nth":2,"effect":{"kind":"answer","status":403,"body":"Bad_OAuth_Token","contentType":"text/plain"}}""");
        Assert.False((await org.GetJsonAsync("/services/oauth2/userinfo")).GetProperty("active").GetBoolean());
        var refused = await org.GetAsync("/services/oauth2/userinfo");
        Assert.Equal((HttpStatusCode.Forbidden, "Bad_OAuth_Token"), (refused.StatusCode, await refused.Content.ReadAsStringAsync(Cancel)));
        Assert.True((await org.GetJsonAsync("/services/oauth2/userinfo")).GetProperty("active").GetBoolean());
    }

    [Fact]
    public async Task A_slow_body_trickles_on_the_clock_of_the_org()
    {
        await using var org = await StartAsync(options => options with { SessionLife = TimeSpan.FromDays(10_000) });
        await AddAsync(org, """{"route":"GET */limits","effect":{"kind":"slowBody","bytesPerSecond":100}}""");
        using var response = await org.GetAsync(Root + "/limits");
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        var first = new byte[100];
        await body.ReadExactlyAsync(first, Cancel);
        using var rest = new MemoryStream();
        var copying = body.CopyToAsync(rest, Cancel);
        Assert.False(copying.IsCompleted);
        while (!copying.IsCompleted)
        {
            org.Host.Clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
        await copying;
        JsonSerializer.Deserialize<JsonElement>([.. first, .. rest.ToArray()]);
        Assert.True(org.Host.Clock.GetUtcNow() - Noon >= TimeSpan.FromSeconds(rest.Length / 100));
    }

    [Fact]
    public async Task The_authorize_page_comes_late_where_a_rule_says_so()
    {
        await using var org = await StartAsync(signIn: false);
        await AddAsync(org, """{"route":"GET /services/oauth2/authorize*","effect":{"kind":"delay","for":"00:01:00"}}""");
        var page = org.GetAsync(OAuth.WebServerFlowTests.Address(org).PathAndQuery);
        while (!page.IsCompleted)
        {
            org.Host.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.Equal(HttpStatusCode.OK, (await page).StatusCode);
        Assert.True(org.Host.Clock.GetUtcNow() >= Noon.AddMinutes(1));
    }

    [Theory]
    [InlineData("""{"effect":{"kind":"delay","for":"00:01:00"}}""", "\"route\"")]
    [InlineData("""{"route":"*","nht":1,"effect":{"kind":"stickBulkJob"}}""", "nht")]
    [InlineData("""{"route":"*","effect":{"kind":"slowBody"}}""", "bytesPerSecond")]
    [InlineData("""{"route":"*","nth":0,"effect":{"kind":"stickBulkJob"}}""", "counts from 1")]
    [InlineData("""{"route":"*","probability":7,"effect":{"kind":"stickBulkJob"}}""", "between 0 and 1")]
    [InlineData("""{"route":"*","duration":"00:00:00","effect":{"kind":"stickBulkJob"}}""", "more than nothing")]
    [InlineData("""{"route":"*","effect":{"kind":"closed","as":"broken"}}""", "Not a rule, at $.effect.as")]
    public async Task A_rule_that_makes_no_sense_is_explained(string json, string words)
    {
        await using var org = await StartAsync(signIn: false);
        var response = await org.ControlAsync(HttpMethod.Post, "/faults", json);
        Assert.Contains(words, (await JsonAsync(response, HttpStatusCode.BadRequest)).GetProperty("error").GetString());
        Assert.Empty(org.Host.Faults.Rules);
    }

    private static async Task AddAsync(RunningOrg org, string json) => await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/faults", json), HttpStatusCode.OK);
}
