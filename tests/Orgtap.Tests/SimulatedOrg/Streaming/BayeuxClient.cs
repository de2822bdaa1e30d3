using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Orgtap.Tests.SimulatedOrg.Streaming;

/// <summary>The least that speaks Bayeux: every message is written out, so that tests can also send wrong ones.</summary>
internal sealed class BayeuxClient : IDisposable
{
    private const string NoWaiting = """
        ,"advice":{"timeout":0}
        """;

    private readonly HttpClient _http;

    public BayeuxClient(RunningOrg org, string? token, bool keepsCookies = true)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = keepsCookies, CookieContainer = new CookieContainer() }) { BaseAddress = org.Host.Address };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("OAuth", token);
    }

    public string ClientId { get; private set; } = "";

    /// <param name="token">Null: of the org's first user.</param>
    public static async Task<BayeuxClient> HandshakeAsync(RunningOrg org, bool keepsCookies = true, string? token = null)
    {
        var client = new BayeuxClient(org, token ?? await org.PasswordTokenAsync(), keepsCookies);
        var reply = (await client.SendAsync("""{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"],"id":"1"}""", "/handshake"))[0];
        Assert.True(reply.GetProperty("successful").GetBoolean(), reply.ToString());
        client.ClientId = reply.GetProperty("clientId").GetString()!;
        return client;
    }

    public async Task<JsonElement> SubscribeAsync(string channel, long replay) => (await SendAsync(
        $$"""{"channel":"/meta/subscribe","clientId":"{{ClientId}}","subscription":"{{channel}}","ext":{"replay":{"{{channel}}":{{replay}} } },"id":"3"}"""))[0];

    /// <summary>A connect that does not wait unless told to.</summary>
    /// <returns>Events first, the connect's own answer last.</returns>
    public Task<JsonElement[]> ConnectAsync(bool wait = false) => SendAsync(
        $$"""{"channel":"/meta/connect","clientId":"{{ClientId}}","connectionType":"long-polling","id":"2"{{(wait ? "" : NoWaiting)}}}""");

    /// <summary>The header of each event of a connect that does not wait.</summary>
    public async Task<JsonElement[]> EventsAsync() => [.. (await ConnectAsync()).Where(message => message.TryGetProperty("data", out _)).Select(message => message.GetProperty("data"))];

    public async Task<JsonElement[]> SendAsync(string message, string suffix = "")
    {
        using var response = await _http.PostAsync("/cometd/66.0" + suffix, new StringContent($"[{message}]", Encoding.UTF8, "application/json"), RunningOrg.Cancel);
        return [.. (await RunningOrg.JsonAsync(response, HttpStatusCode.OK)).EnumerateArray()];
    }

    public void Dispose() => _http.Dispose();
}

internal static class BayeuxMessages
{
    public static string Error(this JsonElement reply) => reply.TryGetProperty("error", out var error) ? error.GetString()! : "";

    public static string Reconnect(this JsonElement reply) => reply.GetProperty("advice").GetProperty("reconnect").GetString()!;

    public static JsonElement Header(this JsonElement data) => data.GetProperty("payload").GetProperty("ChangeEventHeader");

    public static string Kind(this JsonElement data) => data.Header().GetProperty("changeType").GetString()!;

    public static long ReplayId(this JsonElement data) => data.GetProperty("event").GetProperty("replayId").GetInt64();
}
