using System.Net;
using System.Text.RegularExpressions;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Salesforce;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.SimulatedOrg;

namespace Orgtap.Tests.Authorization;

/// <summary>The simulated org over loopback, and the whole pipeline towards it as the program wires it.</summary>
public sealed partial class LoopbackOrg : IAsyncDisposable
{
    public const string Callback = "http://localhost:7777/callback";

    private readonly SocketsHttpHandler _network;

    private LoopbackOrg(RunningOrg org, TestStore store, SocketsHttpHandler network)
    {
        (Org, Store, _network) = (org, store, network);
        Guard = new QuotaGuard(store.Control, store.Time);
        Clients = new OrgClients(id => new AuthorizationHandler(store.Tokens, id)
        {
            InnerHandler = new RetryHandler(store.Time) { InnerHandler = new MeteredHandler(Guard, store.Connections, id) { InnerHandler = Transport.Create() } },
        }, store.Addresses, store.Time);
    }

    public RunningOrg Org { get; }

    public TestStore Store { get; }

    public QuotaGuard Guard { get; }

    public OrgClients Clients { get; }

    public SimulatedOrgHost Host => Org.Host;

    public CallCounter Counter { get; } = new();

    public static async Task<LoopbackOrg> StartAsync(Func<SimulatedOrgOptions, SimulatedOrgOptions>? change = null)
    {
        var org = await RunningOrg.StartAsync(change, signIn: false);
        var network = Transport.Create();
        return new LoopbackOrg(org, await TestStore.CreateAsync(network, new AddressPolicy([org.Host.Address.Authority])), network);
    }

    public ConnectRequest ByPassword(int threshold = 80) => new("acme", Host.Address.AbsoluteUri, AuthorizationFlow.Password, "key", new SecretText("secret"), "ann@example.com",
        new SecretText("p"), new SecretText("t"), null, threshold);

    public ConnectRequest ByBrowser() => new("acme", Host.Address.AbsoluteUri, AuthorizationFlow.WebServer, "key", new SecretText("secret"), null, null, null, Callback);

    public Task<Connection> ConnectAsync(int threshold = 80) => Store.Connector.ConnectAsync(ByPassword(threshold), "test", default);

    public SalesforceClient Open(Connection connection) => Clients.Open(connection.Id, connection.InstanceUrl!, Counter);

    /// <summary>Does what a person does in a browser: signs in, then allows or denies.</summary>
    /// <returns>What came to the callback address.</returns>
    public async Task<IReadOnlyDictionary<string, string>> WalkAsync(Uri authorizeAddress, bool allow)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = Host.Address };
        var login = await browser.GetStringAsync(authorizeAddress, RunningOrg.Cancel);
        using var signedIn = await PostAsync("/login", ("startURL", Hidden(login, "startURL")), ("username", "ann@example.com"), ("pw", "p"));
        var consent = await browser.GetStringAsync(signedIn.Headers.Location, RunningOrg.Cancel);
        using var answered = await PostAsync("/setup/secur/RemoteAccessAuthorizationPage.apexp", ("request", Hidden(consent, "request")), allow ? ("save", "Allow") : ("cancel", "Deny"));
        var back = answered.Headers.Location!;
        Assert.StartsWith(Callback + "?", back.AbsoluteUri, StringComparison.Ordinal);
        var values = System.Web.HttpUtility.ParseQueryString(back.Query);
        return values.AllKeys.ToDictionary(key => key!, key => values[key]!);

        Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] form) =>
            browser.PostAsync(path, new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))), RunningOrg.Cancel);
    }

    public async Task<Connection> ConnectByBrowserAsync()
    {
        var start = await Store.Connector.StartAsync(ByBrowser(), "test", default);
        var back = await WalkAsync(start.AuthorizeAddress, allow: true);
        return await Store.Connector.CompleteAsync(back["state"], back["code"], null, null, start.BrowserSecret, default);
    }

    public async ValueTask DisposeAsync()
    {
        Clients.Dispose();
        await Guard.DisposeAsync();
        await Store.DisposeAsync();
        _network.Dispose();
        await Org.DisposeAsync();
    }

    private static string Hidden(string page, string name) =>
        HiddenField().Matches(page).Where(match => match.Groups[1].Value == name).Select(match => WebUtility.HtmlDecode(match.Groups[2].Value)).First();

    [GeneratedRegex("""<input type="hidden" name="([^"]*)" value="([^"]*)">""", RegexOptions.CultureInvariant)]
    private static partial Regex HiddenField();
}
