using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.Tests.SimulatedOrg;

/// <summary>A small org on loopback with a frozen clock, and an HTTP client that is signed in by password.</summary>
public sealed class RunningOrg : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    public const string Root = "/services/data/v66.0";

    private RunningOrg(SimulatedOrgHost host)
    {
        Host = host;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = host.Address };
    }

    public SimulatedOrgHost Host { get; }
    public HttpClient Http { get; }
    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<RunningOrg> StartAsync(Func<SimulatedOrgOptions, SimulatedOrgOptions>? change = null, bool signIn = true)
    {
        var options = new SimulatedOrgOptions
        {
            Seed = 5, Now = Noon, Frozen = true, User = "ann@example.com", Password = "p", SecurityToken = "t", ClientId = "key", ClientSecret = "secret",
            RedirectUris = ["http://localhost:7777/callback"],
            Records = new Dictionary<string, long> { ["User"] = 5, ["Account"] = 3_000, ["Contact"] = 40, ["CaseStatus"] = 4 },
        };
        var org = new RunningOrg(await SimulatedOrgHost.StartAsync(change?.Invoke(options) ?? options, Cancel));
        if (signIn) org.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await org.PasswordTokenAsync());
        return org;
    }

    public async Task<string> PasswordTokenAsync() =>
        (await JsonAsync(await TokenAsync(("grant_type", "password"), ("client_id", "key"), ("client_secret", "secret"), ("username", "ann@example.com"), ("password", "pt"))))
        .GetProperty("access_token").GetString()!;

    public Task<HttpResponseMessage> TokenAsync(params (string Name, string Value)[] form) => PostFormAsync("/services/oauth2/token", form);

    public Task<HttpResponseMessage> PostFormAsync(string path, params (string Name, string Value)[] form) =>
        Http.PostAsync(path, new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))), Cancel);

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    public async Task<JsonElement> GetJsonAsync(string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await GetAsync(path);
        return await JsonAsync(response, status);
    }

    public Task<HttpResponseMessage> QueryAsync(string soql, string resource = "query") => GetAsync($"{Root}/{resource}?q={Uri.EscapeDataString(soql)}");

    public async Task<JsonElement> QueryJsonAsync(string soql, HttpStatusCode status = HttpStatusCode.OK) => await JsonAsync(await QueryAsync(soql), status);

    /// <summary>A second person in the org.</summary>
    /// <returns>Bob's access token.</returns>
    public async Task<string> BobAsync()
    {
        await JsonAsync(await ControlAsync(HttpMethod.Post, "/users", """{"username":"bob@example.com","password":"b","securityToken":"","name":"Bob Baker"}"""), HttpStatusCode.OK);
        var tokens = await JsonAsync(await TokenAsync(("grant_type", "password"), ("client_id", "key"), ("client_secret", "secret"), ("username", "bob@example.com"), ("password", "b")), HttpStatusCode.OK);
        return tokens.GetProperty("access_token").GetString()!;
    }

    /// <summary>Sends a request as whom a token stands for.</summary>
    /// <param name="token">Null: the user the client is signed in as.</param>
    public Task<HttpResponseMessage> AsAsync(string? token, HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, json, [.. headers, .. token is null ? Array.Empty<(string, string)>() : [("Authorization", "Bearer " + token)]]);

    /// <summary>Sends a request to the control API with its key.</summary>
    public Task<HttpResponseMessage> ControlAsync(HttpMethod method, string path, string? json = null) =>
        SendAsync(method, "/control" + path, json, ("X-Control-Key", Host.ControlKey));

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response, HttpStatusCode? status = null)
    {
        var text = await response.Content.ReadAsStringAsync(Cancel);
        if (status is not null && response.StatusCode != status) Assert.Fail($"{(int)response.StatusCode} instead of {(int)status}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>The one error of the usual body.</summary>
    public static async Task<(int Status, string Code, string Message)> ErrorAsync(HttpResponseMessage response)
    {
        var body = await JsonAsync(response);
        return ((int)response.StatusCode, body[0].GetProperty("errorCode").GetString()!, body[0].GetProperty("message").GetString()!);
    }

    /// <summary>What the token endpoint refused with, after its status was found to be 400.</summary>
    public static async Task<(string Error, string Description)> RefusalAsync(HttpResponseMessage response)
    {
        var body = await JsonAsync(response, HttpStatusCode.BadRequest);
        return (body.GetProperty("error").GetString()!, body.GetProperty("error_description").GetString()!);
    }

    /// <summary>A recorded response, or a visible skip where the folder ORGTAP_FIXTURES is not set.</summary>
    public static JsonElement Fixture(string name)
    {
        if (Environment.GetEnvironmentVariable("ORGTAP_FIXTURES") is not { Length: > 0 } folder) Assert.Skip("ORGTAP_FIXTURES names no folder with recorded responses.");
        return JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(Environment.GetEnvironmentVariable("ORGTAP_FIXTURES")!, name)));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
    }
}
