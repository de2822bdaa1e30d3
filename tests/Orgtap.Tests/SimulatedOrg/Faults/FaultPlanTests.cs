using System.Net;
using Orgtap.SimulatedOrg.Faults;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Faults;

public sealed class FaultPlanTests
{
    private static readonly FaultTarget Limits = new("GET", "/services/data/v66.0/limits", null);

    [Fact]
    public void Nth_Every_and_Times_choose_the_calls_that_fail()
    {
        Assert.Equal([3], Fired(new FaultRule("GET *limits", new FaultEffect.StickBulkJob()) { Nth = 3 }));
        Assert.Equal([2, 4, 6], Fired(new FaultRule("*limits", new FaultEffect.StickBulkJob()) { Every = 2 }));
        Assert.Equal([1, 2], Fired(new FaultRule("get */LIMITS", new FaultEffect.StickBulkJob()) { Times = 2 }));
        Assert.Empty(Fired(new FaultRule("POST *limits", new FaultEffect.StickBulkJob())));
        Assert.Empty(Fired(new FaultRule("*limits", new FaultEffect.StickBulkJob()) { SObject = "Account" }));
    }

    [Fact]
    public void Chance_follows_from_the_seed()
    {
        var rule = new FaultRule("*", new FaultEffect.StickBulkJob()) { Probability = 0.5, Seed = 3 };
        Assert.Equal(Fired(rule), Fired(rule));
        Assert.NotEqual(Fired(rule), Fired(rule with { Seed = 4 }));
    }

    [Theory]
    [InlineData("""[{"errorCode":"UNKNOWN_EXCEPTION","message":"x"}]""", "application/json")]
    [InlineData("<html>Down for maintenance</html>", "text/html")]
    [InlineData(null, null)]
    public async Task An_answer_replaces_the_real_one_and_is_not_counted(string? body, string? type)
    {
        await using var org = await StartAsync();
        org.Host.Faults.Add("GET */limits", new FaultEffect.Answer(503, body), nth: 1);
        var used = org.Host.Usage.Used;
        var response = await org.GetAsync(Root + "/limits");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(body ?? "", await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(used, org.Host.Usage.Used);
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root + "/limits")).StatusCode);
    }

    [Fact]
    public async Task A_cut_connection_delivers_so_many_bytes_and_no_end()
    {
        await using var org = await StartAsync();
        org.Host.Faults.Add("GET */limits", new FaultEffect.CutBody(10));
        using var response = await org.GetAsync(Root + "/limits");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        var buffer = new byte[10];
        await body.ReadExactlyAsync(buffer, Cancel);
        await Assert.ThrowsAnyAsync<IOException>(async () => await body.ReadExactlyAsync(buffer, Cancel));
    }

    [Fact]
    public async Task A_stalled_body_waits_until_the_client_gives_up()
    {
        await using var org = await StartAsync();
        org.Host.Faults.Add("GET */limits", new FaultEffect.StallBody(10));
        using var patience = new CancellationTokenSource();
        using var response = await org.GetAsync(Root + "/limits");
        await using var body = await response.Content.ReadAsStreamAsync(Cancel);
        var buffer = new byte[10];
        await body.ReadExactlyAsync(buffer, Cancel);
        var rest = body.ReadAsync(buffer, patience.Token).AsTask();
        Assert.False(rest.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rest);
    }

    [Fact]
    public async Task A_delay_is_on_the_clock_of_the_org()
    {
        await using var org = await StartAsync(options => options with { SessionLife = TimeSpan.FromDays(10_000) });
        org.Host.Faults.Add("GET */limits", new FaultEffect.Delay(TimeSpan.FromMinutes(10)));
        var response = org.GetAsync(Root + "/limits");
        while (!response.IsCompleted)
        {
            org.Host.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.Equal(HttpStatusCode.OK, (await response).StatusCode);
        Assert.True(org.Host.Clock.GetUtcNow() >= Noon.AddMinutes(10));
    }

    [Fact]
    public async Task What_is_delayed_comes_when_the_rules_are_removed()
    {
        await using var org = await StartAsync();
        org.Host.Faults.Add("GET */limits", new FaultEffect.Delay(TimeSpan.FromDays(1)));
        var response = org.GetAsync(Root + "/limits");
        while (org.Host.Faults.Rules[0].Fired == 0) await Task.Yield();
        Assert.False(response.IsCompleted);
        org.Host.Faults.Clear();
        Assert.Equal(HttpStatusCode.OK, (await response).StatusCode);
    }

    [Fact]
    public async Task An_expired_session_is_mended_by_a_refresh_and_a_revoked_grant_is_not()
    {
        await using var org = await StartAsync(signIn: false);
        var (session, refresh) = org.Host.Tokens.Approve("key", org.Host.Users.First.Id, ["api", "refresh_token"]);
        org.Host.Faults.Add("GET */limits", new FaultEffect.ExpireSession(), nth: 1);
        org.Host.Faults.Add("GET */limits", new FaultEffect.RevokeGrant(), nth: 2);
        Assert.Equal(HttpStatusCode.Unauthorized, (await org.GetAsync(Root + "/limits", ("Authorization", "Bearer " + session.AccessToken))).StatusCode);
        var second = await RefreshAsync();
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        var token = (await JsonAsync(second)).GetProperty("access_token").GetString();
        Assert.Equal(HttpStatusCode.Unauthorized, (await org.GetAsync(Root + "/limits", ("Authorization", "Bearer " + token))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await RefreshAsync()).StatusCode);

        Task<HttpResponseMessage> RefreshAsync() =>
            org.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", refresh!), ("client_id", "key"), ("client_secret", "secret"));
    }

    [Fact]
    public async Task The_token_endpoint_can_name_a_hostile_instance_and_resources_can_redirect()
    {
        await using var org = await StartAsync();
        org.Host.Faults.Add("POST /services/oauth2/token", new FaultEffect.InstanceUrl("http://169.254.169.254"));
        org.Host.Faults.Add("GET */limits", new FaultEffect.RedirectTo("http://elsewhere.example/", 301));
        var tokens = await JsonAsync(await org.TokenAsync(("grant_type", "client_credentials"), ("client_id", "key"), ("client_secret", "secret")));
        Assert.Equal("http://169.254.169.254", tokens.GetProperty("instance_url").GetString());
        var moved = await org.GetAsync(Root + "/limits");
        Assert.Equal((HttpStatusCode.MovedPermanently, "http://elsewhere.example/"), (moved.StatusCode, moved.Headers.Location!.ToString()));
    }

    private static List<int> Fired(FaultRule rule)
    {
        var plan = new FaultPlan(TimeProvider.System);
        plan.Add(rule);
        return [.. Enumerable.Range(1, 6).Where(_ => plan.Take(Limits, effect => true).Count > 0)];
    }
}
