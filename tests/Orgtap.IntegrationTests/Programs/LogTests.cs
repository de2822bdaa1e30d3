using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.Notifications;

namespace Orgtap.IntegrationTests.Programs;

public sealed class LogTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_id_goes_from_a_request_through_the_run_that_it_starts_to_the_calls_at_Salesforce()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 30 } }, Stop);
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account:Name");
        await orgtap.SucceedAsync(Stop, "users", "add", "marta@example.com", "--name", "Marta", "--role", "operator");
        var token = (await orgtap.SucceedAsync(Stop, "users", "token", "marta@example.com", "--name", "test", "--scope", "read", "operate", "--days", "1")).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Single(word => word.StartsWith("orgtap_", StringComparison.Ordinal));
        orgtap.Environment["ORGTAP_LOG"] = "json";
        var port = MailServer.FreePort();
        using var serve = orgtap.Start("serve", "--listen", FormattableString.Invariant($"localhost:{port}"));
        serve.StandardInput.Close();
        var lines = new ConcurrentQueue<JsonElement>();
        var ended = new TaskCompletionSource();
        serve.ErrorDataReceived += (_, line) =>
        {
            if (string.IsNullOrEmpty(line.Data)) return;
            lines.Enqueue(JsonDocument.Parse(line.Data).RootElement);
            if (line.Data.Contains("ended as Completed", StringComparison.Ordinal)) ended.TrySetResult();
        };
        serve.BeginErrorReadLine();
        while (await serve.StandardOutput.ReadLineAsync(Stop) is { } line && !line.StartsWith("Orgtap serves", StringComparison.Ordinal))
        {
        }
        _ = serve.StandardOutput.ReadToEndAsync(Stop);

        const string trace = "0af7651916cd43dd8448eb211c80319c";
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(FormattableString.Invariant($"http://localhost:{port}/")) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/connections/acme/sync") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        request.Headers.Add("traceparent", $"00-{trace}-b7ad6b7169203331-01");
        using var answer = await client.SendAsync(request, Stop);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Stop));
        await ended.Task.WaitAsync(Stop);
        serve.Kill();
        await serve.WaitForExitAsync(Stop);

        var its = lines.Where(line => Trace(line) == trace).Select(line => line.GetProperty("Message").GetString()!).ToList();
        Assert.Contains(its, message => message.Contains("Account begins", StringComparison.Ordinal));
        Assert.Contains(its, message => message.Contains("GET /services/data/", StringComparison.Ordinal) && message.Contains("answered with 200", StringComparison.Ordinal));
        // Neither a query nor a secret is in any of them.
        Assert.All(lines, line => Assert.DoesNotMatch($"SELECT|{token}|{org.Password}|{org.ClientSecret}|{org.SecurityToken}", line.GetRawText()));

        static string? Trace(JsonElement line) => !line.TryGetProperty("Scopes", out var scopes) ? null
            : scopes.EnumerateArray().Where(scope => scope.ValueKind == JsonValueKind.Object && scope.TryGetProperty("TraceId", out _)).Select(scope => scope.GetProperty("TraceId").GetString()).FirstOrDefault();
    }
}
