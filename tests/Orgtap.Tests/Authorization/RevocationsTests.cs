using Orgtap.Primitives;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Authorization;

public abstract class RevocationsTests(StoreDatabase database)
{
    [Fact]
    public async Task Access_that_cannot_be_ended_now_is_ended_later_and_its_token_lies_encrypted_until_then()
    {
        var reachable = false;
        var org = new ScriptedOrg(_ => reachable ? ScriptedOrg.Empty(200) : ScriptedOrg.Empty(503));
        await using var store = await TestStore.CreateAsync(database, org);
        var login = new Uri("https://login.salesforce.com/");

        await store.Revocations.EndAsync("acme", login, new SecretText("refresh-1"));
        Assert.Equal(0, await store.Revocations.EndDueAsync(default));
        Assert.Single(org.Asked);

        reachable = true;
        store.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, await store.Revocations.EndDueAsync(default));
        Assert.Equal(("/services/oauth2/revoke", "refresh-1"), (org.Asked[^1].Path, org.Asked[^1].Form("token")));
        Assert.Equal(0, await store.Revocations.EndDueAsync(default));
    }

    public sealed class OnSqlite() : RevocationsTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : RevocationsTests(StoreDatabase.Postgres);
}
