using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Connecting;

/// <summary><c>orgtap connect --flow web</c>: the program prints an address, somebody signs in at the org, the browser comes back to the program.</summary>
public sealed class ConnectByBrowserTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_Allow_the_org_is_connected_and_can_be_synced()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 100 } }, Stop);
        using var orgtap = Program(org);

        var (exitCode, page) = await ConnectAsync(org, orgtap, (admin, address) => admin.AllowAsync(address, Stop));

        Assert.Equal(0, exitCode);
        Assert.Contains("window can be closed", page, StringComparison.Ordinal);
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account");
        await orgtap.SucceedAsync(Stop, "sync", "acme");
    }

    [Fact]
    public async Task After_Deny_nothing_is_kept_and_the_exit_code_says_whose_turn_it_is()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 1 } }, Stop);
        using var orgtap = Program(org);

        var (exitCode, _) = await ConnectAsync(org, orgtap, (admin, address) => admin.DenyAsync(address, Stop));

        Assert.Equal(3, exitCode);
        using var list = JsonDocument.Parse(await orgtap.SucceedAsync(Stop, "connections", "list", "--json"));
        Assert.Equal(0, list.RootElement.GetArrayLength());
    }

    private static OrgtapProgram Program(SimulatedOrgHost org) => new(new Dictionary<string, string>
    {
        ["ORGTAP_ALLOW_ADDRESSES"] = org.Address.Authority,
        ["ORGTAP_CLIENT_SECRET"] = org.ClientSecret,
    });

    private static async Task<(int ExitCode, string Page)> ConnectAsync(SimulatedOrgHost org, OrgtapProgram orgtap, Func<SimulatedAdmin, Uri, Task<Uri>> answer)
    {
        using var process = orgtap.Start("connect", "--name", "acme", "--url", org.Address.AbsoluteUri, "--flow", "web", "--client-id", org.ClientId,
            "--callback", $"http://localhost:{FreePort()}/OauthRedirect");
        using var admin = new SimulatedAdmin(org.User, org.Password);
        using var browser = new HttpClient(new SocketsHttpHandler());

        var callback = await answer(admin, await AddressAsync(process));
        var page = await browser.GetStringAsync(callback, Stop);
        await process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop);
        return (process.ExitCode, page);
    }

    private static async Task<Uri> AddressAsync(Process process)
    {
        // A terminal makes a link of what has no space in it.
        while (await process.StandardError.ReadLineAsync(Stop) is { } line)
            if (!line.Trim().Contains(' ', StringComparison.Ordinal) && Uri.TryCreate(line.Trim(), UriKind.Absolute, out var address) && address.Scheme == "http") return address;
        throw new InvalidOperationException("The program ended without printing an address.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
