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
        var device = await desk.StartDeviceAsync(request, false, false, "test", Stop);
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
        var refused = await desk.StartDeviceAsync(request with { Name = "other" }, false, false, "test", Stop);
        using (var admin = new SimulatedAdmin(site.Org.User, site.Org.Password)) await admin.DenyDeviceAsync(refused.VerificationUrl!, refused.UserCode!, Stop);
        await PassAsync();
        Assert.Contains("denied", (await Assert.ThrowsAnyAsync<OrgtapException>(() => desk.LookAtDeviceAsync(refused.Id!, Stop))).Message, StringComparison.Ordinal);
        Assert.Null(await site.Service<ConnectionStore>().FindAsync("other", Stop));

        Task PassAsync() => ConnectingWithoutABrowserTests.PassAsync(site);
    }

    [Fact]
    public async Task A_device_code_authorizes_again_with_the_connections_own_app_and_a_denied_one_changes_nothing()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        var (connections, grants) = (site.Service<ConnectionStore>(), site.Service<GrantStore>());
        var connection = await connections.GetAsync("acme", Stop);
        await site.Service<SelectionStore>().SetAsync(connection.Id, [new SelectedObject("Account")], Stop);
        var before = await grants.FindAsync(connection.Id, Stop);

        // As the verb does it beside `orgtap serve`: over the HTTP API.
        var session = CliSession.With(site.Variable);
        var verb = session.RunAsync("connections", "authorize", "acme", "--flow", "device");
        await session.SaidAsync("Waiting for ten minutes");
        var said = session.Error.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var address = new Uri(said.Single(line => line.StartsWith("http", StringComparison.Ordinal)));
        using (var admin = new SimulatedAdmin(site.Org.User, site.Org.Password)) await admin.AllowDeviceAsync(address, said[Array.IndexOf(said, address.AbsoluteUri) + 1], Stop);
        await PassAsync(site);
        Assert.Equal((0, true), (await verb, session.Output.Contains("acme is authorized again", StringComparison.Ordinal)));

        var (after, now) = (await grants.FindAsync(connection.Id, Stop), await connections.GetAsync("acme", Stop));
        Assert.Equal((AuthorizationFlow.Device, connection.AppId, true, false), (now.Flow, now.AppId, after!.RefreshToken is not null, after.Password is not null));
        Assert.NotEqual(before!.AccessToken!.Reveal(), after.AccessToken!.Reveal());
        Assert.Equal(site.Org.ClientSecret, (await connections.GetAppAsync(now.AppId, Stop)).ConsumerSecret!.Reveal());

        var desk = site.Service<Authorizing>();
        var refused = await desk.StartDeviceAsync(new ConnectRequest("acme", "", AuthorizationFlow.Device, "", null, null, null, null, null), true, false, "test", Stop);
        using (var admin = new SimulatedAdmin(site.Org.User, site.Org.Password)) await admin.DenyDeviceAsync(refused.VerificationUrl!, refused.UserCode!, Stop);
        await PassAsync(site);
        Assert.Equal(Turn.Admin, (await Assert.ThrowsAnyAsync<OrgtapException>(() => desk.LookAtDeviceAsync(refused.Id!, Stop))).Turn);
        Assert.Equal(after, await grants.FindAsync(connection.Id, Stop));
    }

    private static async Task PassAsync(ServedInstallation site)
    {
        site.Org.Clock.Advance(TimeSpan.FromSeconds(30));
        await using var db = await site.Service<ControlStore>().ConnectAsync(Stop);
        await db.ExecuteAsync("UPDATE device_sign_ins SET next_poll_at = 0");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_that_Salesforce_does_not_know_is_said_before_a_browser_is_sent_there(bool serving)
    {
        await using var site = await ServedInstallation.StartAsync(serving);
        var (code, _, error) = await site.RunAsync("connect", "--name", "acme", "--url", site.Org.Address.AbsoluteUri, "--client-id", "nobody", "--callback", $"http://localhost:{(serving ? 17_391 : 17_392)}/OauthRedirect");
        Assert.Equal(2, code);
        Assert.Contains("does not know the consumer key", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Open this address", error, StringComparison.Ordinal);
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
