using Orgtap.Catalog;
using Orgtap.Records;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
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

        Assert.All(run.Tables, table => Assert.True(table.Receipt?.Verdict == Verdict.Complete, $"{table.SObject}: {table.Receipt?.Sentence} {table.Problem?.Detail}"));
        Assert.Equal(RunOutcome.Completed, run.Outcome);
        await org.AssertExactAsync(tables);
        Assert.Equal(org.Host.Requests.Count("bulk.create"), org.Host.Requests.Count("bulk.delete"));
    }

    [Fact]
    public async Task All_tables_of_an_org_of_twenty_thousand_rows_arrive_exactly()
    {
        var records = DefaultRecords.Counts.ToDictionary(count => count.Key, count => Math.Max(4, count.Value / 12));
        records["CaseStatus"] = 5;
        await using var org = await SyncedOrg.StartAsync(options => options with { Records = records, BulkPageRows = 50_000 });
        org.Options = new SyncOptions();
        await org.OpenAsync();
        var chosen = await org.Selecting.ApplyAsync(org.Connection, [Presets.AllKey], [], SyncedOrg.Cancel);
        var calls = org.Host.Usage.Used;

        var run = await org.SyncAsync();

        Assert.All(run.Tables, table => Assert.True(table.Receipt?.Verdict == Verdict.Complete, $"{table.SObject}: {table.Receipt?.Sentence} {table.Problem?.Detail}"));
        Assert.True(run.Tables.Sum(table => table.RowsWritten) >= 20_000);
        Assert.Equal(org.Host.Usage.Used - calls, run.ApiCalls);
        await org.AssertExactAsync([.. chosen.Selection.Select(selected => selected.SObject)]);
    }

    [Fact]
    public async Task Little_memory_slows_a_load_down_and_never_blocks_it()
    {
        await using var org = await SyncedOrg.StartAsync();
        org.Memory = RowBatch.StandardMemory;
        await org.OpenAsync();
        await org.SelectAsync("Account", "Contact", "Opportunity", "User");
        org.Host.Faults.Add("GET */jobs/query/*/results?*", new FaultEffect.CutBody(30_000), nth: 3);

        var run = await org.SyncAsync();

        Assert.Equal(RunOutcome.Completed, run.Outcome);
        Assert.Equal(0, org.Budget.Held);
        await org.AssertExactAsync("Account", "Contact", "Opportunity", "User");
    }
}
