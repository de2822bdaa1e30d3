using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orgtap.App.Composition;
using Orgtap.App.Users;

namespace Orgtap.Tests.App.Cli;

/// <summary>What a process tells of itself: health for everybody, measures for those who may, measures and traces over OTLP.</summary>
public sealed class TelemetryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_and_measures_are_read_and_a_collector_gets_measures_and_traces()
    {
        var got = new ConcurrentDictionary<string, string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.MapPost("/v1/{kind}", async (string kind, HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            got.AddOrUpdate(kind, _ => Encoding.Latin1.GetString(body.ToArray()), (_, before) => before + Encoding.Latin1.GetString(body.ToArray()));
        });
        await collector.StartAsync(Stop);
        await using var served = await ServedInstallation.StartAsync(serving: true, collector: collector.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        await served.ConnectAsync();
        await served.RunAsync("select", "acme", "--table", "UserRole:Name");
        served.Org.Tokens.ExpireAll();
        await served.RunAsync("sync", "acme");

        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = served.Address };
        Assert.Equal("healthy", JsonDocument.Parse(await http.GetStringAsync("health/live", Stop)).RootElement.GetProperty("status").GetString());
        var ready = JsonDocument.Parse(await http.GetStringAsync("health/ready", Stop)).RootElement;
        Assert.Equal(["control store", "keys", "disk"], ready.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("name").GetString()));
        using (var stranger = await http.GetAsync("metrics", Stop)) Assert.NotEqual(HttpStatusCode.OK, stranger.StatusCode);
        var user = await served.Service<UserStore>().AddAsync("metrics@example.com", "Metrics", Role.Viewer, Stop);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await served.Service<ApiTokens>().IssueAsync(user, new TokenWish("prometheus", TokenScopes.Read), Stop)).Reveal());
        var text = await http.GetStringAsync("metrics", Stop);
        Assert.Matches("""orgtap_runs_total\{[^}]*purpose="Sync"[^}]*\} \d""", text);
        Assert.Matches("""orgtap_salesforce_calls_total\{[^}]*connection="acme"[^}]*status="200"[^}]*\} \d""", text);
        Assert.Matches("""orgtap_rows_written_total\{[^}]*connection="acme"[^}]*\} \d""", text);
        Assert.Matches("""orgtap_token_renewals_total\{[^}]*connection="acme"[^}]*outcome="renewed"[^}]*\} \d""", text);
        Assert.Matches("""orgtap_mail_waiting\{?[^}\n]*\}? \d""", text);
        Assert.Matches("""orgtap_api_used\{[^}]*org="00D""", text);

        served.Service<TelemetryExport>().Flush();
        Assert.Contains("orgtap.salesforce.calls", got["metrics"], StringComparison.Ordinal);
        Assert.Contains("orgtap.run", got["traces"], StringComparison.Ordinal);
        // Neither tells what nobody may know.
        foreach (var secret in new[] { served.Org.Password, served.Org.ClientSecret, served.Org.SecurityToken })
            Assert.All(got.Values.Append(text), told => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
    }
}
