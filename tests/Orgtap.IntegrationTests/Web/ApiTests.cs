using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Orgtap.App.Users;

namespace Orgtap.IntegrationTests.Web;

/// <summary>The HTTP API against a small simulated org.</summary>
[Collection(WebCollection.Name)]
public sealed class ApiTests(WebInstallation site)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_program_connects_selects_syncs_and_queries()
    {
        using var api = await ClientAsync("api@example.com", Role.Operator);
        using (var refused = await api.PostAsJsonAsync("/api/v1/connections", Wish("not-it-7"), Cancellation))
        {
            Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
            var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
            Assert.NotEqual("", problem.GetProperty("nextStep").GetString());
            Assert.DoesNotContain("not-it-7", problem.ToString(), StringComparison.Ordinal);
        }
        using (var made = await api.PostAsJsonAsync("/api/v1/connections", Wish(site.Org.Password), Cancellation))
        {
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
            var text = await made.Content.ReadAsStringAsync(Cancellation);
            Assert.DoesNotContain(site.Org.Password, text, StringComparison.Ordinal);
            Assert.DoesNotContain(site.Org.ClientSecret, text, StringComparison.Ordinal);
        }
        var tables = await api.GetFromJsonAsync<JsonElement>("/api/v1/connections/api/tables?search=acc", Cancellation);
        Assert.Contains(tables.EnumerateArray(), table => table.GetProperty("name").GetString() == "Account");
        using (var selected = await api.PutAsJsonAsync("/api/v1/connections/api/selection", new { tables = new[] { new { sObject = "Account", fields = (string[])["Name"] } } }, Cancellation))
            Assert.Equal(HttpStatusCode.OK, selected.StatusCode);
        var plan = await api.GetFromJsonAsync<JsonElement>("/api/v1/connections/api/plan", Cancellation);
        Assert.Equal("Account", plan.GetProperty("tables")[0].GetProperty("table").GetString());
        var foretold = plan.GetProperty("calls").GetInt64();

        using var started = await api.PostAsync("/api/v1/connections/api/sync", null, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var run = await EndOfAsync(api, started.Headers.Location!.ToString());
        Assert.Equal("Completed", run.GetProperty("outcome").GetString());
        Assert.Equal(foretold, run.GetProperty("expectedCalls").GetInt64());
        var calls = await api.GetFromJsonAsync<JsonElement>("/api/v1/connections/api/calls", Cancellation);
        Assert.Contains(calls.GetProperty("own").EnumerateArray(), own => own.GetProperty("connection").GetString() == "api" && own.GetProperty("purpose").GetString() == "Sync" && own.GetProperty("calls").GetInt64() > 0);
        Assert.Equal(run.GetProperty("apiCalls").GetInt64(), calls.GetProperty("foretold")[0].GetProperty("made").GetInt64());
        Assert.Equal(4_000, run.GetProperty("tables")[0].GetProperty("receipt").GetProperty("written").GetInt64());

        using var answer = await api.PostAsJsonAsync("/api/v1/connections/api/query", new { sql = "SELECT COUNT(*) AS n FROM Account" }, Cancellation);
        Assert.Equal(4_000, (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("rows")[0][0].GetInt64());
        using var write = await api.PostAsJsonAsync("/api/v1/connections/api/query", new { sql = "DELETE FROM Account" }, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, write.StatusCode);

        using var removed = await api.DeleteAsync("/api/v1/connections/api?deleteReplica=true", Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        using var gone = await api.GetAsync("/api/v1/connections/api", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task A_viewers_token_reads_and_does_not_write()
    {
        using var api = await ClientAsync("api-viewer@example.com", Role.Viewer);
        using var read = await api.GetAsync("/api/v1/runs", Cancellation);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        using var write = await api.PostAsJsonAsync("/api/v1/connections", Wish("x"), Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, write.StatusCode);
        Assert.Equal("application/problem+json", write.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_description_names_every_endpoint()
    {
        using var client = site.Client();
        var description = await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Cancellation);
        var paths = description.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToList();
        Assert.Contains("/api/v1/connections/{name}/selection", paths);
        Assert.All(paths, path => Assert.StartsWith("/api/v1/", path, StringComparison.Ordinal));
    }

    private object Wish(string password) => new
    {
        name = "api", url = site.Org.Address.AbsoluteUri, clientId = site.Org.ClientId, clientSecret = site.Org.ClientSecret, username = site.Org.User, password,
        securityToken = site.Org.SecurityToken,
    };

    private async Task<HttpClient> ClientAsync(string email, Role role)
    {
        var user = await site.UserAsync(email, role);
        var token = await site.Service<ApiTokens>().IssueAsync(user, new TokenWish("test"), Cancellation);
        var client = site.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        return client;
    }

    private static async Task<JsonElement> EndOfAsync(HttpClient api, string path)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            var run = await api.GetFromJsonAsync<JsonElement>(path, patience.Token);
            if (run.GetProperty("outcome").GetString() != "Running") return run;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, patience.Token);
        }
    }
}
