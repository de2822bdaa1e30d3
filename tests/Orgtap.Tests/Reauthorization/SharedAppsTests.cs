using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.App.Cli;
using static Orgtap.Tests.Reauthorization.AskedAdmin;

namespace Orgtap.Tests.Reauthorization;

/// <summary>An app of the installation: several connections speak as it, its secret is changed once, and none of them changes it.</summary>
public sealed class SharedAppsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connections_share_an_app_whose_secret_is_changed_in_one_place()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        var (connections, apps) = (site.Service<ConnectionStore>(), site.Service<SharedAppStore>());
        Assert.Equal(0, (await site.RunAsync("apps", "set", "partner", "--client-id", site.Org.ClientId, "--url", site.Org.Address.AbsoluteUri)).ExitCode);
        Assert.Equal(0, (await site.RunAsync("connect", "--name", "acme", "--app", "partner", "--flow", "password", "--username", site.Org.User)).ExitCode);
        Assert.Equal(0, (await site.RunAsync("connect", "--name", "other", "--app", "partner", "--flow", "client-credentials")).ExitCode);
        var shared = await apps.GetAsync("partner", Stop);
        Assert.Equal((2, site.Org.ClientSecret), (shared.Connections, shared.App.ConsumerSecret!.Reveal()));
        foreach (var name in (string[])["acme", "other"]) Assert.Equal(shared.App.Id, (await connections.GetAsync(name, Stop)).AppId);
        var (code, _, error) = await site.RunAsync("apps", "remove", "partner");
        Assert.Equal(2, code);
        Assert.Contains("2 connections speak as the app partner", error, StringComparison.Ordinal);

        // Changed at Salesforce, and here once: both go on.
        site.Org.Apps.Put(site.Org.Apps.Find(site.Org.ClientId)! with { ClientSecret = "another-secret" });
        await site.Service<AppDesk>().SetAsync("partner", new AppChangeDocument(site.Org.ClientId, site.Org.Address.AbsoluteUri, "another-secret"), "test", Stop);
        foreach (var name in (string[])["acme", "other"]) Assert.NotNull(await site.Service<AccessTokens>().ProveAsync((await connections.GetAsync(name, Stop)).Id, Stop));

        // Whoever comes with another key gets an app of its own; the shared one is as it was, and stays when nobody uses it.
        site.Org.Apps.Put(site.Org.Apps.Find(site.Org.ClientId)! with { ClientId = "another-key", ClientSecret = "its-own-secret" });
        await site.Service<Authorizing>().ReauthorizeAsync(await connections.GetAsync("acme", Stop), new ReauthorizeDocument(AuthorizationFlow.ClientCredentials, ClientId: "another-key", ClientSecret: "its-own-secret"), "test", Stop);
        var own = await connections.GetAppAsync((await connections.GetAsync("acme", Stop)).AppId, Stop);
        Assert.Equal(("another-key", null, 1), (own.ConsumerKey, own.SharedName, (await apps.GetAsync("partner", Stop)).Connections));
        await site.Service<Authorizing>().ReauthorizeAsync(await connections.GetAsync("acme", Stop), new ReauthorizeDocument(AuthorizationFlow.ClientCredentials, App: "partner"), "test", Stop);
        Assert.Equal(shared.App.Id, (await connections.GetAsync("acme", Stop)).AppId);
        foreach (var name in (string[])["acme", "other"]) Assert.Equal(0, (await site.RunAsync("connections", "remove", name, "--yes")).ExitCode);
        Assert.Equal((site.Org.ClientId, "another-secret"), (await apps.GetAsync("partner", Stop)).App is { } left ? (left.ConsumerKey, left.ConsumerSecret!.Reveal()) : default);
        Assert.Equal(0, (await site.RunAsync("apps", "remove", "partner")).ExitCode);
        Assert.Contains("has no app called partner", (await site.RunAsync("connect", "--name", "acme", "--app", "partner", "--flow", "client-credentials")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invitation_that_names_such_an_app_asks_the_admin_for_none()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        await site.Service<UserStore>().AddAsync("marta@brightwell.example", "Marta", Role.Operator, Stop);
        await site.Service<AppDesk>().SetAsync("partner", new AppChangeDocument(site.Org.ClientId, site.Org.Address.AbsoluteUri, site.Org.ClientSecret), "test", Stop);
        var asked = await site.Service<RequestDesk>().AskAsync(new AskDocument("newco", "Erik", "erik@newco.example", App: "partner"), "marta@brightwell.example", Site, Stop);
        var link = asked.Link!.AbsolutePath[3..];
        using var visitor = new HttpClient(new SocketsHttpHandler()) { BaseAddress = site.Address };
        Assert.DoesNotContain("name=\"client-id\"", await visitor.GetStringAsync($"/a/{link}", Stop), StringComparison.Ordinal);
        var request = (await site.Service<AuthorizationRequests>().OpenAsync(link, Stop))!;
        var start = await BeginAsync(site, request, link);
        var made = Assert.IsType<ReturnOutcome.Authorized>(await CompleteAsync(site, start, await AtSalesforceAsync(site, start, allow: true)));
        Assert.Equal((await site.Service<SharedAppStore>().GetAsync("partner", Stop)).App.Id, made.Connection.AppId);

        var refused = await Assert.ThrowsAsync<InvalidInputException>(() => site.Service<RequestDesk>().AskAsync(new AskDocument("third", "Erik", "erik@newco.example", ClientId: "key"), "marta@brightwell.example", Site, Stop));
        Assert.Contains("not the address", refused.Message, StringComparison.Ordinal);
    }
}
