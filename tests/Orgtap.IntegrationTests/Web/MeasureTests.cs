using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Playwright;
using Orgtap.App.Users;
using Orgtap.App.Web.DataSources;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Syncs;

namespace Orgtap.IntegrationTests.Web;

/// <summary>
/// Measures what people wait for, and what each open browser costs the server; prints a table. Runs on purpose only: ORGTAP_MEASURE=1. The bounds are several times what a quiet machine of
/// two cores takes.
/// </summary>
public sealed class MeasureTests(Browser browser) : IClassFixture<Browser>
{
    private const int Loads = 5;
    private const int Sessions = 100;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_of_an_org_with_1500_tables_of_800_fields()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("ORGTAP_MEASURE") is "1", "Measured on purpose only: ORGTAP_MEASURE=1.");
        await using var site = new WebInstallation
        {
            OrgOptions = new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 4_000, ["Contact"] = 6_000 }, ExtraObjects = 1_500, ExtraFields = 780 },
        };
        await site.InitializeAsync();
        await site.UserAsync("marta@example.com", Role.Administrator);
        var connection = await site.Service<OrgConnector>().ConnectAsync(new ConnectRequest(
            "large", site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, site.Org.ClientId, new SecretText(site.Org.ClientSecret), site.Org.User,
            new SecretText(site.Org.Password), new SecretText(site.Org.SecurityToken), null), "test", Stop);
        await site.Service<Selecting>().ApplyAsync(connection, [], [new SelectedObject("Account"), new SelectedObject("Contact")], Stop);
        await site.Service<SyncRunner>().RunAsync(connection.Id, "test", Stop);
        var id = site.Org.Store.Truth("Account", ["Name"], includeDeleted: false).First().Id;

        var page = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(page, "marta@example.com");
        Say("page | interactive, ms | html, kB");
        foreach (var path in new[]
        {
            "/data-sources", "/connections/new", "/connections/large", "/connections/large/settings", "/connections/large/data", "/connections/large/data/review", "/connections/large/plan",
            "/connections/large/rows", "/connections/large/rows/Account", $"/connections/large/rows/Account/{id}", "/connections/large/timeline", "/runs", "/runs/1", "/people", "/account", "/audit", "/system",
        })
        {
            var (interactive, bytes) = await InteractiveAsync(page, path);
            Say(string.Create(CultureInfo.InvariantCulture, $"{path.Replace(id, "ID", StringComparison.Ordinal)} | {interactive:0} | {bytes / 1000.0:0}"));
            Assert.True(interactive < 5_000, $"{path} was interactive after {interactive:0} ms.");
        }
    }

    [Fact]
    public async Task Data_sources_with_1000_connections_and_memory_per_open_browser()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("ORGTAP_MEASURE") is "1", "Measured on purpose only: ORGTAP_MEASURE=1.");
        await using var site = new WebInstallation { OrgOptions = new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 10 } } };
        await site.InitializeAsync();
        await site.UserAsync("marta@example.com", Role.Administrator);
        await ManyConnections.AddAsync(site, 1_000);
        var page = await browser.OpenAsync(site.Address);
        await Browser.SignInAsync(page, "marta@example.com");
        var (interactive, bytes) = await InteractiveAsync(page, "/data-sources");
        Say(string.Create(CultureInfo.InvariantCulture, $"/data-sources with 1,000 connections | {interactive:0} ms | {bytes / 1000.0:0} kB"));
        Assert.True(interactive < 5_000, $"Data sources with 1,000 connections was interactive after {interactive:0} ms.");
        await page.CloseAsync();

        var cookies = string.Join("; ", (await page.Context.CookiesAsync()).Select(cookie => $"{cookie.Name}={cookie.Value}"));
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = Sessions + 10 }) { BaseAddress = site.Address };
        client.DefaultRequestHeaders.Add("Cookie", cookies);
        var open = new List<Stream>();
        // The first one pays for what all share.
        for (var number = 0; number < 2; number++) open.Add(await ListenAsync(client));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var number = 0; number < Sessions; number++) open.Add(await ListenAsync(client));
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Sessions;
        foreach (var stream in open) await stream.DisposeAsync();
        Say(string.Create(CultureInfo.InvariantCulture, $"memory per open page of Data sources, both ends | {each / 1000.0:0} kB"));
        Assert.True(each < 1_000_000, $"An open page costs {each} bytes.");
    }

    /// <summary>Opens a live page's stream and reads what it says at first.</summary>
    private static async Task<Stream> ListenAsync(HttpClient client)
    {
        var answer = await client.GetAsync("/data-sources/live", HttpCompletionOption.ResponseHeadersRead, Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stream = await answer.Content.ReadAsStreamAsync(Stop);
        // The sums above the list, then each row of the page once.
        var (buffer, text) = (new byte[16 * 1024], new StringBuilder());
        while (text.ToString().Split("event: patch").Length <= SourcesQuestion.PerPage + 1)
        {
            var read = await stream.ReadAsync(buffer, Stop);
            Assert.NotEqual(0, read);
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        return stream;
    }

    /// <summary>Median time from asking until the document is there and our script has run, and the size of the answer.</summary>
    private static async Task<(double Milliseconds, long Bytes)> InteractiveAsync(IPage page, string path)
    {
        var times = new List<double>();
        long bytes = 0;
        for (var load = 0; load < Loads; load++)
        {
            var answer = await page.GotoAsync(path, new PageGotoOptions { WaitUntil = WaitUntilState.DOMContentLoaded });
            Assert.Equal(200, answer!.Status);
            times.Add(await page.EvaluateAsync<double>("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"));
            bytes = await page.EvaluateAsync<long>("performance.getEntriesByType('navigation')[0].decodedBodySize");
        }
        return (times.Order().ElementAt(Loads / 2), bytes);
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
