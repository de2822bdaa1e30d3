using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Orgtap.Benchmarks;

/// <summary>The simulated org in a process of its own, and what a benchmark asks of it without Orgtap.</summary>
internal sealed class Org : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http;

    private Org(Process process, JsonElement ready)
    {
        _process = process;
        Ready = ready;
        Address = new Uri(ready.GetProperty("address").GetString()!);
        _http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(10) };
    }

    public JsonElement Ready { get; }

    public Uri Address { get; }

    public Process Process => _process;

    public string AccessToken { get; private set; } = "";

    public static async Task<Org> StartAsync(string dll, string records, CancellationToken cancellationToken, params string[] options)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])[dll, "--listen", "127.0.0.1:0", "--seed", "1", "--records", records, "--api-limit", "1000000000", .. options]) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException("The simulated org ended before it was ready.");
        var org = new Org(process, JsonDocument.Parse(line).RootElement.Clone());
        await org.SignInAsync(cancellationToken);
        return org;
    }

    public string Text(string property) => Ready.GetProperty(property).GetString()!;

    /// <summary>Makes a Bulk job and waits for its end.</summary>
    public async Task<string> RunBulkJobAsync(string soql, CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsync(new Uri("/services/data/v66.0/jobs/query", UriKind.Relative),
            new StringContent(JsonSerializer.Serialize(new { operation = "queryAll", query = soql }), new MediaTypeHeaderValue("application/json")), cancellationToken);
        var job = await ReadAsync(answer, cancellationToken);
        var id = job.GetProperty("id").GetString()!;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        while (job.GetProperty("state").GetString() != "JobComplete")
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            using var polled = await _http.GetAsync(new Uri($"/services/data/v66.0/jobs/query/{id}", UriKind.Relative), cancellationToken);
            job = await ReadAsync(polled, cancellationToken);
        }

        return id;
    }

    /// <summary>Asks something of the org that no Salesforce offers: <c>clock/run</c>, <c>changes/random</c>.</summary>
    public async Task<JsonElement> ControlAsync(string what, object body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{Text("controlAddress")}/{what}"))
        {
            Content = new StringContent(JsonSerializer.Serialize(body), new MediaTypeHeaderValue("application/json")), Headers = { { "X-Control-Key", Text("controlKey") } },
        };
        using var answer = await _http.SendAsync(request, cancellationToken);
        return await ReadAsync(answer, cancellationToken);
    }

    /// <summary>Reads an answer to its end and forgets it.</summary>
    /// <returns>Bytes of the body, and the handle of the page behind it where there is one.</returns>
    public async Task<(long Bytes, string? Locator)> DrainAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[1 << 20];
        var bytes = 0L;
        for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;) bytes += read;
        return (bytes, answer.Headers.TryGetValues("Sforce-Locator", out var locators) && locators.First() is not "null" and var locator ? locator : null);
    }

    /// <summary>The org ends by SIGTERM, as it should, and takes its files with it.</summary>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task SignInAsync(CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsync(new Uri("/services/oauth2/token", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "password",
            ["client_id"] = Text("clientId"),
            ["client_secret"] = Text("clientSecret"),
            ["username"] = Text("user"),
            ["password"] = Text("password") + Text("securityToken"),
        }), cancellationToken);
        AccessToken = (await ReadAsync(answer, cancellationToken)).GetProperty("access_token").GetString()!;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AccessToken);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"The simulated org answered {(int)answer.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }
}
