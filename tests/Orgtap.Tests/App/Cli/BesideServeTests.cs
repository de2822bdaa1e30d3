using System.Text.RegularExpressions;
using Orgtap.App.Api;
using Orgtap.App.Cli;
using Orgtap.App.Users;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Scheduling;
using Orgtap.Syncs;

namespace Orgtap.Tests.App.Cli;

/// <summary>Verbs that need the owner of the data directory, while <c>orgtap serve</c> is it.</summary>
public sealed partial class BesideServeTests
{
    [GeneratedRegex("""[0-9,]+ of 15,000|"apiUse": \{[^}]*\}""")]
    private static partial Regex CountedCalls();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_verb_says_the_same_and_ends_with_the_same_code_as_it_does_alone()
    {
        await using var alone = await ServedInstallation.StartAsync(serving: false);
        await using var beside = await ServedInstallation.StartAsync(serving: true);
        string[][] verbs =
        [
            ["plan", "acme"], ["tables", "acme", "--search", "account"], ["tables", "acme", "--search", "account", "--json"], ["tables", "acme", "--fields", "Account"],
            ["tables", "acme", "--fields", "Nothing__c"], ["select", "acme", "--table", "Nothing__c"],
            ["select", "acme", "--table", "Account", "--table", "Contact:LastName,Nothing__c"], ["select", "acme", "--preset", "nonsense"], ["plan", "acme"], ["plan", "acme", "--json"],
            ["sync", "acme"], ["sync", "acme", "--json"], ["runs"], ["connections", "replica", "acme"], ["connections", "replica", "acme", "--postgres"], ["connections", "replica", "acme", "--file"], ["sync", "nobody"], ["sync", "nobody", "--json"],
            ["connections", "remove", "acme"], ["connections", "remove", "acme", "--yes"], ["connections", "remove", "acme", "--yes"],
        ];
        Assert.Equal(Plain(await alone.ConnectAsync(), alone), Plain(await beside.ConnectAsync(), beside));
        Assert.Equal(ExitCode.BadInput, (await beside.ConnectAsync()).ExitCode);
        var codes = new HashSet<int>();
        foreach (var verb in verbs)
        {
            var (here, there) = (await alone.RunAsync(verb), await beside.RunAsync(verb));
            // Which lines of progress are written depends on how fast it goes.
            if (verb[0] == "sync" && here.ExitCode == ExitCode.Done) (here.Error, there.Error) = ("", "");
            codes.Add(here.ExitCode);
            Assert.True(Plain(here, alone) == Plain(there, beside), $"orgtap {string.Join(' ', verb)}\n--- alone\n{Plain(here, alone)}\n--- beside\n{Plain(there, beside)}");
        }
        Assert.Equal([ExitCode.Done, ExitCode.BadInput], codes.Order());
    }

