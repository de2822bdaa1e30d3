using Orgtap.Catalog;
using Orgtap.Extraction;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

/// <summary>
/// A sync that has everything to do (fields selected later, changes, rows that vanished, formulas or Ids) dies at its k-th call or commit, for every k there is; the next one makes the copy exact and
/// asks for little twice. The first load has its own such test (<see cref="ResumingTests"/>).
/// </summary>
public sealed class CrashAtEveryStepTests
{
    private static readonly string[] Tables = ["Account", "Contact"];

    [Theory]
    [InlineData(RunPurpose.Sync)]
    [InlineData(RunPurpose.Reconcile)]
    [InlineData(RunPurpose.Refresh)]
    public async Task A_later_sync_that_dies_at_any_step_loses_and_doubles_nothing(RunPurpose purpose)
    {
        var (step, asked) = (0, 0L);
        while (true)
        {
            var (happened, calls) = await DieAtAsync(++step, purpose);
            if (!happened) break;
            asked = Math.Max(asked, calls);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{step - 1} steps, at most {asked} calls of both runs together");
        Assert.True(step > 15, $"Only {step - 1} steps were found.");
    }

    /// <returns>Whether there was such a step, and what both runs cost together.</returns>
    private static async Task<(bool Happened, long Calls)> DieAtAsync(int step, RunPurpose purpose)
    {
        await using var org = await SyncedOrg.StartAsync(options => options with { Records = new Dictionary<string, long> { ["User"] = 3, ["Account"] = 300, ["Contact"] = 200 } });
        org.Options = new SyncOptions { TableRetries = 0, Extraction = new ExtractionOptions { PageRows = 100, SmallestPageRows = 50, BulkAboveRows = 150 } };
        await org.OpenAsync();
        await org.Selections.SetAsync(org.Connection.Id, [new SelectedObject("Account", ["Name"]), new SelectedObject("Contact")], SyncedOrg.Cancel);
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        var accounts = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).Take(4).Select(row => row.Id).ToList();
        org.Host.Store.Update("Account", accounts[0], new Dictionary<string, object?> { ["Name"] = "Changed" });
        org.Host.Store.Delete("Account", accounts[1]);
        org.Host.Store.HardDelete("Account", accounts[2]);
        org.Host.Store.Insert("Contact", new Dictionary<string, object?> { ["LastName"] = "New" });
        if (purpose == RunPurpose.Reconcile) org.Host.Store.Share("Account", accounts[3], visible: false);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        await org.SelectAsync(Tables);

        var crash = new Crash(step);
        (org.Network, org.Wrap) = (inner => new CrashingNetwork(inner, crash), replica => new CrashingReplica(replica, crash));
        await org.OpenAsync();
        var before = org.Host.Usage.Used;
        await RunAsync(org, purpose);
        var happened = crash.Happened;

        (org.Network, org.Wrap) = (inner => inner, replica => replica);
        await org.OpenAsync();
        if (purpose == RunPurpose.Reconcile) org.Host.Store.Share("Account", accounts[3], visible: true);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(10));
        var second = await RunAsync(org, purpose);
        Assert.True(second.Outcome == RunOutcome.Completed, $"Step {step}: {string.Join("; ", second.Tables.Select(table => $"{table.SObject} {table.Receipt?.Sentence} {table.Problem?.Message} {table.Problem?.Detail}"))}");
        await org.AssertExactAsync(ignoreVanished: true, Tables);
        return (happened, org.Host.Usage.Used - before);
    }

    private static async Task<Run> RunAsync(SyncedOrg org, RunPurpose purpose) =>
        await org.Runner.ContinueAsync(await org.Runner.BeginAsync(org.Connection.Id, "test", new SyncWish(purpose, []), SyncedOrg.Cancel), SyncedOrg.Cancel);
}
