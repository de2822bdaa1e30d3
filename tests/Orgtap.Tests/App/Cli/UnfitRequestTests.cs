using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orgtap.App.Users;

namespace Orgtap.Tests.App.Cli;

/// <summary>Requests that do not fit: the answer names what was wrong, in the API's words.</summary>
public sealed class UnfitRequestTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_sent_wrong_is_named_and_no_csharp_with_it()
    {
        await using var served = await ServedInstallation.StartAsync(serving: true);
        var boss = await served.Service<UserStore>().AddAsync("boss@example.com", "Boss", Role.Administrator, Stop);
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(served.Address, "/api/v1/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await served.Service<ApiTokens>().IssueAsync(boss, new TokenWish("test"), Stop)).Reveal());
        foreach (var (method, path, body, status, words) in new (string, string, string?, HttpStatusCode, string)[]
        {
            ("POST", "connections", "{bad", HttpStatusCode.BadRequest, "is not the JSON that this address takes (line 1, position 2)"),
            ("POST", "connections", """{"name":5}""", HttpStatusCode.BadRequest, "The value of name in the request’s body is not of the right kind"),
            ("POST", "connections", """{"password":["s3cret"]}""", HttpStatusCode.BadRequest, "The value of password"),
            ("POST", "connections", "", HttpStatusCode.BadRequest, "has no body"),
            ("POST", "connections", new string('a', (1 << 20) + 1), HttpStatusCode.RequestEntityTooLarge, "too large"),
            ("PUT", "connections/acme/threshold", """{"percent":"most"}""", HttpStatusCode.BadRequest, "The value of percent"),
            ("GET", "runs?limit=abc", null, HttpStatusCode.BadRequest, "The value abc of limit is not understood"),
            ("GET", "audit?from=yesterday", null, HttpStatusCode.BadRequest, "The value yesterday of from is not understood"),
            ("POST", "authorizations", $$"""{"name":"acme","url":"{{served.Org.Address}}","clientId":"{{served.Org.ClientId}}","callbackUrl":"http://localhost:1717/OauthRedirect"}""", HttpStatusCode.BadRequest, "did not accept the consumer secret: none was given"),
            ("GET", "nothing", null, HttpStatusCode.NotFound, "There is nothing at this address"),
            ("DELETE", "runs", null, HttpStatusCode.MethodNotAllowed, "cannot be used like that"),
        })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
            using var answer = await http.SendAsync(request, Stop);
            var text = await answer.Content.ReadAsStringAsync(Stop);
            Assert.Equal((path, status, "application/problem+json"), (path, answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
            var problem = JsonDocument.Parse(text).RootElement;
            Assert.Contains(words, problem.GetProperty("title").GetString(), StringComparison.Ordinal);
            Assert.NotEqual("", problem.GetProperty("detail").GetString());
            foreach (var foreign in (string[])["System.", "Orgtap.App", "Document\"", "s3cret", "   at "]) Assert.DoesNotContain(foreign, text, StringComparison.Ordinal);
        }
        // Nothing of it is the server's fault, so its console stays empty.
        Assert.Empty(served.Errors.Lines);
    }
}
