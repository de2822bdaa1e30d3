using System.Web;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Authorization;

public abstract class OrgConnectorTests(StoreDatabase database)
{
    private const string Callback = "https://orgtap.example/callback";

    private static readonly ConnectRequest ByPassword = new("acme", "login.salesforce.com", AuthorizationFlow.Password, "key", new SecretText("k0nsumer"), "ann@acme.example",
        new SecretText("hunter2"), new SecretText("SECTOK"), null, 70);

    private static readonly ConnectRequest ByBrowser = new("acme", "acme.my.salesforce.com", AuthorizationFlow.WebServer, "key", new SecretText("k0nsumer"), null, null, null, Callback);

    [Fact]
    public async Task Connects_with_user_name_and_password()
    {
        await using var store = await TestStore.CreateAsync(database, Org());
        var connection = await store.Connector.ConnectAsync(ByPassword, "command line", default);
        Assert.Equal(("acme", TestStore.OrgId, "Acme", "ann@acme.example", 70), (connection.Name, connection.OrgId!.Value.Value, connection.OrgName, connection.Username, connection.QuotaThresholdPercent));
        var stored = await store.Connections.GetAsync("acme", default);
        Assert.Equal("https://acme.my.salesforce.com/", stored.InstanceUrl!.AbsoluteUri);
        Assert.Equal("hunter2", (await store.Grants.FindAsync(stored.Id, default))!.Password!.Reveal());
        Assert.Equal("connection.created", Assert.Single(await store.Audit.ListAsync(10, default)).Action);
        AssertNoSecrets(await store.DumpAsync());
    }

    [Theory]
    [InlineData("/services/oauth2/token", 400, """{"error":"invalid_grant","error_description":"authentication failure"}""", FailureKind.ReauthorizationRequired)]
    [InlineData("/services/data/v66.0/query", 401, """[{"errorCode":"INVALID_SESSION_ID","message":"This session is not valid for use with the REST API"}]""", FailureKind.Permission)]
    [InlineData("/services/data/v66.0/query", 403, """[{"errorCode":"API_DISABLED_FOR_ORG","message":"The REST API is not enabled for this Organization."}]""", FailureKind.Permission)]
    [InlineData("/services/oauth2/token", 200, """{"access_token":"a","instance_url":"https://evil.example","id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA"}""", FailureKind.InvalidInput)]
    [InlineData("/services/oauth2/token", 200, """{"access_token":"a","instance_url":"https://acme.my.salesforce.com","id":"https://evil.example/id/00D000000000001EAA/005000000000001AAA"}""", FailureKind.InvalidInput)]
    public async Task A_failed_connect_stores_nothing(string path, int status, string body, FailureKind expected)
    {
        var org = Org(asked => asked.Path == path ? ScriptedOrg.Json(body, status) : null);
        await using var store = await TestStore.CreateAsync(database, org);
        var failure = await Assert.ThrowsAnyAsync<OrgtapException>(() => store.Connector.ConnectAsync(ByPassword, "command line", default));
        Assert.Equal(expected, failure.Kind);
        Assert.Equal("", await store.DumpAsync());
        AssertNoSecrets(failure + failure.Detail);
        Assert.DoesNotContain(org.Asked, asked => asked.Address.Host == "evil.example");
        if (body.Contains("access_token", StringComparison.Ordinal) || path.Contains("query", StringComparison.Ordinal)) Assert.Contains(org.Asked, asked => asked.Path == "/services/oauth2/revoke");
    }

    [Fact]
    public async Task Connects_where_the_app_may_not_ask_who_the_user_is()
    {
        await using var store = await TestStore.CreateAsync(database, Org(asked => asked.Path.StartsWith("/id/", StringComparison.Ordinal) ? ScriptedOrg.Json("Missing_OAuth_Token", 403) : null));
        var connection = await store.Connector.ConnectAsync(ByPassword, "command line", default);
        Assert.Equal(TestStore.OrgId, connection.OrgId!.Value.Value);
    }

