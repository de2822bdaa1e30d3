using System.Net;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.OAuth;

public sealed class DeviceFlowTests
{
    [Fact]
    public async Task A_start_tells_the_codes_the_page_and_the_interval_and_nothing_else()
    {
        await using var org = await StartAsync(signIn: false);
        var started = await StartDeviceAsync(org);
        Assert.Equal(["device_code", "user_code", "verification_uri", "interval"], started.EnumerateObject().Select(member => member.Name));
        Assert.Equal(org.Host.Address + "setup/connect", started.GetProperty("verification_uri").GetString());
        Assert.Equal(5, started.GetProperty("interval").GetInt32());
        Assert.Matches("^[A-Z0-9]{8}$", started.GetProperty("user_code").GetString());
    }

    [Fact]
    public async Task A_device_waits_is_allowed_and_fetches_its_tokens_once()
    {
        await using var org = await StartAsync(signIn: false);
        var started = await StartDeviceAsync(org, ("scope", "api refresh_token"));
        Assert.Equal("authorization_pending", (await PollRefusedAsync(org, started)).Error);

        using var admin = new SimulatedAdmin(org.Host.User, org.Host.Password);
        await admin.AllowDeviceAsync(Page(started), UserCode(started), Cancel);
        var tokens = await JsonAsync(await PollAsync(org, started), HttpStatusCode.OK);
        Assert.Equal("api refresh_token", tokens.GetProperty("scope").GetString());
        Assert.Equal(HttpStatusCode.OK, (await org.GetAsync(Root, ("Authorization", "Bearer " + tokens.GetProperty("access_token").GetString()))).StatusCode);
        var refreshed = await org.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", tokens.GetProperty("refresh_token").GetString()!), ("client_id", "key"), ("client_secret", "secret"));
        Assert.Equal(HttpStatusCode.OK, refreshed.StatusCode);

        Assert.Equal(("invalid_grant", "token exchange failed"), await PollRefusedAsync(org, started));
    }

    [Fact]
    public async Task Polling_faster_than_told_is_answered_with_slow_down()
    {
        await using var org = await StartAsync(signIn: false);
        var started = await StartDeviceAsync(org);
        Assert.Equal("authorization_pending", (await PollRefusedAsync(org, started)).Error);
        org.Host.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("slow_down", (await PollRefusedAsync(org, started)).Error);
        org.Host.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("authorization_pending", (await PollRefusedAsync(org, started)).Error);
    }

    [Fact]
    public async Task Deny_ends_it_with_access_denied()
    {
        await using var org = await StartAsync(signIn: false);
        var started = await StartDeviceAsync(org);
        using var admin = new SimulatedAdmin(org.Host.User, org.Host.Password);
        await admin.DenyDeviceAsync(Page(started), UserCode(started), Cancel);
        Assert.Equal("access_denied", (await PollRefusedAsync(org, started)).Error);
        var again = await Assert.ThrowsAsync<InvalidOperationException>(() => admin.AllowDeviceAsync(Page(started), UserCode(started), Cancel));
        Assert.Contains("This code isn't valid", again.Message);
    }

    [Fact]
    public async Task Codes_live_ten_minutes()
    {
        await using var org = await StartAsync(signIn: false);
        var started = await StartDeviceAsync(org);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.Equal("authorization_pending", (await PollRefusedAsync(org, started)).Error);
        org.Host.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("invalid_grant", (await PollRefusedAsync(org, started)).Error);
        using var admin = new SimulatedAdmin(org.Host.User, org.Host.Password);
        await Assert.ThrowsAsync<InvalidOperationException>(() => admin.AllowDeviceAsync(Page(started), UserCode(started), Cancel));
    }

    [Fact]
    public async Task The_pages_name_the_app_the_user_the_code_and_the_scopes_and_need_no_script()
    {
        await using var org = await StartAsync(signIn: false);
        var started = await StartDeviceAsync(org, ("scope", "api refresh_token"));
        using var browser = new HttpClient(new SocketsHttpHandler()) { BaseAddress = org.Host.Address };
        var typed = await browser.GetStringAsync($"/setup/connect?user_code={UserCode(started)}", Cancel);
        Assert.Contains($"""name="user_code" value="{UserCode(started)}" """, typed);
        var login = await PostAsync("/setup/connect", ("user_code", " " + UserCode(started).ToLowerInvariant().Insert(4, "-")));
        Assert.Contains("""name="startURL" value="/setup/connect?user_code=""", login);
        var consent = await PostAsync("/login", ("startURL", "/setup/connect?confirm=1&user_code=" + UserCode(started)), ("username", "ann@example.com"), ("pw", "p"));
        foreach (var part in (string[])["<b id=\"app\">Orgtap</b>", "<b id=\"user\">ann@example.com</b>", UserCode(started), "(api)", "(refresh_token)", "Allow", "Deny"])
            Assert.Contains(part, consent);
        foreach (var page in (string[])[typed, login, consent]) Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);

