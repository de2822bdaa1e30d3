using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orgtap.App.Users;

namespace Orgtap.Tests.App.Cli;

/// <summary>Requests to the HTTP API that are sent again, and lists that go on.</summary>
public sealed class RepeatedRequestTests : IAsyncLifetime
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false });
    private ServedInstallation _served = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _served = await ServedInstallation.StartAsync(serving: true);
        _http.BaseAddress = new Uri(_served.Address, "/api/v1/");
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync("boss@example.com"));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _served.DisposeAsync();
    }

    [Fact]
    public async Task A_request_that_is_sent_again_does_its_work_once_and_gets_the_first_answer()
    {
        var first = await PostAsync("me/tokens", """{"name":"robot"}""", "k-1");
        var again = await PostAsync("me/tokens", """{"name":"robot"}""", "k-1");
        Assert.Equal(first.Body, again.Body);
        Assert.Equal((first.Status, false, true), (again.Status, first.Replayed, again.Replayed));
        Assert.Contains("robot", JsonDocument.Parse(await _http.GetStringAsync("me", Stop)).RootElement.GetRawText(), StringComparison.Ordinal);
        // Without a key the same request is a new one.
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync("me/tokens", """{"name":"robot"}""", null)).Status);

        var token = JsonDocument.Parse(first.Body).RootElement.GetProperty("token").GetString()!;
        foreach (var file in Directory.EnumerateFiles(_served.Data, "control.db*")) Assert.True((await File.ReadAllBytesAsync(file, Stop)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(token)) < 0, $"{file} holds the token in clear.");
    }

    [Fact]
    public async Task Requests_at_the_same_moment_do_the_work_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PostAsync("me/tokens", """{"name":"many"}""", "k-2")));
        var made = answers.Where(answer => (int)answer.Status < 300).ToList();
        Assert.Single(made.Select(answer => answer.Body).Distinct());
        Assert.All(answers.Except(made), answer => Assert.Equal(HttpStatusCode.Conflict, answer.Status));
        Assert.Single(made, answer => !answer.Replayed);
    }

    [Fact]
    public async Task A_key_belongs_to_one_request_of_one_user_and_what_was_refused_leaves_it_free()
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync("me/tokens", """{"name":""}""", "k-4")).Status);
        var mended = await PostAsync("me/tokens", """{"name":"mended"}""", "k-4");
        Assert.True((int)mended.Status < 300, mended.Body);
        var other = await PostAsync("me/tokens", """{"name":"else"}""", "k-4");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.Status);
        Assert.Contains("was used for another request", other.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync("me/tokens", """{"name":"x"}""", new string('k', 256))).Status);
        // Somebody else's key of the same name is another one.
        var theirs = await TokenAsync("second@example.com");
        var answer = await PostAsync("me/tokens", """{"name":"theirs"}""", "k-4", theirs);
        Assert.False(answer.Replayed);
        Assert.True((int)answer.Status < 300, answer.Body);
    }

    [Fact]
    public async Task A_list_goes_on_behind_its_last_item()
    {
        await _served.ConnectAsync();
        await _served.RunAsync("select", "acme", "--table", "Account:Name");
        for (var run = 0; run < 3; run++) await _served.RunAsync("sync", "acme");
        using var first = await _http.GetAsync("runs?limit=2&connection=acme", Stop);
        var next = Assert.Single(first.Headers.GetValues("Link"));
        var address = next[1..next.IndexOf('>', StringComparison.Ordinal)];
        using var second = await _http.GetAsync(address, Stop);
        Assert.False(second.Headers.Contains("Link"));
        var (newest, older) = (await IdsAsync(first), await IdsAsync(second));
        Assert.Equal(new long[] { 3, 2, 1 }, newest.Concat(older));

        await _served.ConnectAsync("beta");
        using var connections = await _http.GetAsync("connections?limit=1", Stop);
        var onward = Assert.Single(connections.Headers.GetValues("Link"));
        Assert.Contains("after=acme", onward, StringComparison.Ordinal);
        Assert.Contains("beta", await _http.GetStringAsync(onward[1..onward.IndexOf('>', StringComparison.Ordinal)], Stop), StringComparison.Ordinal);
    }

    private static async Task<IEnumerable<long>> IdsAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop)).RootElement.EnumerateArray().Select(run => run.GetProperty("id").GetInt64()).ToList();

    private async Task<string> TokenAsync(string email) => (await _served.Service<ApiTokens>().IssueAsync(
        await _served.Service<UserStore>().AddAsync(email, "Somebody", Role.Administrator, Stop), new TokenWish("test"), Stop)).Reveal();

    private async Task<(HttpStatusCode Status, string Body, bool Replayed)> PostAsync(string path, string json, string? key, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await _http.SendAsync(request, Stop);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Stop), response.Headers.Contains("Idempotent-Replayed"));
    }
}
