using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Syncs;
using Orgtap.Tests.Notifications;

namespace Orgtap.IntegrationTests.Web;

/// <summary>Uses every kind of secret, then looks for each in everything that is stored, logged and answered.</summary>
public sealed class SecretScanTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_secret_is_in_the_database_in_a_log_or_in_an_answer()
    {
        using var log = new Journal();
        await using var site = new WebInstallation { Log = log };
        await site.InitializeAsync();
        await using var server = new MailServer(password: "mail-pa55word");
        var marta = await site.UserAsync("marta@example.com", Role.Administrator);
        await site.Service<MailChange>().SetAsync(new MailChangeDocument("127.0.0.1", server.Port, MailSecurity.None, "orgtap", "mail-pa55word", "orgtap@brightwell.example", "Brightwell"), "test", Stop);
        var secrets = new Dictionary<string, string>
        {
            ["mail password"] = "mail-pa55word", ["user's password"] = WebInstallation.Password, ["org password"] = site.Org.Password, ["security token"] = site.Org.SecurityToken, ["consumer secret"] = site.Org.ClientSecret,
        };

        // Connect with a password, sync, authorize again by an e-mailed link, rotate, be refused.
        await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest("acme", site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret), site.Org.User,
            new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "marta@example.com", Stop);
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);
        await KeepTokensAsync("password");
        await site.Service<AppDesk>().SetAsync("partner", new AppChangeDocument(site.Org.ClientId, site.Org.Address.AbsoluteUri, site.Org.ClientSecret), "test", Stop);
        await site.Service<SetupDesk>().CheckAsync(new SetupCheckDocument(null, site.Org.Address.AbsoluteUri, site.Org.ClientId, site.Org.ClientSecret, site.Org.User, site.Org.Password, site.Org.SecurityToken),
            new Uri(site.Address, "/oauth/callback"), "marta@example.com", Stop);
        await site.Service<Selecting>().ApplyAsync(connection, [], [new SelectedObject("Lead")], Stop);
        await site.Service<SyncRunner>().RunAsync(connection.Id, "test", Stop);
        var asked = await site.Service<RequestDesk>().AskAsync(new AskDocument("acme", "Dana", "dana@acme.example"), "marta@example.com", site.Address, Stop);
        var link = asked.Link!.AbsolutePath[3..];
        secrets["link"] = link.Split('.')[1];
        await site.Service<MailDispatcher>().SendDueAsync(Stop);
        Assert.Contains(link, Assert.Single(server.Messages).TextBody!, StringComparison.Ordinal);
        var start = await site.Service<AuthorizationRequests>().BeginAsync(asked.Id is { } id ? await site.Service<AuthorizationRequests>().GetAsync(id, Stop) : null!, new SecretText(link), null, false, new Uri(site.Address, "/oauth/callback"), Stop);
        secrets["browser secret"] = start.BrowserSecret.Reveal();
        using (var admin = new SimulatedAdmin(site.Org.User, site.Org.Password))
        {
            var back = System.Web.HttpUtility.ParseQueryString((await admin.AllowAsync(start.AuthorizeAddress, Stop)).Query);
            secrets["authorization code"] = back["code"]!;
            Assert.IsType<ReturnOutcome.Authorized>(await site.Service<AuthorizationReturn>().CompleteAsync(back["state"]!, back["code"], null, null, start.BrowserSecret, Stop));
        }
        await KeepTokensAsync("web");
        site.Org.Tokens.ExpireAll();
        await site.Service<SyncRunner>().RunAsync(connection.Id, "test", Stop);
        await KeepTokensAsync("renewed");
        site.Org.Tokens.RevokeAll();
        await site.Service<SyncRunner>().RunAsync(connection.Id, "test", Stop);
        await site.Service<Authorizing>().TestAsync(await site.Service<ConnectionStore>().GetAsync("acme", Stop), "marta@example.com", Stop);
        var token = (await site.Service<ApiTokens>().IssueAsync(marta, new TokenWish("scan", TokenScopes.All), Stop)).Reveal();
        secrets["API token"] = token;

        Assert.All(secrets, secret => Assert.True(secret.Value.Length >= 8, $"The {secret.Key} is too short to look for."));
        foreach (var (place, text) in await EverythingAsync(site, log, token))
            foreach (var (name, secret) in secrets)
                Assert.False(text.Contains(secret, StringComparison.Ordinal), $"The {name} is in {place}.");

        async Task KeepTokensAsync(string when)
        {
            var grant = (await site.Service<GrantStore>().FindAsync(connection.Id, Stop))!;
            if (grant.AccessToken is { } access) secrets[$"access token ({when})"] = access.Reveal();
            if (grant.RefreshToken is { } refresh) secrets[$"refresh token ({when})"] = refresh.Reveal();
        }
    }

    private static async Task<IReadOnlyList<(string Place, string Text)>> EverythingAsync(WebInstallation site, Journal log, string token)
    {
        var places = new List<(string, string)> { ("the log", log.Text) };
        foreach (var file in Directory.EnumerateFiles(site.Directory, "*", SearchOption.AllDirectories))
        {
            try
            {
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var bytes = new MemoryStream();
                await stream.CopyToAsync(bytes, Stop);
                places.Add((file, Encoding.Latin1.GetString(bytes.ToArray())));
            }
            catch (Exception locked) when (locked is IOException or UnauthorizedAccessException)
            {
                // The lock file of the owner, and sockets: they hold nothing.
                Assert.True(file.EndsWith("orgtap.lock", StringComparison.Ordinal) || file.EndsWith(".sock", StringComparison.Ordinal), file);
            }
        }
        using var pages = new HttpClient(new SocketsHttpHandler()) { BaseAddress = site.Address };
        var form = System.Text.RegularExpressions.Regex.Match(await pages.GetStringAsync("/sign-in", Stop), "name=\"form-token\" value=\"([^\"]+)").Groups[1].Value;
        await pages.PostAsync("/sign-in", new FormUrlEncodedContent(new Dictionary<string, string> { ["form-token"] = form, ["email"] = "marta@example.com", ["password"] = WebInstallation.Password }), Stop);
        using var api = new HttpClient(new SocketsHttpHandler()) { BaseAddress = site.Address, DefaultRequestHeaders = { { "Authorization", $"Bearer {token}" } } };
        var answered = 0;
        foreach (var endpoint in site.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.Trim('/');
            if (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") != true || pattern.EndsWith("/live", StringComparison.Ordinal) || pattern.Contains("callback", StringComparison.Ordinal)) continue;
            var path = pattern.Replace("{name}", "acme", StringComparison.Ordinal).Replace("{table}", "Lead", StringComparison.Ordinal).Replace("{documentName}", "v1", StringComparison.Ordinal);
            path = System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]+\}", "1");
            using var answer = await (path.StartsWith("/api", StringComparison.Ordinal) ? api : pages).GetAsync(path, Stop);
            if (answer.IsSuccessStatusCode) answered++;
            places.Add(($"the answer to GET {path}", answer.Headers + await answer.Content.ReadAsStringAsync(Stop)));
        }
        Assert.True(answered > 20, $"Only {answered} addresses answered: the scan looked at next to nothing.");
        return places;
    }

    /// <summary>Keeps everything that is logged, details included.</summary>
    private sealed class Journal : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public string Text => string.Join('\n', _lines);

        public ILogger CreateLogger(string categoryName) => new Writer(this);

        public void Dispose()
        {
        }

        private sealed class Writer(Journal journal) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull
            {
                journal._lines.Enqueue(state.ToString() ?? "");
                return null;
            }

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => journal._lines.Enqueue(formatter(state, exception) + exception);
        }
    }
}