    [Fact]
    public async Task A_paused_connection_is_refused_with_the_way_to_resume_it()
    {
        await using var beside = await ServedInstallation.StartAsync(serving: true);
        await beside.ConnectAsync();
        await beside.RunAsync("connections", "pause", "acme");
        var (code, _, error) = await beside.RunAsync("sync", "acme");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("orgtap connections resume acme", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_under_way_is_joined_and_goes_on_when_the_watcher_leaves()
    {
        await using var beside = await ServedInstallation.StartAsync(serving: true, bulkDelay: TimeSpan.FromHours(1));
        var run = await BeginAsync(beside);
        using (var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop))
        {
            var watcher = CliSession.With(beside.Variable);
            var watching = OrgtapCommand.RunAsync(["sync", "acme"], watcher.Terminal, leaving.Token);
            await watcher.SaidAsync("is under way already");
            await leaving.CancelAsync();
            Assert.Equal(ExitCode.Cancelled, await watching);
            Assert.Contains("goes on", watcher.Error, StringComparison.Ordinal);
        }
        Assert.Equal(RunOutcome.Running, (await beside.Service<RunStore>().FindAsync(run.Id, Stop))!.Outcome);

        var second = CliSession.With(beside.Variable);
        var joined = second.RunAsync("sync", "acme");
        await second.SaidAsync("Account: started");
        beside.Org.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(ExitCode.Done, await joined);
        Assert.Contains($"Run {run.Id} is under way already", second.Error, StringComparison.Ordinal);
        Assert.Contains($"Run {run.Id} of acme: Complete.", second.Output, StringComparison.Ordinal);
        Assert.Single(await beside.Service<RunStore>().ListAsync(null, 10, Stop));
    }

    [Fact]
    public async Task A_run_that_the_verb_started_there_stops_with_the_verb()
    {
        await using var beside = await ServedInstallation.StartAsync(serving: true, bulkDelay: TimeSpan.FromHours(1));
        await beside.ConnectAsync();
        await beside.RunAsync("select", "acme", "--table", "Account");
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var session = CliSession.With(beside.Variable);
        var syncing = OrgtapCommand.RunAsync(["sync", "acme"], session.Terminal, interrupt.Token);
        await session.SaidAsync("Account: started");
        await interrupt.CancelAsync();
        Assert.Equal(ExitCode.Cancelled, await syncing);
        Assert.Contains("Stopped", session.Output, StringComparison.Ordinal);
        Assert.Equal(RunOutcome.Stopped, Assert.Single(await beside.Service<RunStore>().ListAsync(null, 10, Stop)).Outcome);
    }

    [Fact]
    public async Task Over_the_network_a_token_is_asked_for_and_its_role_counts()
    {
        await using var beside = await ServedInstallation.StartAsync(serving: true);
        await beside.ConnectAsync();
        var users = beside.Service<UserStore>();
        var viewer = (await beside.Service<ApiTokens>().IssueAsync(await users.AddAsync("vi@example.com", "Vi", Role.Viewer, Stop), new TokenWish("t"), Stop)).Reveal();
        var boss = (await beside.Service<ApiTokens>().IssueAsync(await users.AddAsync("op@example.com", "Op", Role.Operator, Stop), new TokenWish("t"), Stop)).Reveal();

        async Task<(int Code, string Error)> SyncAsync(string? token)
        {
            var session = CliSession.With(name => name == "ORGTAP_TOKEN" ? token : null);
            return (await session.RunAsync("select", "acme", "--table", "Account", "--server", beside.Address.AbsoluteUri), session.Error);
        }

        Assert.Contains("ORGTAP_TOKEN", (await SyncAsync(null)).Error, StringComparison.Ordinal);
        Assert.Contains("does not know this API token", (await SyncAsync("orgtap_wrong")).Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, (await SyncAsync(viewer)).Code);
        Assert.Equal((ExitCode.Done, ""), await SyncAsync(boss));
        Assert.Equal("Account", Assert.Single(await beside.Service<SelectionStore>().GetAsync((await beside.Service<ConnectionStore>().GetAsync("acme", Stop)).Id, Stop)).SObject);
        var plain = CliSession.With(name => "orgtap_x");
        Assert.Equal(ExitCode.BadInput, await plain.RunAsync("plan", "acme", "--server", "http://sync.example.com"));
        Assert.Contains("https", plain.Error, StringComparison.Ordinal);
        var local = CliSession.With(name => "orgtap_x");
        Assert.Equal(ExitCode.BadInput, await local.RunAsync("serve", "--server", beside.Address.AbsoluteUri));
    }

    [Fact]
    public async Task What_is_only_read_is_the_same_over_the_network()
    {
        await using var beside = await ServedInstallation.StartAsync(serving: true);
        var boss = (await beside.Service<ApiTokens>().IssueAsync(await beside.Service<UserStore>().AddAsync("boss@example.com", "Boss", Role.Administrator, Stop), new TokenWish("t"), Stop)).Reveal();
        await beside.ConnectAsync();
        await beside.RunAsync("select", "acme", "--table", "Account:Name", "--table", "CaseStatus");
        await beside.RunAsync("sync", "acme");
        var id = (await beside.RunAsync("query", "acme", "SELECT Id FROM Account ORDER BY Id LIMIT 1", "--format", "csv")).Output.Split('\n')[1].Trim();
        string[][] verbs =
        [
            ["status"], ["status", "--json"], ["connections", "list"], ["runs"], ["runs", "acme", "--json"], ["runs", "nobody"], ["receipt", "1"], ["receipt", "1", "--json"], ["timeline", "acme"],
            ["timeline", "acme", "--json"], ["timeline", "nobody"], ["audit"], ["audit", "--what", "connection.created", "--json"], ["row", "acme", id], ["row", "acme", id, "--json"],
            ["query", "acme", "SELECT Id, Name, IsDeleted, NumberOfEmployees FROM Account ORDER BY Id LIMIT 5"], ["query", "acme", "SELECT Name, NULL AS n, 1.5 AS x FROM Account ORDER BY Id LIMIT 3", "--format", "json"],
            ["query", "acme", "SELECT Nope FROM Account"], ["query", "acme", "DELETE FROM Account"],
        ];
        foreach (var verb in verbs)
        {
            var here = await beside.RunAsync(verb);
            var session = CliSession.With(name => name == "ORGTAP_TOKEN" ? boss : null);
            var there = (ExitCode: await session.RunAsync([.. verb, "--server", beside.Address.AbsoluteUri]), session.Output, session.Error);
            Assert.True(Settled(here) == Settled(there), $"orgtap {string.Join(' ', verb)}\n--- here\n{Settled(here)}\n--- there\n{Settled(there)}");
        }

        // What was counted within the last second is in the store a moment later than in the process that counted it.
        string Settled((int ExitCode, string Output, string Error) said) => CountedCalls().Replace(Plain(said, beside), "…");
    }

    [Fact]
    public async Task People_are_looked_after_over_the_network_with_an_administrators_token()
    {
        await using var beside = await ServedInstallation.StartAsync(serving: true);
        var users = beside.Service<UserStore>();
        var lesser = (await beside.Service<ApiTokens>().IssueAsync(await users.AddAsync("op@example.com", "Op", Role.Operator, Stop), new TokenWish("t"), Stop)).Reveal();
        var boss = (await beside.Service<ApiTokens>().IssueAsync(await users.AddAsync("boss@example.com", "Boss", Role.Administrator, Stop), new TokenWish("t"), Stop)).Reveal();
        async Task<(int Code, string Output, string Error)> RunAsync(string token, params string[] verb)
        {
            var session = CliSession.With(name => name == "ORGTAP_TOKEN" ? token : null);
            return (await session.RunAsync([.. verb, "--server", beside.Address.AbsoluteUri]), session.Output, session.Error);
        }

        Assert.Equal(ExitCode.BadInput, (await RunAsync(lesser, "users", "list")).Code);
        var added = await RunAsync(boss, "users", "add", "new@example.com", "--name", "New", "--role", "viewer");
        Assert.StartsWith(new Uri(beside.Address, "/link/").AbsoluteUri, added.Output, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Done, ""), ((await RunAsync(boss, "users", "role", "new@example.com", "operator")) is var role ? role.Code : -1, role.Error));
        Assert.Equal(Role.Operator, (await users.GetByEmailAsync("new@example.com", Stop)).Role);
        var made = await RunAsync(boss, "users", "token", "new@example.com", "--name", "robot", "--scope", "read", "--days", "3");
        Assert.Equal(TokenScopes.Read, (await beside.Service<ApiTokens>().FindAsync(made.Output.Trim(), Stop))!.Scopes);
        Assert.Contains("robot", (await RunAsync(boss, "users", "list", "--json")).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, (await RunAsync(boss, "users", "revoke-token", "new@example.com", "--name", "robot")).Code);
        Assert.Equal(ExitCode.Done, (await RunAsync(boss, "users", "remove", "new@example.com")).Code);
        Assert.Contains("There is no user new@example.com", (await RunAsync(boss, "users", "remove", "new@example.com")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_socket_admits_only_the_account_that_owns_the_directory()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no socket on Windows.");
        await using var beside = await ServedInstallation.StartAsync(serving: true);
        var path = LocalSocket.PathIn(beside.Data);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(path).UnixFileMode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(Path.GetDirectoryName(path)!).UnixFileMode);
        // The same request over TCP is nobody's.
        using var http = new HttpClient(new SocketsHttpHandler());
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri(beside.Address, "/api/v1/connections"), Stop)).StatusCode);
    }

    private static async Task<Run> BeginAsync(ServedInstallation beside)
    {
        await beside.ConnectAsync();
        await beside.RunAsync("select", "acme", "--table", "Account");
        var started = await beside.Service<SyncJobs>().StartAsync((await beside.Service<ConnectionStore>().GetAsync("acme", Stop)).Id, "marta@example.com", Stop);
        return (await beside.Service<RunStore>().FindAsync(started.RunId, Stop))!;
    }

    /// <summary>What was said, without what differs from one directory, org and moment to the next.</summary>
    private static string Plain((int ExitCode, string Output, string Error) ended, ServedInstallation at) => Moment().Replace(
        $"{ended.ExitCode}\n{ended.Output}\n{ended.Error}".Replace(at.Data, "DATA", StringComparison.Ordinal).Replace(at.Org.Address.AbsoluteUri, "ORG", StringComparison.Ordinal), "…");

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ][\d:.]+(\+\d\d:\d\d|Z)?|\b\d\d:\d\d:\d\d\b|\b[\d.]+ s\.|[\d,]+ rows/s|""rowsPerSecond"": \d+")]
    private static partial Regex Moment();
}
