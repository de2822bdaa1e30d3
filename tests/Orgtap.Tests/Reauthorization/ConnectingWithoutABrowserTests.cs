using Dapper;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Storage;
using Orgtap.Tests.App.Cli;

namespace Orgtap.Tests.Reauthorization;

/// <summary>Flows in which no browser comes back to Orgtap: a code typed elsewhere, and the app's own sign-in.</summary>
public sealed class ConnectingWithoutABrowserTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_device_code_connects_once_somebody_has_typed_it_and_is_never_asked_about_too_often()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        var desk = site.Service<Authorizing>();
        var request = new ConnectRequest("acme", site.Org.Address.AbsoluteUri, AuthorizationFlow.Device, site.Org.ClientId, new SecretText(site.Org.ClientSecret), null, null, null, null);
        var device = await desk.StartDeviceAsync(request, "test", Stop);
        site.Org.Requests.Clear();
        for (var i = 0; i < 5; i++) Assert.Null((await desk.LookAtDeviceAsync(device.Id!, Stop)).Connection);
        Assert.Equal(0, site.Org.Requests.Count("token"));
        await PassAsync();
        Assert.Null((await desk.LookAtDeviceAsync(device.Id!, Stop)).Connection);
        using (var admin = new SimulatedAdmin(site.Org.User, site.Org.Password)) await admin.AllowDeviceAsync(device.VerificationUrl!, device.UserCode!, Stop);
        await PassAsync();

        var made = (await desk.LookAtDeviceAsync(device.Id!, Stop)).Connection;

        Assert.Equal(("acme", AuthorizationFlow.Device, site.Org.User), (made!.Name, made.Flow, made.Username));
        await Assert.ThrowsAsync<InvalidInputException>(() => desk.LookAtDeviceAsync(device.Id!, Stop));
        site.Org.Tokens.ExpireAll();
        await site.Service<SelectionStore>().SetAsync((await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Id, [new SelectedObject("Account")], Stop);
        Assert.Equal(0, (await site.RunAsync("sync", "acme")).ExitCode);

        // Denied: said so, nothing stored.
        var refused = await desk.StartDeviceAsync(request with { Name = "other" }, "test", Stop);
        using (var admin = new SimulatedAdmin(site.Org.User, site.Org.Password)) await admin.DenyDeviceAsync(refused.VerificationUrl!, refused.UserCode!, Stop);
        await PassAsync();
        Assert.Contains("denied", (await Assert.ThrowsAnyAsync<OrgtapException>(() => desk.LookAtDeviceAsync(refused.Id!, Stop))).Message, StringComparison.Ordinal);
        Assert.Null(await site.Service<ConnectionStore>().FindAsync("other", Stop));

        async Task PassAsync()
        {
            site.Org.Clock.Advance(TimeSpan.FromSeconds(30));
            await using var db = await site.Service<ControlStore>().ConnectAsync(Stop);
            await db.ExecuteAsync("UPDATE device_sign_ins SET next_poll_at = 0");
        }
    }

    [Fact]
    public async Task Client_credentials_connect_from_the_command_line_and_renew_by_themselves()
    {
        await using var site = await ServedInstallation.StartAsync(serving: false);
        var (code, output, error) = await site.RunAsync("connect", "--name", "acme", "--flow", "client-credentials", "--url", site.Org.Address.AbsoluteUri, "--client-id", site.Org.ClientId);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("acme is connected", output, StringComparison.Ordinal);
        Assert.Equal(0, (await site.RunAsync("select", "acme", "--table", "Account")).ExitCode);
        site.Org.Tokens.ExpireAll();
        Assert.Equal(0, (await site.RunAsync("sync", "acme")).ExitCode);
        (code, _, error) = await site.RunAsync("connect", "--name", "shared", "--flow", "client-credentials", "--url", "login.salesforce.com", "--client-id", site.Org.ClientId);
        Assert.Equal(2, code);
        Assert.Contains("My Domain address only", error, StringComparison.Ordinal);
    }
}
