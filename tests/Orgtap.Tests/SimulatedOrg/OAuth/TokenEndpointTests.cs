using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.OAuth;

public sealed class TokenEndpointTests
{
    [Theory]
    [InlineData("password", "key", "secret", "p", "invalid_grant", "authentication failure")]
    [InlineData("password", "nobody", "secret", "pt", "invalid_client_id", "client identifier invalid")]
    [InlineData("password", "key", "wrong", "pt", "invalid_client", "invalid client credentials")]
    [InlineData("magic", "key", "secret", "pt", "unsupported_grant_type", "grant type not supported")]
    public async Task Refusals_carry_the_error_and_description_that_clients_match_on(
        string grantType, string clientId, string secret, string password, string error, string description)
    {
        await using var org = await StartAsync(signIn: false);
        var body = await JsonAsync(await org.TokenAsync(("grant_type", grantType), ("client_id", clientId), ("client_secret", secret),
            ("username", "ann@example.com"), ("password", password)), HttpStatusCode.BadRequest);
        Assert.Equal((error, description), (body.GetProperty("error").GetString(), body.GetProperty("error_description").GetString()));
    }

    [Fact]
    public async Task The_password_flow_gives_no_refresh_token_and_no_scopes()
    {
        await using var org = await StartAsync(signIn: false);
        var body = await JsonAsync(await org.TokenAsync(("grant_type", "password"), ("client_id", "key"), ("client_secret", "secret"),
            ("username", "ANN@example.com"), ("password", "pt")), HttpStatusCode.OK);
        Assert.False(body.TryGetProperty("refresh_token", out _));
        Assert.False(body.TryGetProperty("scope", out _));
    }

    [Fact]
    public async Task A_blocked_password_flow_and_an_inactive_user_fail_like_a_bad_password()
    {
        await using var blocked = await StartAsync(options => options with { AllowPasswordFlow = false }, signIn: false);
        await Assert.ThrowsAsync<KeyNotFoundException>(blocked.PasswordTokenAsync);

        await using var org = await StartAsync(signIn: false);
        org.Host.Users.Put(org.Host.Users.First with { Active = false });
        await Assert.ThrowsAsync<KeyNotFoundException>(org.PasswordTokenAsync);
    }

    [Fact]
    public async Task Client_credentials_work_with_Basic_authentication_and_fail_without_a_run_as_user()
    {
        await using var org = await StartAsync(signIn: false);
        Assert.Equal(HttpStatusCode.OK, (await ClientCredentialsAsync(org)).StatusCode);

        await using var without = await StartAsync(options => options with { AllowClientCredentials = false }, signIn: false);
        var body = await JsonAsync(await ClientCredentialsAsync(without), HttpStatusCode.BadRequest);
        Assert.Equal("no client credentials user enabled", body.GetProperty("error_description").GetString());
    }

    [Fact]
    public async Task Client_credentials_are_refused_in_the_words_of_each_cause()
    {
        await using var org = await StartAsync(signIn: false);
        var app = org.Host.Apps.Find("key")!;
        Assert.Equal(("invalid_client", "invalid client credentials"), await RefusalAsync(await org.TokenAsync(("grant_type", "client_credentials"), ("client_id", "key"), ("client_secret", "no"))));
        Assert.Equal(("invalid_client_id", "client identifier invalid"), await RefusalAsync(await org.TokenAsync(("grant_type", "client_credentials"), ("client_id", "no"), ("client_secret", "secret"))));

        org.Host.Apps.Put(app with { ClientCredentials = false });
        Assert.Equal(("invalid_grant", "client credentials flow not enabled"), await RefusalAsync(await ClientCredentialsAsync(org)));
        org.Host.Apps.Put(app with { RunAs = "nobody@example.com" });
        Assert.Equal(("invalid_grant", "no client credentials user enabled"), await RefusalAsync(await ClientCredentialsAsync(org)));
        org.Host.Apps.Put(app);
        org.Host.Users.Put(org.Host.Users.First with { Active = false });
        Assert.Equal(("invalid_grant", "no client credentials user enabled"), await RefusalAsync(await ClientCredentialsAsync(org)));
    }

    [Fact]
    public async Task Client_credentials_want_the_orgs_own_domain_and_no_shared_login_host()
    {
        await using var org = await StartAsync(signIn: false);
        org.Http.DefaultRequestHeaders.Host = "login.localhost:" + org.Host.Address.Port;
        Assert.Equal(("invalid_grant", "request not supported on this domain"), await RefusalAsync(await ClientCredentialsAsync(org)));
        org.Http.DefaultRequestHeaders.Host = "acme.localhost:" + org.Host.Address.Port;
        var reply = await JsonAsync(await ClientCredentialsAsync(org), HttpStatusCode.OK);
        Assert.False(reply.TryGetProperty("refresh_token", out _));
        Assert.DoesNotContain("refresh_token", reply.GetProperty("scope").GetString());
    }

