using System.Net.Http.Headers;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.Tests.Shapes;

/// <summary>The simulated org's answers have every path of the recorded ones, with values of the recorded types.</summary>
public sealed class SimulatedShapesTests : IAsyncLifetime
{
    private SimulatedOrgHost _org = null!;
    private HttpClient _http = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 2_500 } }, Stop);
        _http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = _org.Address };
        using var token = await TokenAsync();
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.RootElement.GetProperty("access_token").GetString());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _org.DisposeAsync();
    }

    [Theory]
    [InlineData("object-describe", "/services/data/v66.0/sobjects/Account/describe")]
    [InlineData("global-describe", "/services/data/v66.0/sobjects")]
    [InlineData("limits", "/services/data/v66.0/limits")]
    [InlineData("versions", "/services/data")]
    [InlineData("query-error", "/services/data/v66.0/query?q=SELEKT+Name+FROM+Account")]
    public async Task An_answer_has_the_recorded_shape(string shape, string address)
    {
        using var answer = await _http.GetAsync(new Uri(address, UriKind.Relative), Stop);
        await AssertCoversAsync(shape, answer);
    }

    [Fact]
    public async Task A_query_page_has_the_recorded_shape()
    {
        using var answer = await _http.GetAsync(new Uri("/services/data/v66.0/query?q=SELECT+Name,+Description+FROM+Account", UriKind.Relative), Stop);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop));
        var outline = Outline.Of(json.RootElement);
        // The recording's fields are its own; what is around them is Salesforce's.
        foreach (var line in await File.ReadAllLinesAsync(RecordedShapesTests.PathOf("query-page"), Stop))
            if (!line.Contains("RANDOM", StringComparison.Ordinal)) Assert.Contains(line, outline);
    }

    [Fact]
    public async Task A_token_has_the_recorded_shape()
    {
        using var json = await TokenAsync();
        AssertCovers("token", json.RootElement);
    }

    [Fact]
    public async Task A_Bulk_job_has_the_recorded_shape_when_made_and_when_complete()
    {
        using var body = new StringContent("""{"operation":"query","query":"SELECT Id, Name FROM Account"}""", new MediaTypeHeaderValue("application/json"));
        using var made = await _http.PostAsync(new Uri("/services/data/v53.0/jobs/query", UriKind.Relative), body, Stop);
        var id = (await AssertCoversAsync("bulk-job-created", made)).GetProperty("id").GetString();
        for (var polls = 0; ; polls++)
        {
            Assert.True(polls < 100, "The job does not end.");
            using var answer = await _http.GetAsync(new Uri($"/services/data/v53.0/jobs/query/{id}", UriKind.Relative), Stop);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop));
            if (json.RootElement.GetProperty("state").GetString() != "JobComplete") continue;
            AssertCovers("bulk-job-complete", json.RootElement);
            break;
        }
    }

    [Fact]
    public async Task An_expired_session_has_the_recorded_shape()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/services/data/v66.0/limits", UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "00D000000000001!nothing");
        using var answer = await _http.SendAsync(request, Stop);
        await AssertCoversAsync("session-expired", answer);
    }

    private async Task<JsonDocument> TokenAsync()
    {
        using var answer = await _http.PostAsync(new Uri("/services/oauth2/token", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "password",
            ["client_id"] = _org.ClientId,
            ["client_secret"] = _org.ClientSecret,
            ["username"] = _org.User,
            ["password"] = _org.Password + _org.SecurityToken,
        }), Stop);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop));
    }

    private static async Task<JsonElement> AssertCoversAsync(string shape, HttpResponseMessage answer)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop));
        AssertCovers(shape, json.RootElement);
        return json.RootElement.Clone();
    }

    /// <summary>What a recording has because of its age or of one object that not every org has.</summary>
    private static bool IsOfItsOwn(string path) =>
        path.Contains("rticleSuggestions", StringComparison.Ordinal) // Knowledge
        || path.EndsWith(".eventSchema", StringComparison.Ordinal) // change events
        || path.EndsWith(".namedLayouts", StringComparison.Ordinal) || path.EndsWith(".passwordUtilities", StringComparison.Ordinal) // User
        || path.StartsWith("DailyBulkApiRequests.", StringComparison.Ordinal) // DailyBulkApiBatches today
        || path.Contains("GenericStreamingApiEvents.", StringComparison.Ordinal); // retired

    private static void AssertCovers(string shape, JsonElement json)
    {
        var ours = Outline.Of(json).Select(line => line.Split(' ')).ToDictionary(parts => parts[0], parts => parts[1].Split('|'));
        var missing = File.ReadAllLines(RecordedShapesTests.PathOf(shape)).Select(line => line.Split(' '))
            .Where(recorded => !IsOfItsOwn(recorded[0]))
            .Where(recorded => !ours.TryGetValue(recorded[0], out var types)
                || !types.Any(type => type == "null" || recorded[1].Split('|').Any(other => other == "null" || other == type)))
            .Select(recorded => string.Join(' ', recorded));
        Assert.Equal("", string.Join('\n', missing));
    }
}
