using System.Diagnostics;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.OAuth;

namespace Orgtap.IntegrationTests.Crashes;

/// <summary>The real program, ended by the system (kill -9) while it renews a grant whose refresh token works once.</summary>
public sealed class KilledRenewalTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_behind_the_storing_nothing_is_lost_and_before_it_the_next_renewal_fails_once_and_says_why()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 100 } }, Stop);
        using var orgtap = Acme.Program(org);
        org.Apps.Put(org.Apps.Find(org.ClientId)! with { RotateRefreshTokens = true });
        await orgtap.SucceedAsync(Stop, Acme.Connect(org));
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account");
        await AuthorizeAsync(org, orgtap);
        await orgtap.SucceedAsync(Stop, "sync", "acme");

        // Stored, and then killed: the first call with the new token never ends.
        org.Tokens.ExpireAll();
        var stalled = org.Faults.Add(new FaultRule("*/services/data/v*", new FaultEffect.StallBody(0)) { Nth = 2 });
        await KillWhenAsync(orgtap, () => org.Faults.Rules.Single(rule => rule.Number == stalled).Fired > 0);
        org.Faults.Clear();
        await orgtap.SucceedAsync(Stop, "sync", "acme");
        org.Tokens.ExpireAll();
        await orgtap.SucceedAsync(Stop, "sync", "acme");

        // Salesforce has replaced the refresh token, and its answer reaches nobody.
        org.Tokens.ExpireAll();
        var renewals = Renewals(org);
        org.Faults.Add(new FaultRule("POST /services/oauth2/token*", new FaultEffect.StallBody(0)) { Grant = "refresh_token" });
        await KillWhenAsync(orgtap, () => Renewals(org) > renewals);
        org.Faults.Clear();
        org.Requests.Clear();
        var watch = Stopwatch.StartNew();
        var next = await orgtap.RunAsync(Stop, "sync", "acme");
        Assert.True(next.ExitCode == 3 && next.ToString().Contains("An earlier renewal was cut short", StringComparison.Ordinal), next.ToString());
        Assert.Equal(1, org.Requests.Count("token"));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        var status = await orgtap.RunAsync(Stop, "status", "--json");
        Assert.Contains("ReauthorizationRequired", status.Output, StringComparison.Ordinal);

        // Authorized again, it goes on where it stopped.
        await AuthorizeAsync(org, orgtap);
        await orgtap.SucceedAsync(Stop, "sync", "acme");
        Acme.Compare(org, orgtap);
    }

    private static int Renewals(SimulatedOrgHost org) => org.Logins.Attempts.Count(attempt => attempt.Door == LoginDoor.Refresh);

    /// <summary>Starts a sync and ends it by force once something has happened at the org.</summary>
    private static async Task KillWhenAsync(OrgtapProgram orgtap, Func<bool> happened)
    {
        using var process = orgtap.Start("sync", "acme");
        process.StandardInput.Close();
        var said = process.StandardError.ReadToEndAsync(Stop);
        _ = process.StandardOutput.ReadToEndAsync(Stop);
        await Until.TrueAsync(() => process.HasExited || happened(), Stop);
        Assert.False(process.HasExited, process.HasExited ? await said : "");
        process.Kill();
        await process.WaitForExitAsync(Stop);
    }

    /// <summary>By a code that is typed at the org, which gives a refresh token.</summary>
    private static async Task AuthorizeAsync(SimulatedOrgHost org, OrgtapProgram orgtap)
    {
        using var process = orgtap.Start("connections", "authorize", "acme", "--flow", "device");
        process.StandardInput.Close();
        Uri? address = null;
        string? code = null;
        while (code is null && await process.StandardError.ReadLineAsync(Stop) is { } line)
            if (address is not null) code = line.Trim();
            else if (line.Trim().StartsWith("http", StringComparison.Ordinal)) address = new Uri(line.Trim());
        using (var admin = new SimulatedAdmin(org.User, org.Password)) await admin.AllowDeviceAsync(address!, code!, Stop);
        var rest = await process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop);
        Assert.True(process.ExitCode == 0, rest);
    }
}