    [Fact]
    public async Task The_answer_has_every_member_of_a_recorded_one()
    {
        var recorded = Fixture("restforce-auth_success_response.json");
        await using var org = await StartAsync(signIn: false);
        var body = await JsonAsync(await ClientCredentialsAsync(org));
        foreach (var member in recorded.EnumerateObject()) Assert.Equal(member.Value.ValueKind, body.GetProperty(member.Name).ValueKind);
    }

    [Fact]
    public async Task A_refresh_and_a_refusal_have_the_members_of_recorded_ones()
    {
        var (refreshed, refused) = (Fixture("restforce-refresh_success_response.json"), Fixture("restforce-auth_error_response.json"));
        await using var org = await StartAsync(signIn: false);
        var token = org.Host.Tokens.Approve("key", org.Host.Users.First.Id, ["api", "refresh_token"]).RefreshToken!;
        var answer = await JsonAsync(await org.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "key"), ("client_secret", "secret")), HttpStatusCode.OK);
        foreach (var member in refreshed.EnumerateObject()) Assert.Equal(member.Value.ValueKind, answer.GetProperty(member.Name).ValueKind);
        var refusal = await JsonAsync(await org.TokenAsync(("grant_type", "password"), ("client_id", "key"), ("client_secret", "secret"), ("username", "ann@example.com"), ("password", "wrong")));
        Assert.Equal(refused.EnumerateObject().Select(member => member.Name), refusal.EnumerateObject().Select(member => member.Name));
        Assert.Equal(refused.GetProperty("error").GetString(), refusal.GetProperty("error").GetString());
        Assert.StartsWith(refusal.GetProperty("error_description").GetString()!, refused.GetProperty("error_description").GetString());
    }

    [Fact]
    public async Task A_session_slides_while_it_is_used_and_ends_two_hours_after_its_last_use()
    {
        await using var org = await StartAsync();
        for (var use = 0; use < 3; use++)
        {
            org.Host.Clock.Advance(TimeSpan.FromMinutes(119));
            Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root)).StatusCode);
        }
        org.Host.Clock.Advance(TimeSpan.FromMinutes(121));
        var response = await org.GetAsync(Root);
        Assert.Equal((401, "INVALID_SESSION_ID", "Session expired or invalid"), await ErrorAsync(response));
    }

    [Fact]
    public async Task Revoking_ends_a_session_and_a_second_time_fails()
    {
        await using var org = await StartAsync();
        var token = org.Http.DefaultRequestHeaders.Authorization!.Parameter!;
        Assert.Equal(HttpStatusCode.OK, (await org.PostFormAsync("/services/oauth2/revoke", ("token", token))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await org.GetAsync(Root)).StatusCode);
        var again = await org.PostFormAsync("/services/oauth2/revoke", ("token", token));
        Assert.Equal(HttpStatusCode.BadRequest, again.StatusCode);
        Assert.Contains("error=invalid_token", await again.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task Introspection_tells_when_a_token_ends_and_knows_nothing_of_a_dead_one()
    {
        await using var org = await StartAsync(signIn: false);
        var token = (await JsonAsync(await ClientCredentialsAsync(org))).GetProperty("access_token").GetString()!;
        var alive = await IntrospectAsync(org, token);
        Assert.True(alive.GetProperty("active").GetBoolean());
        Assert.Equal(Noon.AddHours(2).ToUnixTimeSeconds(), alive.GetProperty("exp").GetInt64());
        org.Host.Tokens.ExpireAll();
        Assert.False((await IntrospectAsync(org, token)).GetProperty("active").GetBoolean());
    }

    [Theory]
    [InlineData("nonsense", "Bad_OAuth_Token")]
    [InlineData(null, "Missing_OAuth_Token")]
    public async Task Userinfo_refuses_with_403_and_one_bare_word(string? token, string word)
    {
        await using var org = await StartAsync(signIn: false);
        var response = await org.GetAsync("/services/oauth2/userinfo", token is null ? [] : [("Authorization", "Bearer " + token)]);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(word, await response.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task Userinfo_and_identity_agree_on_who_it_is()
    {
        await using var org = await StartAsync();
        var userInfo = await org.GetJsonAsync("/services/oauth2/userinfo");
        var identity = await org.GetJsonAsync(new Uri(userInfo.GetProperty("sub").GetString()!).PathAndQuery);
        Assert.Equal(org.Host.Store.OrganizationId, identity.GetProperty("organization_id").GetString());
        Assert.Equal(userInfo.GetProperty("user_id").GetString(), identity.GetProperty("user_id").GetString());
        Assert.Equal("ann@example.com", identity.GetProperty("username").GetString());
        Assert.Contains("v{version}", identity.GetProperty("urls").GetProperty("rest").GetString());
    }

    private static async Task<JsonElement> IntrospectAsync(RunningOrg org, string token) => await JsonAsync(await org.PostFormAsync(
        "/services/oauth2/introspect", ("token", token), ("client_id", "key"), ("client_secret", "secret")), HttpStatusCode.OK);

    private static Task<HttpResponseMessage> ClientCredentialsAsync(RunningOrg org)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/services/oauth2/token")
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("grant_type", "client_credentials")]),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("key:secret")));
        return org.Http.SendAsync(request, Cancel);
    }
}
