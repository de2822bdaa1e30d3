using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.OAuth;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.OAuth;

public sealed class WebServerFlowTests
{
    private const string Callback = "http://localhost:7777/callback";
    private const string Verifier = "a-verifier-that-is-long-enough-to-be-one-0123456789";

    [Fact]
    public async Task A_code_is_exchanged_once_and_the_tokens_work()
    {
        await using var org = await StartAsync(signIn: false);
        var callback = await AllowAsync(org, Address(org, ("state", "x y&z"), ("code_challenge", Challenge())));
        Assert.Equal("x y&z", callback["state"]);

        var tokens = await JsonAsync(await ExchangeAsync(org, callback["code"]), HttpStatusCode.OK);
        Assert.Matches(@"^00D[0-9A-Za-z]{12}![.\w]+$", tokens.GetProperty("access_token").GetString());
        Assert.Equal(JsonValueKind.String, tokens.GetProperty("issued_at").ValueKind);
        Assert.Equal("Bearer", tokens.GetProperty("token_type").GetString());
        Assert.False(tokens.TryGetProperty("expires_in", out _));
        Assert.Contains("refresh_token", tokens.GetProperty("scope").GetString());
        Assert.Equal($"{org.Host.Address}id/{org.Host.Store.OrganizationId}/{org.Host.Users.First.Id}", tokens.GetProperty("id").GetString());
        var signed = tokens.GetProperty("id").GetString() + tokens.GetProperty("issued_at").GetString();
        Assert.Equal(Convert.ToBase64String(HMACSHA256.HashData("secret"u8, Encoding.UTF8.GetBytes(signed))), tokens.GetProperty("signature").GetString());

        var again = await JsonAsync(await ExchangeAsync(org, callback["code"]), HttpStatusCode.BadRequest);
        Assert.Equal("invalid_grant", again.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_challenge_without_a_method_means_S256_and_a_wrong_verifier_fails()
    {
        await using var org = await StartAsync(signIn: false);
        var callback = await AllowAsync(org, Address(org, ("code_challenge", Challenge())));
        var refused = await JsonAsync(await ExchangeAsync(org, callback["code"], verifier: "another"), HttpStatusCode.BadRequest);
        Assert.Equal("invalid code verifier", refused.GetProperty("error_description").GetString());
    }

    [Fact]
    public async Task A_code_that_is_not_exchanged_within_fifteen_minutes_has_expired()
    {
        await using var org = await StartAsync(signIn: false);
        var callback = await AllowAsync(org, Address(org, ("code_challenge", Challenge())));
        org.Host.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(("invalid_grant", "expired authorization code"), await RefusalAsync(await ExchangeAsync(org, callback["code"])));
    }

    [Fact]
    public async Task A_consent_page_that_nobody_answers_runs_out_and_leaves_nothing_behind()
    {
        var time = new SimulatedClock(Noon, frozen: true);
        var consents = new Consents(time);
        var ask = new DeviceAsk(ConnectedApp.PlatformCli, ["api"], "CODE");
        var (first, second) = (consents.Show(ask, "005"), consents.Show(ask, "005"));
        Assert.Null(consents.Take(second, "another"));
        time.Advance(TimeSpan.FromMinutes(14));
        Assert.Same(ask, consents.Take(second, "005"));
        Assert.Null(consents.Take(second, "005"));
        time.Advance(TimeSpan.FromMinutes(1));
        consents.Show(ask, "005");
        Assert.Equal(1, consents.Count);
        Assert.Null(consents.Take(first, "005"));

        await using var org = await StartAsync(signIn: false);
        Assert.Equal(HttpStatusCode.BadRequest, (await org.PostFormAsync("/setup/secur/RemoteAccessAuthorizationPage.apexp", ("request", "gone"), ("save", "Allow"))).StatusCode);
    }

    [Fact]
    public async Task Denying_comes_back_as_access_denied_with_the_state()
    {
        await using var org = await StartAsync(signIn: false);
        using var admin = Admin(org);
        var callback = await admin.DenyAsync(Address(org, ("state", "s1")), Cancel);
        Assert.Equal("?error=access_denied&error_description=end-user+denied+authorization&state=s1", callback.Query);
    }

    [Fact]
    public async Task A_wrong_password_shows_the_login_page_again()
    {
        await using var org = await StartAsync(signIn: false);
        using var stranger = new SimulatedAdmin("ann@example.com", "wrong");
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => stranger.AllowAsync(Address(org), Cancel));
        Assert.Contains("Please check your username and password", refusal.Message);
    }

    [Theory]
    [InlineData("client_id", "unknown", "error=invalid_client_id&error_description=client%20identifier%20invalid")]
    [InlineData("redirect_uri", "http://localhost:7777/other", "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration")]
    public async Task What_is_wrong_with_the_app_never_reaches_the_callback(string parameter, string value, string body)
    {
        await using var org = await StartAsync(signIn: false);
        var response = await org.GetAsync(Address(org, (parameter, value)).PathAndQuery);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Null(response.Content.Headers.ContentType);
        Assert.Equal(body, await response.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task An_app_that_insists_on_PKCE_refuses_a_request_without_challenge()
    {
        await using var org = await StartAsync(options => options with { RequirePkce = true }, signIn: false);
        var response = await org.GetAsync(Address(org).PathAndQuery);
        Assert.Equal("error=invalid_request&error_description=missing%20required%20code%20challenge", await response.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task An_uninstalled_app_ends_on_a_page_of_the_org_and_not_at_its_callback()
    {
        await using var org = await StartAsync(signIn: false);
        org.Host.Apps.Put(org.Host.Apps.Find("key")! with { Uninstalled = true });
        var response = await org.GetAsync(Address(org, ("state", "s1")).PathAndQuery);
        Assert.StartsWith("/setup/secur/RemoteAccessErrorPage.apexp?error=invalid_client&error_description=app%20must%20be%20installed%20into%20org&state=s1",
            response.Headers.Location!.OriginalString);
        Assert.Contains("app must be installed into org", await (await org.GetAsync(response.Headers.Location!.OriginalString)).Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task The_second_time_a_signed_in_user_is_not_asked_again_unless_the_app_asks_for_consent()
    {
        await using var org = await StartAsync(signIn: false);
        using var admin = Admin(org);
        await ExchangeAsync(org, Query(await admin.AllowAsync(Address(org), Cancel))["code"]);
        Assert.Contains("code=", (await admin.DenyAsync(Address(org), Cancel)).Query);
        Assert.Contains("access_denied", (await admin.DenyAsync(Address(org, ("prompt", "consent")), Cancel)).Query);
    }

    [Fact]
    public async Task Prompt_login_asks_for_the_password_although_somebody_is_signed_in()
    {
        await using var org = await StartAsync(signIn: false);
        using var admin = Admin(org);
        await admin.AllowAsync(Address(org), Cancel);
        var logins = org.Host.Requests.Count("login");
        await admin.AllowAsync(Address(org, ("prompt", "login")), Cancel);
        Assert.Equal(logins + 1, org.Host.Requests.Count("login"));
    }

    [Fact]
    public async Task The_sixth_approval_of_an_app_revokes_the_first()
    {
        await using var org = await StartAsync(signIn: false);
        using var admin = Admin(org);
        var refreshTokens = new List<string>();
        for (var approval = 0; approval < 6; approval++)
        {
            var callback = Query(await admin.AllowAsync(Address(org), Cancel));
            refreshTokens.Add((await JsonAsync(await ExchangeAsync(org, callback["code"], verifier: null))).GetProperty("refresh_token").GetString()!);
        }
        Assert.Equal(HttpStatusCode.BadRequest, (await RefreshAsync(org, refreshTokens[0])).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await RefreshAsync(org, refreshTokens[1])).StatusCode);
    }

    [Fact]
    public async Task Rotation_hands_out_a_new_refresh_token_and_kills_the_old_one()
    {
        await using var org = await StartAsync(options => options with { RotateRefreshTokens = true }, signIn: false);
        var callback = await AllowAsync(org, Address(org));
        var first = (await JsonAsync(await ExchangeAsync(org, callback["code"], verifier: null))).GetProperty("refresh_token").GetString()!;
        var second = (await JsonAsync(await RefreshAsync(org, first), HttpStatusCode.OK)).GetProperty("refresh_token").GetString()!;
        var reused = await JsonAsync(await RefreshAsync(org, first), HttpStatusCode.BadRequest);
        Assert.Equal(("invalid_grant", "expired access/refresh token"),
            (reused.GetProperty("error").GetString(), reused.GetProperty("error_description").GetString()));
        Assert.Equal(HttpStatusCode.OK, (await RefreshAsync(org, second)).StatusCode);
    }

    [Fact]
    public async Task Without_rotation_a_refresh_brings_no_new_refresh_token()
    {
        await using var org = await StartAsync(signIn: false);
        var callback = await AllowAsync(org, Address(org));
        var first = (await JsonAsync(await ExchangeAsync(org, callback["code"], verifier: null))).GetProperty("refresh_token").GetString()!;
        Assert.False((await JsonAsync(await RefreshAsync(org, first))).TryGetProperty("refresh_token", out _));
    }

    internal static Uri Address(RunningOrg org, params (string Name, string Value)[] changes)
    {
        var parameters = new Dictionary<string, string?> { ["response_type"] = "code", ["client_id"] = "key", ["redirect_uri"] = Callback };
        foreach (var (name, value) in changes) parameters[name] = value;
        return new Uri(org.Host.Address, QueryHelpers.AddQueryString("/services/oauth2/authorize", parameters));
    }

    private static SimulatedAdmin Admin(RunningOrg org) => new(org.Host.User, org.Host.Password);

    private static async Task<Dictionary<string, string>> AllowAsync(RunningOrg org, Uri address)
    {
        using var admin = Admin(org);
        return Query(await admin.AllowAsync(address, Cancel));
    }

    private static Dictionary<string, string> Query(Uri callback) => QueryHelpers.ParseQuery(callback.Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString());

    private static Task<HttpResponseMessage> ExchangeAsync(RunningOrg org, string code, string? verifier = Verifier) => org.TokenAsync(
        [("grant_type", "authorization_code"), ("code", code), ("client_id", "key"), ("client_secret", "secret"), ("redirect_uri", Callback),
         .. verifier is null ? Array.Empty<(string, string)>() : [("code_verifier", verifier)]]);

    private static Task<HttpResponseMessage> RefreshAsync(RunningOrg org, string token) =>
        org.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "key"), ("client_secret", "secret"));

    private static string Challenge() => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
}
