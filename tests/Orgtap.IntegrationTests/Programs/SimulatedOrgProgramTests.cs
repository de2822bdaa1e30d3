using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Orgtap.IntegrationTests.Programs;

/// <summary>The program <c>orgtap-simulated-org</c> as other people's test suites start it: options, one line of JSON, SIGTERM.</summary>
public sealed class SimulatedOrgProgramTests
{
    private static readonly string Executable = Path.Combine(AppContext.BaseDirectory, "orgtap-simulated-org.dll");
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Two_programs_run_side_by_side_and_SIGTERM_ends_them_without_a_trace()
    {
        var folder = Directory.CreateTempSubdirectory("simulated-org-program-");
        try
        {
            using var one = Start("--seed", "1", "--records", "Account=50", "--spool", folder.FullName, "--user", "me@example.com", "--password", "secret", "--security-token", "t",
                "--client-id", "key", "--client-secret", "hush", "--redirect-uri", "http://localhost:1717/OauthRedirect", "--api-limit", "777");
            using var other = Start("--seed", "1", "--records", "Account=50", "--spool", folder.FullName);
            var (first, second) = (await ReadyAsync(one), await ReadyAsync(other));
            Assert.NotEqual(first["address"], second["address"]);
            Assert.Equal(("me@example.com", "secret", "key", "hush"), (first["user"], first["password"], first["clientId"], first["clientSecret"]));
            Assert.NotEqual(first["controlKey"], second["controlKey"]);
            foreach (var org in (Dictionary<string, string>[])[first, second]) await QueryAsync(org, limit: org == first ? 777 : 15_000);

            foreach (var program in (Process[])[one, other])
            {
                using var kill = Process.Start("kill", ["-TERM", program.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
                await program.WaitForExitAsync(Stop);
                Assert.Equal((0, ""), (program.ExitCode, await program.StandardError.ReadToEndAsync(Stop)));
            }
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData("--records", "Nonsense=3", "Nonsense")]
    [InlineData("--listen", "nowhere", "did not start")]
    [InlineData("--scenario", "/nowhere.json", "--scenario /nowhere.json")]
    public async Task What_cannot_start_says_why_on_one_line(string option, string value, string words)
    {
        using var program = Start(option, value);
        var errors = await program.StandardError.ReadToEndAsync(Stop);
        await program.WaitForExitAsync(Stop);
        Assert.NotEqual(0, program.ExitCode);
        Assert.Contains(words, errors);
        Assert.DoesNotContain("   at ", errors);
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Executable);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task<Dictionary<string, string>> ReadyAsync(Process program)
    {
        var line = await program.StandardOutput.ReadLineAsync(Stop);
        Assert.True(line is not null, line is null ? await program.StandardError.ReadToEndAsync(Stop) : "");
        return JsonSerializer.Deserialize<Dictionary<string, string>>(line!)!;
    }

    private static async Task QueryAsync(Dictionary<string, string> org, int limit)
    {
        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(org["address"]) };
        using var login = await http.PostAsync("/services/oauth2/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "password", ["client_id"] = org["clientId"], ["client_secret"] = org["clientSecret"], ["username"] = org["user"], ["password"] = org["password"] + org["securityToken"],
        }), Stop);
        var token = JsonDocument.Parse(await login.Content.ReadAsStringAsync(Stop)).RootElement.GetProperty("access_token").GetString();
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var answer = await http.GetAsync("/services/data/v66.0/query?q=SELECT+COUNT()+FROM+Account", Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.EndsWith($"/{limit}", answer.Headers.GetValues("Sforce-Limit-Info").Single());
    }
}
