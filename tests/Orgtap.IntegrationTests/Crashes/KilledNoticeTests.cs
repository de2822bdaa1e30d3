using System.Diagnostics;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.Notifications;

namespace Orgtap.IntegrationTests.Crashes;

/// <summary>The real program, ended by the system (kill -9) between the opening of an incident and the e-mail about it.</summary>
public sealed class KilledNoticeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_notice_outlives_the_process_that_opened_its_incident_and_comes_once()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 10 } }, Stop);
        await using var mail = new MailServer { IsBusy = true };
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        string[] server = ["mail", "set", "--host", "127.0.0.1", "--port", FormattableString.Invariant($"{mail.Port}"), "--security", "none", "--from", "orgtap@brightwell.example", "--name", "Brightwell"];
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account");
        await orgtap.SucceedAsync(Stop, server);
        await orgtap.SucceedAsync(Stop, "notices", "set", "--to", "marta@brightwell.example");
        org.Apps.Put(org.Apps.Find(org.ClientId)! with { Blocked = true });
        org.Tokens.ExpireAll();
        Assert.NotEqual(0, (await orgtap.RunAsync(Stop, "sync", "acme")).ExitCode);

        await KillWhenAsync(orgtap, () => mail.TurnedAway.IsCompleted);
        Assert.Contains("\"kind\"", await orgtap.SucceedAsync(Stop, "notices", "list", "--json"), StringComparison.Ordinal);
        mail.IsBusy = false;
        // What waits for a mail server is tried at once when the server is named anew.
        await orgtap.SucceedAsync(Stop, server);
        await KillWhenAsync(orgtap, () => mail.Messages.Count > 0);
        Assert.StartsWith("acme ", Assert.Single(mail.Messages).Subject, StringComparison.Ordinal);
        Assert.Single((await orgtap.SucceedAsync(Stop, "notices", "list", "--json")).Split("\"openedAt\"")[1..]);
    }

    private static async Task KillWhenAsync(OrgtapProgram orgtap, Func<bool> happened)
    {
        using var process = orgtap.Start("serve", "--listen", FormattableString.Invariant($"localhost:{MailServer.FreePort()}"));
        process.StandardInput.Close();
        var said = process.StandardError.ReadToEndAsync(Stop);
        _ = process.StandardOutput.ReadToEndAsync(Stop);
        await Until.TrueAsync(() => process.HasExited || happened(), Stop);
        Assert.False(process.HasExited, process.HasExited ? await said : "");
        process.Kill();
        await process.WaitForExitAsync(Stop);
    }
}
