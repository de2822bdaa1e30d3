using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Authorization;

/// <summary>What authorization keeps, on either control store.</summary>
public abstract class KeptOnBothTests(StoreDatabase database)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_app_of_the_installation_is_changed_by_its_name_and_by_no_connection()
    {
        await using var store = await OpenAsync();
        var apps = new SharedAppStore(store.Control, store.Cipher, store.Time);
        await apps.SetAsync("partner", null, "key-1", new SecretText("secret-1"), new SecretText("pem-1"), Stop);
        await apps.SetAsync("partner", new Uri("https://acme.my.salesforce.com/"), "key-1", null, null, Stop);
        var kept = await apps.GetAsync("partner", Stop);
        Assert.Equal(("secret-1", "pem-1", "https://acme.my.salesforce.com/", 0), (kept.App.ConsumerSecret!.Reveal(), kept.App.PrivateKey!.Reveal(), kept.LoginUrl!.AbsoluteUri, kept.Connections));

        // A connection with an app of its own comes to speak as it, goes on with its secret changed, and leaves it again.
        var connection = await store.AddConnectionAsync();
        await AuthorizedAsync(kept.App);
        Assert.Equal((kept.App.Id, 1), ((await store.Connections.GetAsync("acme", Stop)).AppId, (await apps.GetAsync("partner", Stop)).Connections));
        await AuthorizedAsync(new ConsumerApp("ignored", "acme", "key-1", new SecretText("somebody's"), null));
        Assert.Equal("secret-1", (await apps.GetAsync("partner", Stop)).App.ConsumerSecret!.Reveal());
        await Assert.ThrowsAsync<InvalidInputException>(() => apps.RemoveAsync("partner", Stop));
        await AuthorizedAsync(new ConsumerApp("ignored", "acme", "key-2", new SecretText("secret-2"), "https://orgtap.example/oauth/callback"));
        var own = await store.Connections.GetAppAsync((await store.Connections.GetAsync("acme", Stop)).AppId, Stop);
        Assert.Equal(("key-2", "secret-2", null), (own.ConsumerKey, own.ConsumerSecret!.Reveal(), own.SharedName));

        // What another way of authorizing the same app does not need stays.
        await AuthorizedAsync(own with { ConsumerSecret = null, PrivateKey = new SecretText("pem-2"), CallbackUrl = null });
        own = await store.Connections.GetAppAsync(own.Id, Stop);
        Assert.Equal(("secret-2", "pem-2", "https://orgtap.example/oauth/callback"), (own.ConsumerSecret!.Reveal(), own.PrivateKey!.Reveal(), own.CallbackUrl));
        await AuthorizedAsync(own with { ConsumerKey = "key-3", ConsumerSecret = null, PrivateKey = null });
        own = await store.Connections.GetAppAsync(own.Id, Stop);
        Assert.Equal(("key-3", null, null), (own.ConsumerKey, own.ConsumerSecret, own.PrivateKey));
        await apps.RemoveAsync("partner", Stop);
        Assert.Empty(await apps.ListAsync(Stop));
        Assert.DoesNotContain("secret-", await store.DumpAsync(), StringComparison.Ordinal);

        Task AuthorizedAsync(ConsumerApp app) => store.Control.WriteAsync(
            transaction => store.Connections.SetAuthorizedAsync(transaction, connection.Id, connection.LoginUrl, AuthorizationFlow.WebServer, "ann@acme.example", new OrgFacts("Acme", null, null), ScriptedOrg.Instance, app), Stop);
    }

    [Fact]
    public async Task Requests_are_read_by_the_page_and_none_twice_though_two_were_made_in_one_moment()
    {
        await using var store = await OpenAsync();
        var requests = new AuthorizationRequestStore(store.Control, store.Cipher, store.Time);
        var now = store.Time.GetUtcNow();
        foreach (var (id, age) in new[] { ("a", 2), ("b", 1), ("c", 1), ("d", 0), ("e", 3) })
            await store.Control.WriteAsync(transaction => requests.AddAsync(transaction, new AuthorizationRequest(id, null, true, $"org-{id}", null, null, 80, "Erik", "erik@newco.example", null, "marta@brightwell.example", "Marta",
                now.AddHours(-age), now.AddDays(7), null, null, null, null, null, null, null, null, null), null), Stop);
        var seen = new List<string>();
        while (await requests.ListAsync(null, 2, Stop, seen.LastOrDefault()) is [_, ..] page) seen.AddRange(page.Select(request => request.Id));
        Assert.Equal(["d", "c", "b", "a", "e"], seen);
        Assert.Empty(await requests.ListAsync(null, 2, Stop, "nobody"));
    }

    [Fact]
    public async Task A_request_keeps_its_app_and_what_the_admin_typed()
    {
        await using var store = await OpenAsync();
        var requests = new AuthorizationRequestStore(store.Control, store.Cipher, store.Time);
        var now = store.Time.GetUtcNow();
        var request = new AuthorizationRequest("r1", null, true, "newco", null, null, 80, "Erik", "erik@newco.example", null, "marta@brightwell.example", "Marta", now, now.AddDays(7), null, null, null, null, null, null, null, null, null) { App = "partner" };
        await store.Control.WriteAsync(transaction => requests.AddAsync(transaction, request, null), Stop);
        Assert.Equal(request, await requests.FindAsync("r1", Stop));
        await requests.SetGivenAsync("r1", "https://newco.my.salesforce.com", "key", new SecretText("typed-secret"), Stop);
        Assert.Equal(new GivenApp("https://newco.my.salesforce.com", "key", true), (await requests.FindAsync("r1", Stop))!.Given);
        Assert.Equal("typed-secret", (await requests.ConsumerSecretAsync("r1", Stop))!.Reveal());
        await requests.SetGivenAsync("r1", "https://newco.my.salesforce.com", "other", null, Stop);
        Assert.Equal((new GivenApp("https://newco.my.salesforce.com", "other", false), null), ((await requests.FindAsync("r1", Stop))!.Given, await requests.ConsumerSecretAsync("r1", Stop)));
    }

    [Fact]
    public async Task When_a_grant_was_seen_to_work_who_left_a_renewal_and_whom_to_ask_are_kept()
    {
        await using var store = await OpenAsync();
        var connection = await store.AddConnectionAsync();
        store.Time.Advance(TimeSpan.FromHours(3));
        await store.Grants.SetCheckedAsync(connection.Id, Stop);
        var grant = (await store.Grants.FindAsync(connection.Id, Stop))!;
        Assert.Equal(store.Time.GetUtcNow(), grant.CheckedAt);
        Assert.Equal(RenewalTurn.Mine, await store.Grants.BeginRenewalAsync(connection.Id, grant.Version, "dead", AccessTokens.Lease, Stop));
        Assert.Equal(RenewalTurn.Others, await store.Grants.BeginRenewalAsync(connection.Id, grant.Version, "next", AccessTokens.Lease, Stop));
        await GrantStore.AbandonRenewalsAsync(store.Control, Stop);
        Assert.Equal(RenewalTurn.MineAfterAbandoned, await store.Grants.BeginRenewalAsync(connection.Id, grant.Version, "next", AccessTokens.Lease, Stop));

        var (here, elsewhere) = (new SupportContactStore(store.Control, store.Time), new SupportContactStore(store.Control, store.Time));
        Assert.Null(await here.FindAsync(Stop));
        var contact = SupportContact.Of("Desk", null, "+49 30 123456", "https://help.example/");
        await elsewhere.SetAsync(contact, Stop);
        Assert.Equal(contact, await elsewhere.FindAsync(Stop));
        Assert.Null(await here.FindAsync(Stop));
        store.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(contact, await here.FindAsync(Stop));
        await here.SetAsync(null, Stop);
        Assert.Null(await here.FindAsync(Stop));
    }

    private Task<TestStore> OpenAsync() => TestStore.CreateAsync(database, new ScriptedOrg(_ => throw new InvalidOperationException()));

    public sealed class OnSqlite() : KeptOnBothTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : KeptOnBothTests(StoreDatabase.Postgres);
}
