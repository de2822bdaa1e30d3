using System.Net;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.OAuth;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.OAuth;

/// <summary>Each switch of people, apps and org, flipped through the control API and seen from a client's side.</summary>
public sealed class RefusalTests
{
    private static readonly (string, string) AuthenticationFailure = ("invalid_grant", "authentication failure");
    private static readonly (string, string) DeadToken = ("invalid_grant", "expired access/refresh token");

    [Fact]
    public async Task A_deactivated_user_loses_the_session_and_the_refresh_fails_as_authentication_failure()
    {
        await using var org = await StartAsync();
        var refresh = Approve(org);
        await UserAsync(org, """{"username":"ann@example.com","active":false}""");
        Assert.Equal((401, "INVALID_SESSION_ID", "Session expired or invalid"), await ErrorAsync(await org.GetAsync(Root)));
        Assert.Equal(AuthenticationFailure, await RefreshAsync(org, refresh));
        Assert.Equal(AuthenticationFailure, await PasswordAsync(org));
        Assert.Equal(false, org.Host.Store.Read("User", org.Host.Users.First.Id)!["IsActive"]);
        Assert.Equal(LoginRefusal.Inactive, org.Host.Logins.Attempts[^1].Refusal);

        await UserAsync(org, """{"username":"ann@example.com","active":true}""");
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, refresh)).StatusCode);
    }

    [Fact]
    public async Task A_frozen_user_keeps_the_session_but_cannot_come_in_again()
    {
        await using var org = await StartAsync();
        var refresh = Approve(org);
        await UserAsync(org, """{"username":"ann@example.com","frozen":true}""");
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root)).StatusCode);
        Assert.Equal(AuthenticationFailure, await RefreshAsync(org, refresh));
        Assert.Equal(AuthenticationFailure, await PasswordAsync(org));
        Assert.Contains("Please check your username and password", await LoginPageAsync(org));
        Assert.Equal(LoginRefusal.Frozen, org.Host.Logins.Attempts[^1].Refusal);
    }

    [Fact]
    public async Task A_locked_out_user_is_refused_every_password_while_refreshes_go_on()
    {
        await using var org = await StartAsync();
        var refresh = Approve(org);
        await UserAsync(org, """{"username":"ann@example.com","lockedOut":true}""");
        Assert.Equal(AuthenticationFailure, await PasswordAsync(org));
        Assert.Contains("Please check your username and password", await LoginPageAsync(org));
        Assert.Equal(LoginRefusal.LockedOut, org.Host.Logins.Attempts[^1].Refusal);
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, refresh)).StatusCode);
    }

    [Fact]
    public async Task Ten_wrong_passwords_in_a_row_lock_a_user_out_for_a_quarter_of_an_hour()
    {
        await using var org = await StartAsync(signIn: false);
        for (var wrong = 0; wrong < 9; wrong++) await PasswordAsync(org, "wrong");
        Assert.Equal(HttpStatusCode.OK, (await SendPasswordAsync(org, "pt")).StatusCode);
        for (var wrong = 0; wrong < 10; wrong++) await PasswordAsync(org, "wrong");
        Assert.Equal(AuthenticationFailure, await PasswordAsync(org));
        Assert.Equal(LoginRefusal.LockedOut, org.Host.Logins.Attempts[^1].Refusal);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(HttpStatusCode.OK, (await SendPasswordAsync(org, "pt")).StatusCode);
    }

    [Fact]
    public async Task A_changed_password_brings_a_new_security_token_and_ends_earlier_refresh_tokens()
    {
        await using var org = await StartAsync();
        var refresh = Approve(org);
        var user = await UserAsync(org, """{"username":"ann@example.com","password":"new"}""");
        Assert.Equal(AuthenticationFailure, await RefreshAsync(org, refresh));
        Assert.Equal(AuthenticationFailure, await PasswordAsync(org));
        Assert.Equal(AuthenticationFailure, await PasswordAsync(org, "newt"));
        Assert.Equal(HttpStatusCode.OK, (await SendPasswordAsync(org, "new" + user.GetProperty("securityToken").GetString())).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, Approve(org))).StatusCode);
    }

    [Theory]
    [InlineData("outsideLoginHours", "invalid login hours", "at this hour")]
    [InlineData("outsideIpRanges", "ip restricted", "from this network")]
    public async Task Login_hours_and_IP_ranges_are_told_to_refreshes_and_to_browsers_but_not_to_passwords(string member, string description, string page)
    {
        await using var org = await StartAsync();
        var refresh = Approve(org);
        await UserAsync(org, $$"""{"username":"ann@example.com","{{member}}":true}""");
        Assert.Equal(("invalid_grant", description), await RefreshAsync(org, refresh));
        Assert.Equal(AuthenticationFailure, await PasswordAsync(org));
        Assert.Contains(page, await LoginPageAsync(org));
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root)).StatusCode);
    }

    [Fact]
    public async Task An_app_that_enforces_IP_ranges_refuses_its_refreshes_only()
    {
        await using var org = await StartAsync();
        var refresh = Approve(org);
        await AppAsync(org, """{"ipRestricted":true}""");
        Assert.Equal(("invalid_grant", "ip restricted"), await RefreshAsync(org, refresh));
        await AppAsync(org, """{"ipRestricted":false}""");
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, refresh)).StatusCode);
    }

    [Fact]
    public async Task A_blocked_app_loses_everything_for_good()
    {
        await using var org = await StartAsync();
        var refresh = Approve(org);
        await AppAsync(org, """{"blocked":true}""");
        Assert.Equal(401, (await ErrorAsync(await org.GetAsync(Root))).Status);
        Assert.Equal(DeadToken, await RefreshAsync(org, refresh));
        Assert.Equal("invalid_app_access", (await RefusalAsync(await org.TokenAsync(("grant_type", "client_credentials"), ("client_id", "key"), ("client_secret", "secret")))).Error);
        var page = await org.GetAsync(WebServerFlowTests.Address(org).PathAndQuery);
        Assert.StartsWith("/setup/secur/RemoteAccessErrorPage.apexp?error=OAUTH_APPROVAL_ERROR_GENERIC", page.Headers.Location!.OriginalString);
        await AppAsync(org, """{"blocked":false}""");
        Assert.Equal(DeadToken, await RefreshAsync(org, refresh));
    }

    [Fact]
    public async Task An_uninstalled_app_still_serves_those_who_approved_it_earlier_or_have_the_permission()
    {
        await using var org = await StartAsync(signIn: false);
        await UserAsync(org, """{"username":"bob@example.com","password":"b","name":"Bob Baker"}""");
        await AppAsync(org, """{"uninstalled":true}""");
        using var ann = new SimulatedAdmin("ann@example.com", "p");
        using var bob = new SimulatedAdmin("bob@example.com", "b");
        var address = WebServerFlowTests.Address(org);
        Assert.Contains("app%20must%20be%20installed", (await bob.AllowAsync(address, Cancel)).Query);
        org.Host.Tokens.Approve("key", org.Host.Users.First.Id, ["api"]);
        Assert.Contains("code=", (await ann.AllowAsync(address, Cancel)).Query);
        Assert.Contains("app%20must%20be%20installed", (await bob.AllowAsync(address, Cancel)).Query);
        await UserAsync(org, """{"username":"bob@example.com","approvesUninstalledApps":true}""");
        Assert.Contains("code=", (await bob.AllowAsync(address, Cancel)).Query);
    }

    [Fact]
    public async Task Where_administrators_approve_users_others_are_refused_at_every_door()
    {
        await using var org = await StartAsync(signIn: false);
        var refresh = Approve(org);
        await AppAsync(org, """{"adminApprovedOnly":true}""");
        Assert.Equal(("invalid_app_access", "user is not admin approved to access this app"), await RefreshAsync(org, refresh));
        using var ann = new SimulatedAdmin("ann@example.com", "p");
        Assert.Contains("error=OAUTH_APPROVAL_ERROR_GENERIC&", (await ann.AllowAsync(WebServerFlowTests.Address(org), Cancel)).Query);
        await AppAsync(org, """{"adminApproved":["ANN@example.com"]}""");
        Assert.Contains("code=", (await ann.DenyAsync(WebServerFlowTests.Address(org), Cancel)).Query);
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, refresh)).StatusCode);
    }

    [Fact]
    public async Task An_integration_licence_cannot_approve_an_app_in_a_browser()
    {
        await using var org = await StartAsync(signIn: false);
        await UserAsync(org, """{"username":"ann@example.com","apiOnly":true}""");
        using var ann = new SimulatedAdmin("ann@example.com", "p");
        var callback = await ann.AllowAsync(WebServerFlowTests.Address(org, ("state", "s1")), Cancel);
        Assert.StartsWith("?error=OAUTH_APPROVAL_ERROR_GENERIC&", callback.Query);
        Assert.EndsWith("&state=s1", callback.Query);
        Assert.Equal(HttpStatusCode.OK, (await org.TokenAsync(("grant_type", "client_credentials"), ("client_id", "key"), ("client_secret", "secret"))).StatusCode);
    }

    [Theory]
    [InlineData("""{"refreshTokensExpireAtOnce":true}""", 0, false)]
    [InlineData("""{"refreshTokenIdleLife":"30.00:00:00"}""", 29, true)]
    [InlineData("""{"refreshTokenIdleLife":"30.00:00:00"}""", 31, false)]
    [InlineData("""{"refreshTokenLife":"90.00:00:00"}""", 89, true)]
    [InlineData("""{"refreshTokenLife":"90.00:00:00"}""", 91, false)]
    public async Task Refresh_tokens_die_by_the_policy_of_the_app(string policy, int days, bool alive)
    {
        await using var org = await StartAsync(signIn: false);
        await AppAsync(org, policy);
        var refresh = Approve(org);
        org.Host.Clock.Advance(TimeSpan.FromDays(days));
        if (alive) Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, refresh)).StatusCode);
        else Assert.Equal(DeadToken, await RefreshAsync(org, refresh));
    }

    [Fact]
    public async Task Use_renews_an_idle_life_but_not_a_fixed_one()
    {
        await using var org = await StartAsync(signIn: false);
        await AppAsync(org, """{"refreshTokenIdleLife":"30.00:00:00","refreshTokenLife":"50.00:00:00"}""");
        var refresh = Approve(org);
        org.Host.Clock.Advance(TimeSpan.FromDays(25));
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, refresh)).StatusCode);
        org.Host.Clock.Advance(TimeSpan.FromDays(25));
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, refresh)).StatusCode);
        org.Host.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(DeadToken, await RefreshAsync(org, refresh));
    }

    [Fact]
    public async Task A_refusal_does_not_use_up_a_rotating_token()
    {
        await using var org = await StartAsync(options => options with { RotateRefreshTokens = true }, signIn: false);
        var refresh = Approve(org);
        await UserAsync(org, """{"username":"ann@example.com","frozen":true}""");
        Assert.Equal(AuthenticationFailure, await RefreshAsync(org, refresh));
        await UserAsync(org, """{"username":"ann@example.com","frozen":false}""");
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, refresh)).StatusCode);
        Assert.Equal(DeadToken, await RefreshAsync(org, refresh));
    }

    [Fact]
    public async Task An_administrator_revokes_what_one_user_or_one_app_holds()
    {
        await using var org = await StartAsync(signIn: false);
        await UserAsync(org, """{"username":"bob@example.com"}""");
        var (ann, bob) = (org.Host.Users.First.Id, org.Host.Users.Find("bob@example.com")!.Id);
        string Of(string app, string user) => org.Host.Tokens.Approve(app, user, ["api", "refresh_token"]).RefreshToken!;
        var (hers, his, elsewhere) = (Of("key", ann), Of("key", bob), Of("PlatformCLI", ann));

        await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/tokens/revoke", """{"user":"bob@example.com"}"""), HttpStatusCode.OK);
        Assert.Equal(DeadToken, await RefreshAsync(org, his));
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, hers)).StatusCode);
        await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/tokens/revoke", """{"clientId":"key"}"""), HttpStatusCode.OK);
        Assert.Equal(DeadToken, await RefreshAsync(org, hers));
        Assert.Equal(HttpStatusCode.OK, (await org.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", elsewhere), ("client_id", "PlatformCLI"))).StatusCode);
        await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/tokens/revoke"), HttpStatusCode.OK);
        Assert.Equal(0, org.Host.Tokens.ApprovalCount);
        Assert.Equal(HttpStatusCode.BadRequest, (await org.ControlAsync(HttpMethod.Post, "/tokens/revoke", """{"user":"nobody"}""")).StatusCode);
    }

    [Theory]
    [InlineData("""{"locked":true}""", "invalid_grant", "org locked")]
    [InlineData("""{"inactive":true}""", "inactive_org", "inactive organization")]
    public async Task A_locked_or_closed_org_lets_nobody_in(string policies, string error, string description)
    {
        await using var org = await StartAsync(signIn: false);
        var refresh = Approve(org);
        await OrgAsync(org, policies);
        Assert.Equal((error, description), await RefreshAsync(org, refresh));
        Assert.Equal(AuthenticationFailure, await PasswordAsync(org));
        Assert.Contains("organization isn't available", WebUtility.HtmlDecode(await LoginPageAsync(org)));
    }

    [Fact]
    public async Task Maintenance_is_503_with_a_page_or_an_error_code_and_then_over()
    {
        await using var org = await StartAsync();
        await OrgAsync(org, """{"availability":"maintenance"}""");
        Assert.Equal((503, "SERVER_UNAVAILABLE"), await ErrorAsync(await org.GetAsync(Root)) is var (status, code, _) ? (status, code) : default);
        var token = await SendPasswordAsync(org, "pt");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "text/html"), (token.StatusCode, token.Content.Headers.ContentType!.MediaType));
        await OrgAsync(org, """{"availability":"up"}""");
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root)).StatusCode);
    }

    [Fact]
    public async Task An_org_that_is_gone_answers_420_without_a_body()
    {
        await using var org = await StartAsync();
        await OrgAsync(org, """{"availability":"gone"}""");
        var response = await org.GetAsync(Root);
        Assert.Equal((420, ""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel)));
    }

    [Fact]
    public async Task The_password_flow_is_blocked_from_a_day_on()
    {
        await using var org = await StartAsync(signIn: false);
        await OrgAsync(org, """{"passwordFlowEnds":"2026-06-02T00:00:00Z"}""");
        Assert.Equal(HttpStatusCode.OK, (await SendPasswordAsync(org, "pt")).StatusCode);
        org.Host.Clock.Advance(TimeSpan.FromHours(12));
        Assert.Equal(AuthenticationFailure, await PasswordAsync(org));
        Assert.Equal(LoginRefusal.FlowBlocked, org.Host.Logins.Attempts[^1].Refusal);
    }

    [Fact]
    public async Task A_trusted_network_needs_no_security_token()
    {
        await using var org = await StartAsync(signIn: false);
        Assert.Equal(AuthenticationFailure, await PasswordAsync(org, "p"));
        await OrgAsync(org, """{"trustedNetwork":true}""");
        Assert.Equal(HttpStatusCode.OK, (await SendPasswordAsync(org, "p")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendPasswordAsync(org, "pt")).StatusCode);
    }

    [Fact]
    public async Task Too_many_logins_within_an_hour_are_refused_until_it_has_passed()
    {
        await using var org = await StartAsync(signIn: false);
        await OrgAsync(org, """{"loginsPerHour":2}""");
        var refresh = Approve(org);
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, refresh)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendPasswordAsync(org, "pt")).StatusCode);
        Assert.Equal(("rate_limit_exceeded", "login rate exceeded"), await RefreshAsync(org, refresh));
        Assert.Equal(("rate_limit_exceeded", "login rate exceeded"), await PasswordAsync(org));
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.OK, (await SendRefreshAsync(org, refresh)).StatusCode);
    }

    [Fact]
    public async Task A_user_or_an_org_without_the_API_gets_a_token_and_403()
    {
        await using var org = await StartAsync();
        await UserAsync(org, """{"username":"ann@example.com","apiEnabled":false}""");
        Assert.Equal((403, "API_CURRENTLY_DISABLED", "API is disabled for this User"), await ErrorAsync(await org.GetAsync(Root)));
        await OrgAsync(org, """{"restApi":false}""");
        Assert.Equal((403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."), await ErrorAsync(await org.GetAsync(Root)));
        Assert.Equal(HttpStatusCode.OK, (await SendPasswordAsync(org, "pt")).StatusCode);
    }

    [Fact]
    public async Task API_Access_Control_lets_only_apps_on_the_allowlist_through()
    {
        await using var org = await StartAsync();
        await OrgAsync(org, """{"apiAccessControl":true}""");
        Assert.Equal((401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"), await ErrorAsync(await org.GetAsync(Root)));
        await AppAsync(org, """{"allowlisted":true}""");
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root)).StatusCode);
    }

    [Fact]
    public async Task A_second_user_and_a_second_app_work_like_the_first()
    {
        await using var org = await StartAsync(signIn: false);
        await UserAsync(org, """{"username":"bob@example.com","password":"b","securityToken":"s","name":"Bob Baker"}""");
        await AppAsync(org, """{"clientId":"other","clientSecret":"hush","name":"Other","scopes":["api","id"]}""");
        var tokens = await JsonAsync(await org.TokenAsync(("grant_type", "password"), ("client_id", "other"), ("client_secret", "hush"), ("username", "bob@example.com"), ("password", "bs")), HttpStatusCode.OK);
        using var identity = await org.GetAsync(new Uri(tokens.GetProperty("id").GetString()!).PathAndQuery, ("Authorization", "Bearer " + tokens.GetProperty("access_token").GetString()));
        Assert.Equal("Bob Baker", (await JsonAsync(identity, HttpStatusCode.OK)).GetProperty("display_name").GetString());
        org.Http.DefaultRequestHeaders.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());
        Assert.Equal(tokens.GetProperty("id").GetString(), (await org.GetJsonAsync(Root)).GetProperty("identity").GetString());
        Assert.Equal(1, (await org.QueryJsonAsync("SELECT Id FROM User WHERE Username = 'bob@example.com'")).GetProperty("totalSize").GetInt32());
    }

    [Theory]
    [InlineData("/users", """{"username":"ann@example.com","activ":true}""", "There is no \"activ\" here")]
    [InlineData("/users", """{"active":false}""", "must be a text")]
    [InlineData("/apps", """{"blocked":"yes"}""", "cannot be")]
    [InlineData("/apps", """{"jwtCertificate":"nonsense"}""", "Not a usable certificate")]
    [InlineData("/apps", """{"runAs":"nobody"}""", "there is no user nobody")]
    [InlineData("/org", """{"availability":"down"}""", "cannot be")]
    public async Task What_cannot_be_set_is_explained(string path, string json, string words)
    {
        await using var org = await StartAsync(signIn: false);
        var response = await org.ControlAsync(HttpMethod.Post, path, json);
        Assert.Contains(words, (await JsonAsync(response, HttpStatusCode.BadRequest)).GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_shorter_session_life_holds_from_the_next_use_on()
    {
        await using var org = await StartAsync();
        await OrgAsync(org, """{"sessionLife":"00:15:00"}""");
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root)).StatusCode);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root)).StatusCode);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(401, (await ErrorAsync(await org.GetAsync(Root))).Status);
    }

    [Fact]
    public async Task The_login_history_tells_the_true_reasons()
    {
        await using var org = await StartAsync(signIn: false);
        await PasswordAsync(org, "wrong");
        await SendPasswordAsync(org, "pt");
        var history = await JsonAsync(await org.ControlAsync(HttpMethod.Get, "/logins"), HttpStatusCode.OK);
        Assert.Equal(["wrongCredentials", null], history.EnumerateArray().Select(attempt => attempt.GetProperty("refusal").GetString()));
        Assert.All(history.EnumerateArray(), attempt => Assert.Equal(("password", "key"), (attempt.GetProperty("door").GetString(), attempt.GetProperty("app").GetString())));
    }

    private static string Approve(RunningOrg org) => org.Host.Tokens.Approve("key", org.Host.Users.First.Id, ["api", "refresh_token"]).RefreshToken!;

    private static Task<HttpResponseMessage> SendRefreshAsync(RunningOrg org, string token) =>
        org.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "key"), ("client_secret", "secret"));

    private static async Task<(string, string)> RefreshAsync(RunningOrg org, string token) => await RefusalAsync(await SendRefreshAsync(org, token));

    private static Task<HttpResponseMessage> SendPasswordAsync(RunningOrg org, string password) => org.TokenAsync(
        ("grant_type", "password"), ("client_id", "key"), ("client_secret", "secret"), ("username", "ann@example.com"), ("password", password));

    private static async Task<(string, string)> PasswordAsync(RunningOrg org, string password = "pt") => await RefusalAsync(await SendPasswordAsync(org, password));

    private static async Task<string> LoginPageAsync(RunningOrg org)
    {
        using var answer = await org.PostFormAsync("/login", ("startURL", WebServerFlowTests.Address(org).PathAndQuery), ("username", "ann@example.com"), ("pw", "p"));
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    private static async Task<JsonElement> UserAsync(RunningOrg org, string json) => await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/users", json), HttpStatusCode.OK);

    private static async Task AppAsync(RunningOrg org, string json) => await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/apps", json), HttpStatusCode.OK);

    private static async Task OrgAsync(RunningOrg org, string json) => await JsonAsync(await org.ControlAsync(HttpMethod.Post, "/org", json), HttpStatusCode.OK);
}
