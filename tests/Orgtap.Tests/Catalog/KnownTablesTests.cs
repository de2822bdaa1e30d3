using Orgtap.Salesforce;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Catalog;

/// <summary>What a sync read of the org's tables is there for the pages, without another call.</summary>
public sealed class KnownTablesTests
{
    [Fact]
    public async Task A_table_that_was_synced_is_known_with_its_fields_and_costs_no_call()
    {
        await using var org = await SyncedOrg.StartAsync(options => options with { Records = new Dictionary<string, long> { ["User"] = 3 } });
        await org.OpenAsync();
        await org.SelectAsync("User");
        await org.SyncAsync();
        var counter = new CallCounter();
        var cancellationToken = TestContext.Current.CancellationToken;
        Assert.True((await org.Catalog.KnownAsync(org.Connection, "User", counter, cancellationToken))!.Fields.Count > 10);
        Assert.Null(await org.Catalog.KnownAsync(org.Connection, "Account", counter, cancellationToken));
        Assert.Equal(0, counter.Calls);
    }
}
