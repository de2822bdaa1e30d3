using System.Net;
using Orgtap.Authorization;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Tests.Salesforce;

namespace Orgtap.Tests.Authorization;

public sealed class AuthorizationHandlerTests
{
    private const string Expired = "Session expired or invalid";

    [Fact]
    public async Task Fifty_refused_calls_make_one_refresh_and_all_succeed()
    {
        var org = Org(asked => asked.Authorization == "Bearer access-2" ? ScriptedOrg.Json("{}") : ScriptedOrg.Error(401, "INVALID_SESSION_ID", Expired));
        await using var store = await TestStore.CreateAsync(org);
        var connection = await store.AddConnectionAsync();
        using var pipeline = Pipeline(store, connection.Id, org);
        var responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SendAsync(pipeline)));
        Assert.All(responses, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Single(org.Asked, asked => asked.Path == "/services/oauth2/token");
    }

    [Fact]
    public async Task A_new_token_that_is_refused_too_ends_it()
    {
        var org = Org(_ => ScriptedOrg.Error(401, "INVALID_SESSION_ID", Expired));
        await using var store = await TestStore.CreateAsync(org);
        var connection = await store.AddConnectionAsync();
        using var pipeline = Pipeline(store, connection.Id, org);
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => SendAsync(pipeline));
        Assert.Equal(FailureKind.ReauthorizationRequired, failure.Kind);
        Assert.Equal(3, org.Asked.Count);
    }

    [Fact]
    public async Task A_token_that_is_not_for_the_api_is_not_refreshed()
    {
        var org = Org(_ => ScriptedOrg.Error(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"));
        await using var store = await TestStore.CreateAsync(org);
        var connection = await store.AddConnectionAsync();
        using var pipeline = Pipeline(store, connection.Id, org);
        Assert.Equal(FailureKind.Permission, (await Assert.ThrowsAsync<SalesforceException>(() => SendAsync(pipeline))).Kind);
        Assert.Single(org.Asked);
    }

    [Theory]
    [InlineData("Bad_OAuth_Token")]
    [InlineData("Missing_OAuth_Token")]
    public async Task The_identity_service_says_it_in_plain_text_with_403_and_means_the_same(string words)
    {
        var (accepted, refusal) = ("Bearer access-2", new Func<HttpResponseMessage>(() => new HttpResponseMessage(HttpStatusCode.Forbidden) { Content = new StringContent(words) }));
        var org = Org(asked => asked.Authorization == accepted ? ScriptedOrg.Json("""{"user_id":"005000000000001AAA"}""") : refusal());
        await using var store = await TestStore.CreateAsync(org);
        var connection = await store.AddConnectionAsync();
        using var pipeline = Pipeline(store, connection.Id, org);
        (await SendAsync(pipeline, "/services/oauth2/userinfo")).Dispose();
        Assert.Single(org.Asked, asked => asked.Path == "/services/oauth2/token");

        accepted = "nobody";
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => SendAsync(pipeline, "/services/oauth2/userinfo"));
        Assert.Equal((FailureKind.ReauthorizationRequired, 2), (failure.Kind, org.Asked.Count(asked => asked.Path == "/services/oauth2/token")));
    }

    [Fact]
    public async Task The_list_of_versions_goes_without_a_token()
    {
        var org = Org(_ => ScriptedOrg.Versions());
        await using var store = await TestStore.CreateAsync(org);
        var connection = await store.AddConnectionAsync();
        using var pipeline = Pipeline(store, connection.Id, org);
        using var response = await SendAsync(pipeline, "/services/data");
        Assert.Null(org.Asked[0].Authorization);
    }

    [Theory]
    [InlineData("https://evil.example/services/data/v66.0/limits")]
    [InlineData("https://other.my.salesforce.com/services/data/v66.0/limits")]
    [InlineData("http://acme.my.salesforce.com/services/data/v66.0/limits")]
    public async Task The_token_goes_to_no_other_host(string address)
    {
        var org = Org(_ => ScriptedOrg.Json("{}"));
        await using var store = await TestStore.CreateAsync(org);
        var connection = await store.AddConnectionAsync();
        using var pipeline = Pipeline(store, connection.Id, org);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Options.Set(OrgRequest.Pinned, ScriptedOrg.Instance);
        await Assert.ThrowsAsync<OrgtapException>(() => pipeline.SendAsync(request, default));
        Assert.Empty(org.Asked);
    }

    [Fact]
    public async Task A_request_follows_an_org_that_has_moved()
    {
        var org = Org(asked => asked.Address.Host == "acme-2.my.salesforce.com" ? ScriptedOrg.Json("{}") : ScriptedOrg.Error(401, "INVALID_SESSION_ID", Expired), "acme-2.my.salesforce.com");
        await using var store = await TestStore.CreateAsync(org);
        var connection = await store.AddConnectionAsync();
        using var clients = new OrgClients(id => Handlers(store, id, org), AddressPolicy.SalesforceOnly, store.Time);
        await clients.Open(connection.Id, ScriptedOrg.Instance, new CallCounter()).LimitsAsync(default);
        Assert.Equal("https://acme-2.my.salesforce.com/services/data/v66.0/limits", org.Asked[^1].Address.AbsoluteUri);
    }

    private static ScriptedOrg Org(Func<AskedRequest, HttpResponseMessage> api, string instance = "acme.my.salesforce.com") => new(asked => asked.Path switch
    {
        "/services/oauth2/token" => ScriptedOrg.Json($$"""{"access_token":"access-2","instance_url":"https://{{instance}}"}"""),
        "/services/data" => ScriptedOrg.Versions(),
        _ => api(asked),
    });

    private static AuthorizationHandler Handlers(TestStore store, ConnectionId id, ScriptedOrg org) => new(store.Tokens, id) { InnerHandler = new RetryHandler(store.Time) { InnerHandler = org } };

    private static HttpMessageInvoker Pipeline(TestStore store, ConnectionId id, ScriptedOrg org) => new(Handlers(store, id, org));

    private static Task<HttpResponseMessage> SendAsync(HttpMessageInvoker pipeline, string path = "/services/data/v66.0/limits") =>
        pipeline.SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(ScriptedOrg.Instance, path)), default);
}