        async Task<string> PostAsync(string path, params (string Name, string Value)[] form)
        {
            using var answer = await browser.PostAsync(path, new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))), Cancel);
            return await answer.Content.ReadAsStringAsync(Cancel);
        }
    }

    [Fact]
    public async Task A_wrong_code_is_told_on_the_page()
    {
        await using var org = await StartAsync(signIn: false);
        var page = await (await org.PostFormAsync("/setup/connect", ("user_code", "<b>NOPE"))).Content.ReadAsStringAsync(Cancel);
        Assert.Contains("role=\"alert\"", page);
        Assert.DoesNotContain("<b>NOPE", page);
    }

    [Theory]
    [InlineData("nobody", "api", "invalid_client_id")]
    [InlineData("key", "wave_api", "invalid_scope")]
    [InlineData("", "api", "invalid_request")]
    public async Task A_start_that_is_wrong_is_refused(string client, string scope, string error)
    {
        await using var org = await StartAsync(signIn: false);
        Assert.Equal(error, (await RefusalAsync(await org.TokenAsync(("response_type", "device_code"), ("client_id", client), ("scope", scope)))).Error);
    }

    [Fact]
    public async Task Another_app_an_unknown_code_and_none_get_nothing()
    {
        await using var org = await StartAsync(signIn: false);
        var started = await StartDeviceAsync(org);
        Assert.Equal("invalid_grant", (await RefusalAsync(await org.TokenAsync(("grant_type", "device"), ("client_id", "PlatformCLI"), ("code", DeviceCode(started))))).Error);
        Assert.Equal("invalid_grant", (await RefusalAsync(await org.TokenAsync(("grant_type", "device"), ("client_id", "key"), ("code", "guess")))).Error);
        Assert.Equal("invalid_request", (await RefusalAsync(await org.TokenAsync(("grant_type", "device"), ("client_id", "key")))).Error);
        Assert.Equal("unsupported_grant_type", (await RefusalAsync(await org.TokenAsync(("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("client_id", "key"), ("device_code", "x")))).Error);
    }

    [Fact]
    public async Task An_app_without_the_flow_and_an_uninstalled_app_are_told_so()
    {
        await using var org = await StartAsync(signIn: false);
        var started = await StartDeviceAsync(org);
        var app = org.Host.Apps.Find("key")!;
        foreach (var without in (Orgtap.SimulatedOrg.OAuth.ConnectedApp[])[app with { DeviceFlow = false }, app with { Uninstalled = true }])
        {
            org.Host.Apps.Put(without);
            Assert.Equal(("invalid_grant", "device flow is not enabled for the app"), await RefusalAsync(await org.TokenAsync(("response_type", "device_code"), ("client_id", "key"))));
            Assert.Equal(("invalid_grant", "device flow is not enabled for the app"), await PollRefusedAsync(org, started));
        }
    }

    private static async Task<JsonElement> StartDeviceAsync(RunningOrg org, params (string, string)[] more) =>
        await JsonAsync(await org.TokenAsync([("response_type", "device_code"), ("client_id", "key"), .. more]), HttpStatusCode.OK);

    private static Task<HttpResponseMessage> PollAsync(RunningOrg org, JsonElement started) =>
        org.TokenAsync(("grant_type", "device"), ("client_id", "key"), ("code", DeviceCode(started)));

    private static async Task<(string Error, string Description)> PollRefusedAsync(RunningOrg org, JsonElement started) => await RefusalAsync(await PollAsync(org, started));

    private static string DeviceCode(JsonElement started) => started.GetProperty("device_code").GetString()!;

    private static string UserCode(JsonElement started) => started.GetProperty("user_code").GetString()!;

    private static Uri Page(JsonElement started) => new(started.GetProperty("verification_uri").GetString()!);
}
