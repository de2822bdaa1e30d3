using Orgtap.Catalog;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

/// <summary>What happens after the first load.</summary>
public sealed class NextLoadsTests
{
    [Fact]
    public async Task A_change_a_new_row_and_a_deletion_arrive_with_the_next_sync()
    {
        await using var org = await LoadedAsync("Account", "UserRole");
        var ids = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).Take(3).Select(row => row.Id).ToList();
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        org.Host.Store.Update("Account", ids[0], new Dictionary<string, object?> { ["Name"] = "Changed\r\n\"name\", with everything" });
        org.Host.Store.Delete("Account", ids[1]);
        org.Host.Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = "New" });
        org.Host.Clock.Advance(TimeSpan.FromMinutes(1));

        var run = await org.SyncAsync();

        var account = run.Tables.Single(table => table.SObject == "Account").Receipt!;
        Assert.Equal((LoadMode.Incremental, Verdict.Complete), (account.Mode, account.Verdict));
        Assert.Equal((1L, 1L, 1L), (account.Tally.Inserted, account.Tally.Changed, account.Tally.MarkedDeleted));
        Assert.Equal("3 rows: 1 new, 1 changed, 1 deleted. Salesforce reported as many as were read and written.", account.Sentence);
        Assert.StartsWith("Nothing to move: no UserRole was changed between", run.Tables.Single(table => table.SObject == "UserRole").Receipt!.Sentence, StringComparison.Ordinal);
        await org.AssertExactAsync("Account", "UserRole");
    }

    [Fact]
    public async Task A_row_committed_late_is_caught_by_the_overlap()
    {
        await using var org = await LoadedAsync("Account");
        // Stamped before the first load ended, visible only after it.
        org.Host.Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = "Late", ["SystemModstamp"] = org.Host.Clock.GetUtcNow().AddMinutes(-5) });
        org.Host.Clock.Advance(TimeSpan.FromMinutes(30));

        var receipt = Assert.Single((await org.SyncAsync()).Tables).Receipt!;

        Assert.Equal(1, receipt.Tally.Inserted);
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task Many_changes_move_to_Bulk()
    {
        await using var org = await LoadedAsync("Account");
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        foreach (var row in org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).Take(900).ToList())
            org.Host.Store.Update("Account", row.Id, new Dictionary<string, object?> { ["Description"] = "touched" });
        org.Host.Clock.Advance(TimeSpan.FromMinutes(1));

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.Equal(Orgtap.Extraction.ExtractionApi.Bulk, table.Plan!.Api);
        Assert.Equal((900L, Verdict.Complete), (table.Receipt!.Tally.Changed, table.Receipt.Verdict));
        await org.AssertExactAsync("Account");
    }

    /// <summary>Histories have CreatedDate alone, shares LastModifiedDate alone, some feeds are not served by Bulk API.</summary>
    [Theory]
    [InlineData("CaseHistory", "CreatedDate", "CaseId", "Case")]
    [InlineData("Invoice__History", "CreatedDate", "ParentId", "Invoice__c")]
    [InlineData("AccountShare", "LastModifiedDate", "AccountId", "Account")]
    [InlineData("Invoice__Share", "LastModifiedDate", "ParentId", "Invoice__c")]
    [InlineData("CaseFeed", "SystemModstamp", "ParentId", "Case")]
    [InlineData("AccountFeed", "SystemModstamp", "ParentId", "Account")]
    public async Task Histories_shares_and_feeds_are_kept_exact_by_the_stamp_they_have(string sobject, string stamp, string parentField, string parent)
    {
        await using var org = await SyncedOrg.StartAsync(options => options with
        {
            Records = new Dictionary<string, long> { ["User"] = 3, ["Group"] = 2, ["Account"] = 40, ["Case"] = 40, ["Invoice__c"] = 40, [sobject] = 900 },
        });
        await org.OpenAsync();
        await org.SelectAsync(sobject);
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync(sobject);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));
        var rows = org.Host.Store.Truth(sobject, ["Id"], includeDeleted: false).Take(2).Select(row => row.Id).ToList();
        org.Host.Store.Insert(sobject, new Dictionary<string, object?> { [parentField] = org.Host.Store.RandomId(parent, new Random(1)) });
        org.Host.Store.HardDelete(sobject, rows[0]);
        if (stamp != "CreatedDate") org.Host.Store.Update(sobject, rows[1], new Dictionary<string, object?> { [parentField] = org.Host.Store.RandomId(parent, new Random(2)) });
        org.Host.Clock.Advance(TimeSpan.FromHours(1));

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.Equal(LoadMode.Incremental, table.Receipt!.Mode);
        Assert.Equal(stamp, table.Plan!.StampField);
        Assert.Equal(stamp == "CreatedDate" ? 1 : 2, table.Receipt.Tally.Inserted + table.Receipt.Tally.Changed);
        await org.RunAsync(RunPurpose.Reconcile);
        await org.AssertExactAsync(ignoreVanished: true, sobject);
    }

    [Fact]
    public async Task A_table_without_a_stamp_is_read_whole_and_rows_that_vanished_are_gone()
    {
        await using var org = await SyncedOrg.StartAsync();
        foreach (var stamp in (string[])["SystemModstamp", "LastModifiedDate", "CreatedDate"]) org.Host.Store.Schema.HideField("UserRole", stamp, true);
        await org.OpenAsync();
        await org.SelectAsync("UserRole");
        await org.SyncAsync();
        var gone = org.Host.Store.Truth("UserRole", ["Name"], includeDeleted: false).First().Id;
        org.Host.Store.HardDelete("UserRole", gone);
        org.Host.Clock.Advance(TimeSpan.FromHours(1));

        var receipt = Assert.Single((await org.SyncAsync()).Tables).Receipt!;

        Assert.Equal((LoadMode.Snapshot, Verdict.Complete, 1L), (receipt.Mode, receipt.Verdict, receipt.Tally.Swept));
        await org.AssertExactAsync("UserRole");
    }

    [Fact]
    public async Task A_field_that_vanishes_is_no_longer_asked_for()
    {
        await using var org = await LoadedAsync("Contact");
        org.Host.Store.Schema.HideField("Contact", "Title", true);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(20));

        var table = Assert.Single((await org.SyncAsync()).Tables);

        Assert.Equal(Verdict.Complete, table.Receipt!.Verdict);
    }

    [Fact]
    public async Task Watchers_see_the_run_to_its_end()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account");
        var seen = new List<RunSnapshot>();
        var watching = Task.Run(async () =>
        {
            await foreach (var snapshot in org.Live.WatchAsync(org.Connection.Id, SyncedOrg.Cancel))
            {
                seen.Add(snapshot);
                if (snapshot.Outcome != RunOutcome.Running) return;
            }
        }, SyncedOrg.Cancel);

        await org.SyncAsync();
        await watching;

        Assert.Equal((RunOutcome.Completed, 2_600L), (seen[^1].Outcome, seen[^1].Tables[0].Table.RowsWritten));
        Assert.Equal(seen[^1].ApiCalls, (await org.Runs.ListAsync(org.Connection.Id, 1, SyncedOrg.Cancel))[0].ApiCalls);
    }

    [Fact]
    public async Task The_last_run_is_at_hand_for_ten_minutes_and_makes_way_for_others_then()
    {
        await using var org = await LoadedAsync("Account");
        org.Host.Clock.Advance(LiveRuns.Kept - TimeSpan.FromMinutes(1));
        var other = new ConnectionId("other");
        org.Live.Begin(Run(1));
        Assert.Equal(RunOutcome.Completed, org.Live.Current(org.Connection.Id)!.Outcome);

        org.Host.Clock.Advance(TimeSpan.FromMinutes(2));
        org.Live.Begin(Run(2));
        Assert.Null(org.Live.Current(org.Connection.Id));
        Assert.Equal(RunOutcome.Running, org.Live.Current(other)!.Outcome);

        Run Run(long id) => new(new RunId(id), other, "test", SyncedOrg.Noon, null, RunOutcome.Running, null, 0, null, []);
    }

    private static async Task<SyncedOrg> LoadedAsync(params string[] tables)
    {
        var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync(tables);
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        return org;
    }
}