    [Fact]
    public async Task Connects_through_the_browser()
    {
        var org = Org();
        await using var store = await TestStore.CreateAsync(database, org);
        var start = await store.Connector.StartAsync(ByBrowser, "ann@operator.example", default);
        AssertNoSecrets(await store.DumpAsync());
        var query = HttpUtility.ParseQueryString(start.AuthorizeAddress.Query);
        Assert.DoesNotContain(query["state"]!, await store.DumpAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(start.BrowserSecret.Reveal(), await store.DumpAsync() + start, StringComparison.Ordinal);

        var connection = await store.Connector.CompleteAsync(query["state"]!, "code", null, null, start.BrowserSecret, default);
        Assert.Equal("https://acme.my.salesforce.com/", connection.LoginUrl.AbsoluteUri);
        Assert.Equal("refresh-1", (await store.Grants.FindAsync(connection.Id, default))!.RefreshToken!.Reveal());
        Assert.Equal("ann@operator.example", Assert.Single(await store.Audit.ListAsync(10, default)).Actor);
        var exchange = org.Asked.Single(asked => asked.Path == "/services/oauth2/token");
        Assert.Equal((Callback, "acme.my.salesforce.com"), (exchange.Form("redirect_uri"), exchange.Address.Host));
        Assert.Equal(query["code_challenge"], new Orgtap.Salesforce.OAuth.Pkce(new SecretText(exchange.Form("code_verifier")!)).Challenge);
    }

    [Fact]
    public async Task A_state_works_once()
    {
        await using var store = await TestStore.CreateAsync(database, Org());
        var (state, browser) = await StartAsync(store);
        await store.Connector.CompleteAsync(state, "code", null, null, browser, default);
        await Assert.ThrowsAsync<InvalidInputException>(() => store.Connector.CompleteAsync(state, "code", null, null, browser, default));
    }

    [Fact]
    public async Task Another_browser_cannot_finish_it_and_does_not_spoil_it()
    {
        await using var store = await TestStore.CreateAsync(database, Org());
        var (state, browser) = await StartAsync(store);
        var refused = await Assert.ThrowsAsync<InvalidInputException>(() => store.Connector.CompleteAsync(state, "code", null, null, new SecretText("other"), default));
        Assert.Contains("another browser", refused.Message, StringComparison.Ordinal);
        await store.Connector.CompleteAsync(state, "code", null, null, browser, default);
    }

    [Fact]
    public async Task After_an_hour_it_is_too_late()
    {
        await using var store = await TestStore.CreateAsync(database, Org());
        var (state, browser) = await StartAsync(store);
        store.Time.Advance(TimeSpan.FromMinutes(61));
        await Assert.ThrowsAsync<InvalidInputException>(() => store.Connector.CompleteAsync(state, "code", null, null, browser, default));
    }

    [Theory]
    [InlineData("access_denied", "end-user denied authorization", "Allow")]
    [InlineData("OAUTH_APPROVAL_ERROR_GENERIC", "An unexpected error has occurred", "Setup >")]
    [InlineData("invalid_client", "app must be installed into org", "Install")]
    [InlineData("brand_new_error", "?", "again")]
    public async Task What_salesforce_sends_instead_of_a_code_is_explained(string error, string description, string expected)
    {
        await using var store = await TestStore.CreateAsync(database, Org());
        var (state, browser) = await StartAsync(store);
        var failure = await Assert.ThrowsAnyAsync<OrgtapException>(() => store.Connector.CompleteAsync(state, null, error, description, browser, default));
        Assert.Contains(expected, failure.NextStep, StringComparison.Ordinal);
        Assert.Contains(error, failure.Detail, StringComparison.Ordinal);
        Assert.Empty(await store.Connections.ListAsync(default));
    }

    [Fact]
    public async Task A_grant_that_would_end_within_hours_is_refused_and_revoked()
    {
        var org = Org(asked => asked.Path == "/services/oauth2/token" ? ScriptedOrg.Json(Token.Replace("\"refresh_token\":\"refresh-1\",", "", StringComparison.Ordinal)) : null);
        await using var store = await TestStore.CreateAsync(database, org);
        var (state, browser) = await StartAsync(store);
        Assert.Equal(FailureKind.Permission, (await Assert.ThrowsAsync<OrgtapException>(() => store.Connector.CompleteAsync(state, "code", null, null, browser, default))).Kind);
        Assert.Equal("access-1", org.Asked[^1].Form("token"));
    }

    [Fact]
    public async Task Removing_revokes_the_grant_and_forgets()
    {
        var org = Org();
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        await store.Connector.RemoveAsync(connection, "ann", default);
        Assert.Equal("refresh-1", org.Asked[^1].Form("token"));
        Assert.Null(await store.Grants.FindAsync(connection.Id, default));
        Assert.Empty(await store.Connections.ListAsync(default));
    }

    [Fact]
    public async Task Removing_works_when_salesforce_cannot_be_reached()
    {
        await using var store = await TestStore.CreateAsync(database, new ScriptedOrg(_ => throw new HttpRequestException("down")));
        var connection = await store.AddConnectionAsync();
        await store.Connector.RemoveAsync(connection, "ann", default);
        Assert.Empty(await store.Connections.ListAsync(default));
        Assert.Contains("could not be revoked", (await store.Audit.ListAsync(1, default))[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_input_is_said_before_anything_is_sent()
    {
        var org = Org();
        await using var store = await TestStore.CreateAsync(database, org);
        foreach (var wrong in (ConnectRequest[])[ByPassword with { ConsumerKey = " " }, ByPassword with { Password = null }, ByPassword with { LoginUrl = "https://evil.example" }, ByPassword with { QuotaThresholdPercent = 0 }])
            await Assert.ThrowsAsync<InvalidInputException>(() => store.Connector.ConnectAsync(wrong, "x", default));
        await Assert.ThrowsAsync<InvalidInputException>(() => store.Connector.StartAsync(ByBrowser with { CallbackUrl = null }, "x", default));
        Assert.Empty(org.Asked);
    }

    private const string Token = """{"access_token":"access-1","refresh_token":"refresh-1","instance_url":"https://acme.my.salesforce.com","id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA","issued_at":"1780000000000"}""";

    private static ScriptedOrg Org(Func<AskedRequest, HttpResponseMessage?>? first = null) => new(asked => first?.Invoke(asked) ?? asked.Path switch
    {
        "/services/oauth2/token" => ScriptedOrg.Json(Token),
        "/services/oauth2/revoke" => ScriptedOrg.Empty(200),
        "/services/data" => ScriptedOrg.Versions(),
        "/services/data/v66.0/query" => ScriptedOrg.Json("""{"totalSize":1,"done":true,"records":[{"Id":"00D000000000001EAA","Name":"Acme","IsSandbox":false}]}"""),
        _ when asked.Path.StartsWith("/id/", StringComparison.Ordinal) => ScriptedOrg.Json("""{"organization_id":"00D000000000001EAA","user_id":"005000000000001AAA","username":"ann@acme.example","active":true}"""),
        _ => ScriptedOrg.Empty(404),
    });

    private static async Task<(string State, SecretText Browser)> StartAsync(TestStore store)
    {
        var start = await store.Connector.StartAsync(ByBrowser, "ann", default);
        return (HttpUtility.ParseQueryString(start.AuthorizeAddress.Query)["state"]!, start.BrowserSecret);
    }

    private static void AssertNoSecrets(string text)
    {
        foreach (var secret in (string[])["hunter2", "SECTOK", "k0nsumer", "access-1", "refresh-1"]) Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    public sealed class OnSqlite() : OrgConnectorTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : OrgConnectorTests(StoreDatabase.Postgres);
}
