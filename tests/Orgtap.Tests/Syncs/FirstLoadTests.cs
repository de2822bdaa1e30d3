using Orgtap.Extraction;
using Orgtap.Records;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

public sealed class FirstLoadTests
{
    [Fact]
    public async Task Every_value_of_the_replica_is_what_the_org_says()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        string[] tables = ["Account", "Contact", "Opportunity", "User", "UserRole", "CaseStatus"];
        await org.SelectAsync(tables);

        var run = await org.SyncAsync();

        Assert.All(run.Tables, table => Assert.Equal((RunTableState.Done, Verdict.Complete), (table.State, table.Receipt?.Verdict)));
        Assert.Equal(RunOutcome.Completed, run.Outcome);
        await org.AssertExactAsync(tables);
    }
}
