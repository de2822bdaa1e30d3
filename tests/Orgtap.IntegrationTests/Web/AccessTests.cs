using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orgtap.App.Users;

namespace Orgtap.IntegrationTests.Web;

/// <summary>
/// Walks every page and every endpoint of the running server with every role, and every endpoint with every scope. Who may do what is said here once more, by rule: whoever may see, sees;
/// operators change; administrators look after people. An address that breaks the rule has to be named here.
/// </summary>
[Collection(WebCollection.Name)]
public sealed partial class AccessTests(WebInstallation site)
{
    private static readonly string[] ForAdministrators = ["/people", "/audit", "/system/mail", "/system/secrets", "/system/support", "/system/apps", "/api/v1/mail", "/api/v1/system", "/api/v1/users", "/api/v1/audit", "/connections/{name}/replica", "/api/v1/connections/{name}/replica"];
    private static readonly string[] ChangedByAdministrators = ["/api/v1/support", "/api/v1/apps", "/notices", "/api/v1/notices"];
    private static readonly string[] ReadingWithPost = ["/account", "/jobs/org/look", "/api/v1/me", "/api/v1/connections/{name}/query"];
    private static readonly string[] PreparingWithGet = ["/connections/new", "/requests/new", "/device", "/connections/{name}/data", "/connections/{name}/remove", "/connections/{name}/settings", "/connections/{name}/masking", "/connections/{name}/conversations/setup", "/api/v1/apps"];
    private static readonly string[] Conversations = ["/api/v1/connections/{name}/conversations", "/api/v1/connections/{name}/conversations/{id}"];
    private static readonly string[] CopiedRows = ["/api/v1/connections/{name}/query", "/api/v1/connections/{name}/rows"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Operator)]
    [InlineData(Role.Administrator)]
    public async Task Every_page_is_open_to_the_roles_that_may_and_closed_to_the_others(Role role)
    {
        using var visitor = await Visitor.SignInAsync(site, await site.UserAsync($"walker-{role}@example.com", role));
        var (open, closed) = (0, 0);
        foreach (var (method, pattern) in Closed().Where(address => !address.Pattern.StartsWith("/api/", StringComparison.Ordinal)))
        {
            using var answer = await visitor.SendAsync(method, Parameter().Replace(pattern, "1"));
            var refused = answer.StatusCode == HttpStatusCode.Redirect && answer.Headers.Location?.ToString().Contains("/not-allowed", StringComparison.Ordinal) == true;
            Assert.Equal((method, pattern, RoleFor(method, pattern) > role), (method, pattern, refused));
            Assert.False(answer.Headers.Location?.ToString().Contains("/sign-in", StringComparison.Ordinal) == true, $"{method} {pattern} sends somebody who is signed in to sign in.");
            if (refused) closed++;
            else open++;
        }
        Assert.True(open >= 12, $"Only {open} pages were open.");
        Assert.Equal(role == Role.Administrator, closed == 0);
    }

    [Theory]
    [InlineData(Role.Viewer, TokenScopes.All)]
    [InlineData(Role.Operator, TokenScopes.All)]
    [InlineData(Role.Administrator, TokenScopes.All)]
    [InlineData(Role.Administrator, TokenScopes.Read)]
    [InlineData(Role.Administrator, TokenScopes.Rows)]
    [InlineData(Role.Administrator, TokenScopes.Operate)]
    [InlineData(Role.Administrator, TokenScopes.Administer)]
    public async Task Every_endpoint_asks_for_the_role_and_the_scope(Role role, TokenScopes scopes)
    {
        var user = await site.UserAsync($"walker-{role}@example.com", role);
        var token = await site.Service<ApiTokens>().IssueAsync(user, new TokenWish($"walk {scopes}", scopes), Stop);
        using var client = site.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        var seen = 0;
        foreach (var (method, pattern) in Closed().Where(address => address.Pattern.StartsWith("/api/", StringComparison.Ordinal)))
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), Parameter().Replace(pattern, "1"));
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
            var refused = RoleFor(method, pattern) > role || !scopes.HasFlag(ScopeFor(method, pattern));
            Assert.Equal((method, pattern, refused), (method, pattern, answer.StatusCode == HttpStatusCode.Forbidden));
            Assert.NotEqual(HttpStatusCode.Unauthorized, answer.StatusCode);
            if (refused) Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            // Nothing but a defect of ours answers 500.
            Assert.NotEqual((method, pattern, HttpStatusCode.InternalServerError), (method, pattern, answer.StatusCode));
            seen++;
        }
        Assert.True(seen > 30, $"Only {seen} endpoints were asked.");
    }

    private static Role RoleFor(string method, string pattern) =>
        Under(pattern, ForAdministrators) || (method != "GET" && Under(pattern, ChangedByAdministrators)) ? Role.Administrator
        : Under(pattern, ReadingWithPost) ? Role.Viewer
        : method != "GET" || Under(pattern, PreparingWithGet) ? Role.Operator
        : Role.Viewer;

    private static TokenScopes ScopeFor(string method, string pattern) => RoleFor(method, pattern) switch
    {
        Role.Administrator => TokenScopes.Administer,
        Role.Operator => TokenScopes.Operate,
        _ => Under(pattern, CopiedRows) || Conversations.Contains(pattern) ? TokenScopes.Rows : TokenScopes.Read,
    };

    private static bool Under(string pattern, string[] roots) => roots.Any(root => pattern == root || pattern.StartsWith(root + "/", StringComparison.Ordinal));

    /// <summary>What asks who is there; GuardTests holds the list of what does not.</summary>
    private IEnumerable<(string Method, string Pattern)> Closed() =>
        from endpoint in site.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        select (method, "/" + endpoint.RoutePattern.RawText!.Trim('/'));

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();

    /// <summary>Somebody who is signed in, without a browser.</summary>
    private sealed partial class Visitor(Uri address) : IDisposable
    {
        private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = address };

        public static async Task<Visitor> SignInAsync(WebInstallation site, User user)
        {
            var visitor = new Visitor(site.Address);
            var page = await visitor._client.GetStringAsync("/sign-in", Stop);
            using var form = new FormUrlEncodedContent(
            [
                KeyValuePair.Create("form-token", Token().Match(page).Groups[1].Value), KeyValuePair.Create("email", user.Email), KeyValuePair.Create("password", WebInstallation.Password),
            ]);
            using var answer = await visitor._client.PostAsync("/sign-in", form, Stop);
            Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
            return visitor;
        }

        public Task<HttpResponseMessage> SendAsync(string method, string path) =>
            _client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), HttpCompletionOption.ResponseHeadersRead, Stop);

        public void Dispose() => _client.Dispose();

        [GeneratedRegex("""name="form-token" value="([^"]+)""")]
        private static partial Regex Token();
    }
}
