using Orgtap.Catalog;
using Orgtap.Extraction;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

/// <summary>
/// A run dies at its k-th step, for every k there is: an HTTP call that is not sent or whose answer nobody hears, a table opened, a commit of the replica not made or not heard of, a read or a
/// commit of the control store. From then on nothing gets through. The next run makes the copy exact and asks for little twice.
/// </summary>
public sealed class CrashAtEveryStepTests
{
    private static readonly string[] Tables = ["Account", "Contact", "UserRole"];

    private static readonly string[] Kinds = ["bulk.create", "bulk.results", "query"];

    [Fact]
    public async Task A_first_load_that_dies_at_any_step_loses_and_doubles_nothing() => await DieAtEveryStepAsync(FirstLoadAsync, RunPurpose.Sync);

    // A run that has everything to do: fields selected later, changes, rows that vanished, formulas or Ids. Outside the soak, comparing and refreshing die at every third step only.
    [Theory]
    [InlineData(RunPurpose.Sync, 1)]
    [InlineData(RunPurpose.Reconcile, 3)]
    [InlineData(RunPurpose.Refresh, 3)]
    public async Task A_later_run_that_dies_at_any_step_loses_and_doubles_nothing(RunPurpose purpose, int stride) =>
        await DieAtEveryStepAsync(() => LaterAsync(purpose), purpose, Environment.GetEnvironmentVariable("ORGTAP_SOAK") == "1" ? 1 : stride);

    private static async Task DieAtEveryStepAsync(Func<Task<SyncedOrg>> prepare, RunPurpose purpose, int stride = 1)
    {
        var undisturbed = await DieAtAsync(int.MaxValue, prepare, purpose);
        var (step, deaths, most) = (1, 0, undisturbed.Asked);
        for (; ; step += stride, deaths++)
        {
            var (happened, asked) = await DieAtAsync(step, prepare, purpose);
            if (!happened) break;
            most = [.. most.Zip(asked, Math.Max)];
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{purpose}: {deaths} deaths in {step} steps; asked for at most, undisturbed → both runs together: "
            + string.Join(", ", Kinds.Select((kind, i) => $"{kind} {undisturbed.Asked[i]} → {most[i]}")));
        Assert.True(step > 100, $"Only {step} steps were found.");
        // Twice at most, per table: one job creation (the job that nobody heard of is found and deleted), and the page that was being read or committed with the one read ahead. Ids and formulas of a
        // table that had come to its end are read again because they are asked for again.
        var again = purpose == RunPurpose.Sync ? new long[2] : undisturbed.Asked;
        Assert.InRange(most[0], undisturbed.Asked[0], undisturbed.Asked[0] + Math.Max(again[0], 2));
        Assert.InRange(most[1], undisturbed.Asked[1], undisturbed.Asked[1] + Math.Max(again[1], 2 * 2));
    }

    /// <returns>Whether there was such a step, and what both runs asked for together, by kind.</returns>
    private static async Task<(bool Happened, long[] Asked)> DieAtAsync(int step, Func<Task<SyncedOrg>> prepare, RunPurpose purpose)
    {
        await using var org = await prepare();
        org.Host.Requests.Clear();
        var crash = new Crash(step);
        await org.DieAsync(crash, purpose);
        var asked = crash.Happened ? null : Asked(org.Host);

        org.Host.Clock.Advance(TimeSpan.FromMinutes(10));
        var second = await org.RunAsync(purpose);
        Assert.True(second.Outcome == RunOutcome.Completed, $"Step {step}: {second.Problem?.Message} {string.Join("; ", second.Tables.Select(table => $"{table.SObject} {table.Receipt?.Sentence} {table.Problem?.Message} {table.Problem?.Detail}"))}");
        asked ??= Asked(org.Host);
        try
        {
            await org.AssertExactAsync(ignoreVanished: true, [.. (await org.Selections.GetAsync(org.Connection.Id, SyncedOrg.Cancel)).Select(selected => selected.SObject)]);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Step {step}: {failure.Message}", failure);
        }
        return (crash.Happened, asked);
    }

    private static long[] Asked(SimulatedOrgHost host) => [.. Kinds.Select(host.Requests.Count)];

    private static async Task<SyncedOrg> FirstLoadAsync()
    {
        var org = await StartAsync(new Dictionary<string, long> { ["User"] = 3, ["UserRole"] = 3, ["Account"] = 420, ["Contact"] = 260 });
        await org.SelectAsync(Tables);
        return org;
    }

    private static async Task<SyncedOrg> LaterAsync(RunPurpose purpose)
    {
        var org = await StartAsync(new Dictionary<string, long> { ["User"] = 3, ["Account"] = 300, ["Contact"] = 200 });
        await org.Selections.SetAsync(org.Connection.Id, [new SelectedObject("Account", ["Name"]), new SelectedObject("Contact")], SyncedOrg.Cancel);
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        var accounts = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).Take(4).Select(row => row.Id).ToList();
        if (purpose == RunPurpose.Reconcile)
        {
            // A row that sharing hid and shows again is one that only a comparison of Ids finds.
            org.Host.Store.Share("Account", accounts[3], visible: false);
            await org.RunAsync(RunPurpose.Reconcile);
            org.Host.Store.Share("Account", accounts[3], visible: true);
        }
        org.Host.Store.Update("Account", accounts[0], new Dictionary<string, object?> { ["Name"] = "Changed" });
        org.Host.Store.Delete("Account", accounts[1]);
        org.Host.Store.HardDelete("Account", accounts[2]);
        org.Host.Store.Insert("Contact", new Dictionary<string, object?> { ["LastName"] = "New" });
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        await org.SelectAsync("Account", "Contact");
        return org;
    }

    private static async Task<SyncedOrg> StartAsync(Dictionary<string, long> records)
    {
        var org = await SyncedOrg.StartAsync(options => options with { Records = records, BulkPageRows = 100 });
        org.Options = new SyncOptions { TableRetries = 0, Extraction = new ExtractionOptions { PageRows = 100, SmallestPageRows = 50, BulkAboveRows = 150 } };
        await org.OpenAsync();
        return org;
    }
}
