using Orgtap.Authorization;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Authorization;

/// <summary>Two processes on one control store, and a process that dies at the worst moment.</summary>
public abstract class RenewalLeaseTests(StoreDatabase database)
{
    private const string Rotated = """{"access_token":"access-2","refresh_token":"refresh-2"}""";

    [Fact]
    public async Task Two_processes_never_renew_one_grant_at_once()
    {
        var (asked, gate) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var org = new ScriptedOrg(_ => ScriptedOrg.Json(Rotated)) { Before = _ => { asked.TrySetResult(); return gate.Task; } };
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        using var other = store.NewTokens();
        var old = await store.Tokens.GetAsync(connection.Id, null, default);

        var here = store.Tokens.GetAsync(connection.Id, old, default).AsTask();
        await asked.Task;
        var there = Enumerable.Range(0, 10).Select(_ => other.GetAsync(connection.Id, old, default).AsTask()).ToList();
        gate.SetResult();
        Assert.Equal("access-2", (await here).Value.Reveal());
        foreach (var waiting in there) Assert.Equal("access-2", (await store.Time.UntilDoneAsync(waiting, TimeSpan.FromMilliseconds(50), within: TimeSpan.FromSeconds(1))).Value.Reveal());
        Assert.Single(org.Asked);
    }

    [Fact]
    public async Task Killed_after_the_rotated_token_was_stored_nothing_is_lost()
    {
        var org = new ScriptedOrg(_ => ScriptedOrg.Json(Rotated));
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        await store.Tokens.GetAsync(connection.Id, await store.Tokens.GetAsync(connection.Id, null, default), default);

        using var next = store.NewTokens();
        var token = await next.GetAsync(connection.Id, null, default);
        Assert.Equal("access-2", token.Value.Reveal());
        await next.GetAsync(connection.Id, token, default);
        Assert.Equal("refresh-2", org.Asked[^1].Form("refresh_token"));
    }

    [Fact]
    public async Task Killed_before_it_was_stored_the_next_renewal_fails_once_says_so_and_does_not_loop()
    {
        // The process that died: Salesforce rotated, nobody stored.
        var org = new ScriptedOrg(_ => ScriptedOrg.Json("""{"error":"invalid_grant","error_description":"expired access/refresh token"}""", 400));
        await using var store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        var grant = (await store.Grants.FindAsync(connection.Id, default))!;
        Assert.Equal(RenewalTurn.Mine, await store.Grants.BeginRenewalAsync(connection.Id, grant.Version, "the one that died", AccessTokens.Lease, default));

        using var next = store.NewTokens();
        var old = await next.GetAsync(connection.Id, null, default);
        var waiting = next.GetAsync(connection.Id, old, default).AsTask();
        var failure = await Assert.ThrowsAsync<SalesforceException>(() => store.Time.UntilDoneAsync(waiting, TimeSpan.FromSeconds(1), within: TimeSpan.FromSeconds(1)));
        Assert.Equal(FailureKind.ReauthorizationRequired, failure.Kind);
        Assert.Contains("An earlier renewal was cut short", failure.Message, StringComparison.Ordinal);
        for (var i = 0; i < 20; i++) await Assert.ThrowsAnyAsync<OrgtapException>(() => next.GetAsync(connection.Id, old, default).AsTask());
        Assert.Single(org.Asked);
    }

    [Fact]
    public async Task A_grant_that_was_replaced_during_a_renewal_is_used_and_what_the_renewal_gave_is_ended()
    {
        TestStore? store = null;
        var org = new ScriptedOrg(request => request.Form("token") is not null ? ScriptedOrg.Json("{}") : ScriptedOrg.Json(Rotated));
        await using var opened = store = await TestStore.CreateAsync(database, org);
        var connection = await store.AddConnectionAsync();
        var old = await store.Tokens.GetAsync(connection.Id, null, default);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        org.Before = _ => { asked.TrySetResult(); return gate.Task; };
        var renewing = store.Tokens.GetAsync(connection.Id, old, default).AsTask();
        await asked.Task;
        var grant = (await store.Grants.FindAsync(connection.Id, default))!;
        await store.Control.WriteAsync(transaction => store.Grants.ReplaceAsync(transaction, grant with { AccessToken = new SecretText("access-of-dana"), RefreshToken = new SecretText("refresh-of-dana") }), default);
        gate.SetResult();

        Assert.Equal("access-of-dana", (await renewing).Value.Reveal());
        Assert.Equal("refresh-2", org.Asked[^1].Form("token"));
        Assert.Equal("refresh-of-dana", (await store.Grants.FindAsync(connection.Id, default))!.RefreshToken!.Reveal());
    }

    public sealed class OnSqlite() : RenewalLeaseTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : RenewalLeaseTests(StoreDatabase.Postgres);
}
