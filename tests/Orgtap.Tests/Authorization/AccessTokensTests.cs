using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Authorization;

public abstract class AccessTokensTests(StoreDatabase database)
{
    private const string Answer = """{"access_token":"access-2","instance_url":"https://acme.my.salesforce.com","id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA","issued_at":"1780000000000"}""";

    [Fact]
    public async Task Fifty_refused_callers_make_one_refresh()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var org = new ScriptedOrg(_ => ScriptedOrg.Json(Answer)) { Before = _ => gate.Task };
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        var old = await store.Tokens.GetAsync(connection.Id, null, default);
        Assert.Equal("access-1", old.Value.Reveal());

        var callers = Enumerable.Range(0, 50).Select(_ => store.Tokens.GetAsync(connection.Id, old, default).AsTask()).ToList();
        gate.SetResult();
        Assert.All(await Task.WhenAll(callers), token => Assert.Equal("access-2", token.Value.Reveal()));
        Assert.Single(org.Asked);
        Assert.Equal(("refresh_token", "refresh-1", "k0nsumer"), (org.Asked[0].Form("grant_type"), org.Asked[0].Form("refresh_token"), org.Asked[0].Form("client_secret")));
    }

    [Fact]
    public async Task A_rotated_refresh_token_is_stored_before_the_access_token_is_used()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json("""{"access_token":"access-2","refresh_token":"refresh-2"}"""));
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        var old = await store.Tokens.GetAsync(connection.Id, null, default);
        var token = await store.Tokens.GetAsync(connection.Id, old, default);
        var grant = await store.Grants.FindAsync(connection.Id, default);
        Assert.Equal(("refresh-2", "access-2", token.Version), (grant!.RefreshToken!.Reveal(), grant.AccessToken!.Reveal(), grant.Version));
    }

    [Fact]
    public async Task An_answer_that_leaves_fields_out_erases_nothing()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json("""{"access_token":"access-2"}"""));
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        await store.Tokens.GetAsync(connection.Id, await store.Tokens.GetAsync(connection.Id, null, default), default);
        var grant = await store.Grants.FindAsync(connection.Id, default);
        Assert.Equal(("refresh-1", "api refresh_token", ScriptedOrg.Instance), (grant!.RefreshToken!.Reveal(), grant.Scope, grant.InstanceUrl));
        Assert.Contains("/id/00D", grant.IdentityUrl.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_who_leaves_does_not_lose_the_rotated_token()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var org = new ScriptedOrg(_ => ScriptedOrg.Json("""{"access_token":"access-2","refresh_token":"refresh-2"}"""))
        {
            Before = _ =>
            {
                asked.SetResult();
                return gate.Task;
            },
        };
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        var old = await store.Tokens.GetAsync(connection.Id, null, default);
        using var leaving = new CancellationTokenSource();
        var call = store.Tokens.GetAsync(connection.Id, old, leaving.Token).AsTask();
        await asked.Task;
        await leaving.CancelAsync();
        gate.SetResult();
        await call;
        Assert.Equal("refresh-2", (await store.Grants.FindAsync(connection.Id, default))!.RefreshToken!.Reveal());
    }

    [Fact]
    public async Task Access_to_another_org_is_neither_used_nor_stored()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json(Answer.Replace("00D000000000001EAA", "00D000000000002EAA", StringComparison.Ordinal)));
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        var old = await store.Tokens.GetAsync(connection.Id, null, default);
        var failure = await Assert.ThrowsAsync<OrgtapException>(() => store.Tokens.GetAsync(connection.Id, old, default).AsTask());
        Assert.Equal(FailureKind.ReauthorizationRequired, failure.Kind);
        Assert.Equal("access-1", (await store.Grants.FindAsync(connection.Id, default))!.AccessToken!.Reveal());
    }

    [Fact]
    public async Task An_instance_that_is_not_salesforces_is_refused()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json(Answer.Replace("acme.my.salesforce.com", "evil.example", StringComparison.Ordinal)));
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        var old = await store.Tokens.GetAsync(connection.Id, null, default);
        await Assert.ThrowsAsync<OrgtapException>(() => store.Tokens.GetAsync(connection.Id, old, default).AsTask());
        Assert.Equal(ScriptedOrg.Instance, (await store.Grants.FindAsync(connection.Id, default))!.InstanceUrl);
    }

    [Fact]
    public async Task An_org_that_has_moved_is_followed()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json(Answer.Replace("acme.my", "acme-2.my", StringComparison.Ordinal)));
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        var token = await store.Tokens.GetAsync(connection.Id, await store.Tokens.GetAsync(connection.Id, null, default), default);
        Assert.Equal("acme-2.my.salesforce.com", token.InstanceUrl.Host);
        Assert.Equal("acme-2.my.salesforce.com", (await store.Connections.FindAsync(connection.Id, default))!.InstanceUrl!.Host);
    }

    [Fact]
    public async Task A_refusal_is_not_repeated_for_every_waiter_and_is_tried_again_later()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json("""{"error":"invalid_grant","error_description":"expired access/refresh token"}""", 400));
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        var old = await store.Tokens.GetAsync(connection.Id, null, default);
        for (var i = 0; i < 10; i++)
            Assert.Equal(FailureKind.ReauthorizationRequired, (await Assert.ThrowsAnyAsync<OrgtapException>(() => store.Tokens.GetAsync(connection.Id, old, default).AsTask())).Kind);
        Assert.Single(org.Asked);
        store.Time.Advance(TimeSpan.FromMinutes(6));
        await Assert.ThrowsAnyAsync<OrgtapException>(() => store.Tokens.GetAsync(connection.Id, old, default).AsTask());
        Assert.Equal(2, org.Asked.Count);
    }

    [Fact]
    public async Task The_password_flow_signs_in_again()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json(Answer));
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync(refreshToken: null, password: "hunter2");
        var token = await store.Tokens.GetAsync(connection.Id, await store.Tokens.GetAsync(connection.Id, null, default), default);
        Assert.Equal("access-2", token.Value.Reveal());
        Assert.Equal(("password", "hunter2TOKEN", "ann@acme.example"), (org.Asked[0].Form("grant_type"), org.Asked[0].Form("password"), org.Asked[0].Form("username")));
        Assert.Equal("hunter2", (await store.Grants.FindAsync(connection.Id, default))!.Password!.Reveal());
    }

    [Fact]
    public async Task A_grant_without_a_way_to_renew_says_what_is_missing()
    {
        await using var store = await TestStore.CreateAsync(database, new ScriptedOrg(_ => throw new InvalidOperationException()));
        var connection = await store.AddConnectionAsync(refreshToken: null);
        var old = await store.Tokens.GetAsync(connection.Id, null, default);
        var failure = await Assert.ThrowsAsync<OrgtapException>(() => store.Tokens.GetAsync(connection.Id, old, default).AsTask());
        Assert.Contains("refresh_token", failure.NextStep, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_secret_lies_in_clear()
    {
        await using var store = await TestStore.CreateAsync(database, new ScriptedOrg(_ => ScriptedOrg.Json(Answer)));
        var connection = await store.AddConnectionAsync(password: "hunter2");
        var dump = await store.DumpAsync();
        var grant = await store.Grants.FindAsync(connection.Id, default);
        var token = await store.Tokens.GetAsync(connection.Id, null, default);
        foreach (var secret in (string[])["hunter2", "TOKEN", "access-1", "refresh-1", "k0nsumer"])
            Assert.DoesNotContain(secret, dump + grant + token, StringComparison.Ordinal);
    }

    public sealed class OnSqlite() : AccessTokensTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : AccessTokensTests(StoreDatabase.Postgres);
}
