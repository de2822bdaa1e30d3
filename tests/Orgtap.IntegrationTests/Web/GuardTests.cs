using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orgtap.App.Users;

namespace Orgtap.IntegrationTests.Web;

/// <summary>What keeps strangers and other sites out, asked of the real server.</summary>
[Collection(WebCollection.Name)]
public sealed partial class GuardTests(WebInstallation site)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/data-sources")]
    [InlineData("/nowhere")]
    [InlineData("/health")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/api/v1/connections")]
    public async Task Every_answer_carries_the_security_headers(string path)
    {
        using var client = site.Client();
        using var answer = await client.GetAsync(path, Cancellation);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'", policy, StringComparison.Ordinal);
        Assert.EndsWith("form-action 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Without_a_session_every_page_leads_to_sign_in_and_every_endpoint_is_closed()
    {
        string[] open = ["/", "/sign-in", "/sign-out", "/link/{secret}", "/health", "/health/live", "/health/ready", "/assets/{name}", "/oauth/callback", "/a/{link}", "/not-allowed", "/openapi/{documentName}.json"];
        using var client = site.Client();
        var closed = 0;
        foreach (var endpoint in site.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.Trim('/');
            if (open.Contains(pattern)) continue;
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), RouteParameter().Replace(pattern, "1"));
                using var answer = await client.SendAsync(request, Cancellation);
                if (pattern.StartsWith("/api/", StringComparison.Ordinal) || pattern == "/metrics") Assert.Equal((pattern, HttpStatusCode.Unauthorized), (pattern, answer.StatusCode));
                else Assert.StartsWith("/sign-in", answer.Headers.Location?.PathAndQuery ?? $"{method} {pattern} answers {answer.StatusCode}", StringComparison.Ordinal);
                closed++;
            }
        }
        Assert.True(closed > 30, "The server has fewer closed addresses than expected: the list is no longer read.");
    }

    [Fact]
    public async Task A_form_without_its_token_changes_nothing()
    {
        await site.UserAsync("csrf@example.com", Role.Operator);
        using var client = site.Client();
        using var answer = await client.PostAsync("/sign-in", Form(("email", "csrf@example.com"), ("password", WebInstallation.Password)), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("This form is too old", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.False(answer.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(cookie => !cookie.StartsWith("orgtap-form", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_wrong_password_says_how_many_tries_are_left_and_the_fifth_begins_a_pause()
    {
        await site.UserAsync("locked@example.com", Role.Viewer);
        using var session = new Session(site);
        for (var left = 4; left > 0; left--)
        {
            using var refused = await session.SignInAsync("locked@example.com", "wrong");
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Contains($"{left} {(left == 1 ? "try" : "tries")} left", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
        using var paused = await session.SignInAsync("locked@example.com", "wrong");
        Assert.Equal(HttpStatusCode.TooManyRequests, paused.StatusCode);
        using var right = await session.SignInAsync("locked@example.com", WebInstallation.Password);
        Assert.Equal(HttpStatusCode.TooManyRequests, right.StatusCode);
    }

    [Fact]
    public async Task A_viewer_sees_but_cannot_change()
    {
        await site.UserAsync("viewer@example.com", Role.Viewer);
        using var session = new Session(site);
        (await session.SignInAsync("viewer@example.com", WebInstallation.Password)).Dispose();
        Assert.Equal(HttpStatusCode.OK, (await session.GetAsync("/data-sources")).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await session.GetAsync("/connections/new")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await session.GetAsync("/not-allowed")).Status);
    }

    [Fact]
    public async Task A_session_ends_with_a_new_password()
    {
        var user = await site.UserAsync("changed@example.com", Role.Viewer);
        using var session = new Session(site);
        (await session.SignInAsync("changed@example.com", WebInstallation.Password)).Dispose();
        Assert.Equal(HttpStatusCode.OK, (await session.GetAsync("/runs")).Status);
        await site.Service<SignIn>().SetPasswordAsync(user, "another four words", Cancellation);
        Assert.Equal(HttpStatusCode.Redirect, (await session.GetAsync("/runs")).Status);
    }

    [Fact]
    public async Task A_name_that_is_not_ours_is_refused()
    {
        using var client = site.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sign-in");
        request.Headers.Host = "evil.example";
        using var answer = await client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task The_callback_takes_no_answer_from_a_browser_that_did_not_begin()
    {
        using var client = site.Client();
        using var answer = await client.GetAsync("/oauth/callback?state=abc&code=def", Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("did not begin the authorization", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Assets_are_kept_for_ever_and_pages_are_not()
    {
        using var client = site.Client();
        var html = await client.GetStringAsync("/sign-in", Cancellation);
        var style = Stylesheet().Match(html).Groups[1].Value;
        using var answer = await client.GetAsync(style, Cancellation);
        Assert.Contains("immutable", answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        using var page = await client.GetAsync("/sign-in", Cancellation);
        Assert.True(page.Headers.CacheControl!.NoStore);
    }

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex RouteParameter();

    [GeneratedRegex("""href="(/assets/orgtap\.css[^"]+)""")]
    private static partial Regex Stylesheet();

    /// <summary>A visitor with cookies, who fills in forms as they are served.</summary>
    private sealed partial class Session(WebInstallation site) : IDisposable
    {
        private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = site.Address };

        public async Task<HttpResponseMessage> SignInAsync(string email, string password)
        {
            var page = await _client.GetStringAsync("/sign-in", Cancellation);
            return await _client.PostAsync("/sign-in", Form(("form-token", Token().Match(page).Groups[1].Value), ("email", email), ("password", password)), Cancellation);
        }

        public async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
        {
            using var answer = await _client.GetAsync(path, Cancellation);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        }

        public void Dispose() => _client.Dispose();

        [GeneratedRegex("""name="form-token" value="([^"]+)""")]
        private static partial Regex Token();
    }
}
