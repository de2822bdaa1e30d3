using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Orgtap.App.Overviews;
using Orgtap.App.Users;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Syncs;

namespace Orgtap.IntegrationTests.Web;

/// <summary>
/// Every page that the server has, found in its route table, with something on it: axe and width, in the light theme on a desk and in the dark one on a phone. A page that comes later is looked at without being named here,
/// unless its address has a part that nothing is known for: then this test says so.
/// </summary>
[Collection(WebCollection.Name)]
public sealed partial class EveryPageTests(Browser browser) : IAsyncLifetime
{
    private readonly WebInstallation _site = new()
    {
        OrgOptions = new SimulatedOrgOptions
        {
            Records = new Dictionary<string, long> { ["User"] = 6, ["Account"] = 40, ["Contact"] = 60, ["LiveChatTranscript"] = 32, ["LiveChatTranscriptEvent"] = 60, ["LiveChatVisitor"] = 32, ["Invoice__c"] = 5 },
        },
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Every_page_is_right_in_the_light_on_a_desk_and_in_the_dark_on_a_phone()
    {
        var addresses = await FillAsync();
        var page = await browser.OpenAsync(_site.Address);
        await Browser.SignInAsync(page, "walker@example.com");
        var (looked, unknown) = (new List<string>(), new List<string>());
        foreach (var pattern in Patterns())
        {
            var address = pattern;
            foreach (var part in Parameter().Matches(pattern).Select(match => match.Value))
            {
                if (addresses.GetValueOrDefault(pattern[..(pattern.IndexOf(part, StringComparison.Ordinal) + part.Length)]) is { } value) address = address.Replace(part, Uri.EscapeDataString(value), StringComparison.Ordinal);
                else unknown.Add(pattern);
            }
            // Fragments of pages, files and documents for programs are not pages.
            var answer = await page.Context.APIRequest.GetAsync(address);
            if (unknown.Contains(pattern) || !answer.Headers["content-type"].StartsWith("text/html", StringComparison.Ordinal) || !(await answer.TextAsync()).Contains("<html", StringComparison.Ordinal)) continue;
            var expected = pattern switch { "/oauth/callback" => 400, "/not-allowed" => 403, _ => 200 };
            Assert.Equal((pattern, expected), (pattern, answer.Status));
            await page.GotoAsync(address);
            await Browser.CheckLooksAsync(page, "every" + pattern.Replace('/', '-'), pairwise: true);
            looked.Add(pattern);
        }
        Assert.True(unknown.Count == 0, $"Say in FillAsync what stands for the parameter of: {string.Join(", ", unknown)}");
        Assert.True(looked.Count >= 36, $"Only {looked.Count} pages were found: {string.Join(", ", looked)}");
    }

    /// <summary>An installation in which every page has something to show.</summary>
    /// <returns>What stands for the last parameter of an address's beginning.</returns>
    private async Task<Dictionary<string, string>> FillAsync()
    {
        var walker = await _site.UserAsync("walker@example.com", Role.Administrator);
        await _site.UserAsync("olga@example.com", Role.Operator);
        var connection = await _site.Service<OrgConnector>().ConnectAsync(new ConnectRequest("acme", _site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, _site.Org.ClientId, new SecretText(_site.Org.ClientSecret),
            _site.Org.User, new SecretText(_site.Org.Password), new SecretText(_site.Org.SecurityToken), null, 95), "test", Stop);
        await _site.Service<Selecting>().ApplyAsync(connection, [], [new SelectedObject("Account"), new SelectedObject("Contact"), new SelectedObject("Invoice__c")], Stop);
        await _site.Service<ConversationDesk>().SetAsync(connection, new ConversationSettingsDocument([Channel.Chat]), true, "test", Stop);
        var run = await _site.Service<SyncRunner>().RunAsync(connection.Id, "test", Stop);
        await _site.Service<ConversationDesk>().ImportAsync(connection, "test", Stop);
        var request = await _site.Service<RequestDesk>().AskAsync(new AskDocument("acme", "Dana Wood", "dana@acme.example", "Ruth has left."), "olga@example.com", _site.Address, Stop);
        var code = await _site.Service<Authorizing>().StartDeviceAsync(new ConnectRequest("by-code", _site.Org.Address.AbsoluteUri, AuthorizationFlow.Device, _site.Org.ClientId, new SecretText(_site.Org.ClientSecret), null, null, null, null), again: false, withoutMissing: false, "test", Stop);
        // One that the org stopped for its quota until tomorrow: the longest words a list has to find room for.
        var held = await _site.Service<OrgConnector>().ConnectAsync(new ConnectRequest("brightwell-production-emea", _site.Org.Address.AbsoluteUri, AuthorizationFlow.Password, _site.Org.ClientId, new SecretText(_site.Org.ClientSecret),
            _site.Org.User, new SecretText(_site.Org.Password), new SecretText(_site.Org.SecurityToken), null), "test", Stop);
        await _site.Service<Selecting>().ApplyAsync(held, [], [new SelectedObject("Account")], Stop);
        await _site.Service<ConnectionStore>().SetProblemAsync(held.Id, new Problem(FailureKind.QuotaExhausted, Turn.We, "The org has used 112,420 of its 115,000 API calls of the last 24 hours; brightwell-production-emea stops at 92,000 (80 %). Other apps of the org made nearly all of them.",
            "Syncing goes on by itself.", TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddHours(30), null), Stop);
        var link = await _site.Service<OneTimeLinks>().IssueAsync(walker, LinkPurpose.SignIn, Stop);
        return new Dictionary<string, string>
        {
            ["/connections/{name}"] = "acme", ["/connections/{name}/data/fields/{table}"] = "Account", ["/connections/{name}/rows/{table}"] = "Account",
            ["/connections/{name}/rows/{table}/{id}"] = _site.Org.Store.Truth("Account", ["Name"], includeDeleted: false).First().Id,
            ["/connections/{name}/conversations/{id}"] = _site.Org.Store.Truth("LiveChatTranscript", ["Body"], includeDeleted: false).First(row => row.Values[0] is not null).Id,
            ["/runs/{id:long}"] = run.Id.ToString(), ["/requests/{id}"] = request.Id, ["/device/{id}"] = code.Id!, ["/people/{email}"] = "olga@example.com",
            ["/a/{link}"] = request.Link!.Segments[^1], ["/link/{secret}"] = link.Reveal(),
        };
    }

    private IEnumerable<string> Patterns() =>
        (from endpoint in _site.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
         where endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") != false
         let pattern = "/" + endpoint.RoutePattern.RawText!.Trim('/')
         where !pattern.StartsWith("/api/", StringComparison.Ordinal) && !pattern.StartsWith("/assets/", StringComparison.Ordinal) && !pattern.StartsWith("/openapi/", StringComparison.Ordinal)
         // Streams do not end.
         where !pattern.EndsWith("/live", StringComparison.Ordinal)
         select pattern).Distinct().Order(StringComparer.Ordinal);

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();
}
