using Dapper;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Quota;
using Orgtap.Salesforce;
using Orgtap.Scheduling;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.Storage;
using Orgtap.Tests.App.Cli;

namespace Orgtap.Tests.Scheduling;

/// <summary>What changed in an org is known before the next sync, for a call a day.</summary>
public sealed class SchemaRefreshTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_field_that_was_taken_away_is_noticed_without_a_sync_and_looking_again_the_same_day_costs_nothing()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);
        await site.Service<SelectionStore>().SetAsync(connection.Id, [new SelectedObject("Account"), new SelectedObject("Contact")], Stop);
        var refresh = site.Service<SchemaRefresh>();
        Assert.Equal(1, await refresh.RunAsync(Stop));
        site.Org.Requests.Clear();
        Assert.Equal(1, await refresh.RunAsync(Stop));
        Assert.Equal(0, site.Org.Requests.Entries.Sum(entry => entry.Calls));

        site.Org.Store.Schema.HideField("Contact", "Title", true);
        await DayPassesAsync(site);
        Assert.Equal(1, await refresh.RunAsync(Stop));
        // The list of tables, and both tables together.
        Assert.Equal(2, site.Org.Requests.Entries.Sum(entry => entry.Calls));
        var change = Assert.Single(await site.Service<SchemaChangeStore>().ListAsync(connection.Id, 10, Stop)).Change;
        Assert.Equal(("Contact", "Title", SchemaChangeKind.FieldGone), (change.SObject, change.Field, change.Kind));
        Assert.Contains(await site.Service<QuotaGuard>().OwnCallsAsync(connection.OrgId!.Value, Stop), own => own.Purpose == CallPurpose.SchemaRefresh);
    }

    [Fact]
    public async Task A_paused_connection_and_an_org_that_is_away_are_left_for_later()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);
        await site.Service<SelectionStore>().SetAsync(connection.Id, [new SelectedObject("Account")], Stop);
        site.Org.Faults.Add(new FaultRule("*/sobjects*", FaultEffect.Answer.Error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")));
        Assert.Equal(0, await site.Service<SchemaRefresh>().RunAsync(Stop));
        Assert.Null((await site.Service<ConnectionStore>().GetAsync("acme", Stop)).Problem);

        await site.Service<ConnectionStore>().SetSyncEnabledAsync(connection.Id, false, Stop);
        site.Org.Requests.Clear();
        Assert.Equal(0, await site.Service<SchemaRefresh>().RunAsync(Stop));
        Assert.Empty(site.Org.Requests.Entries);
    }

    private static async Task DayPassesAsync(ServedInstallation site)
    {
        await using var db = await site.Service<ControlStore>().ConnectAsync(Stop);
        await db.ExecuteAsync("UPDATE describes SET fetched_at = fetched_at - 90000000");
    }
}
