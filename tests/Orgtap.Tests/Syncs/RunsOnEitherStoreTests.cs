using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Syncs;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Syncs;

/// <summary>A whole sync with its selection, describes, quota and run history in either database.</summary>
public abstract class RunsOnEitherStoreTests(StoreDatabase database)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sync_is_exact_and_its_history_is_there_after_a_restart()
    {
        await using var org = await StartAsync();
        await org.SelectAsync("Account", "CaseStatus");
        var first = await org.SyncAsync();
        Assert.Equal(RunOutcome.Completed, first.Outcome);
        await org.OpenAsync();
        Assert.Equal(["Account", "CaseStatus"], (await org.Selections.GetAsync(org.Connection.Id, Stop)).Select(selected => selected.SObject));
        var second = await org.SyncAsync();
        Assert.Equal(RunOutcome.Completed, second.Outcome);
        await org.AssertExactAsync("Account", "CaseStatus");

        var runs = await org.Runs.ListAsync(org.Connection.Id, 10, Stop);
        Assert.Equal([second.Id, first.Id], runs.Select(run => run.Id));
        Assert.Equal(first.Tables.Select(table => (table.SObject, table.State, table.RowsWritten)), runs[1].Tables.Select(table => (table.SObject, table.State, table.RowsWritten)));
        Assert.Equal(Verdict.Complete, runs[1].Tables[0].Receipt!.Verdict);
        Assert.Equal(first.Id, (await org.Runs.FindAsync(first.Id, Stop))!.Id);
        Assert.Single(await org.Runs.ListAsync(null, 1, Stop));
        Assert.Null(await org.Runs.FindRunningAsync(org.Connection.Id, Stop));
    }

    [Fact]
    public async Task A_run_that_a_dead_process_left_behind_is_closed_by_the_next_that_begins()
    {
        await using var org = await StartAsync();
        var left = await org.Runs.BeginAsync(org.Connection.Id, "test", ["Account", "Contact"], RunPurpose.Sync, Stop);
        Assert.Equal(left.Id, (await org.Runs.FindRunningAsync(org.Connection.Id, Stop))!.Id);
        await org.OpenAsync();
        var next = await org.Runs.BeginAsync(org.Connection.Id, "test", ["Account"], RunPurpose.Sync, Stop);
        Assert.Equal(next.Id, (await org.Runs.FindRunningAsync(org.Connection.Id, Stop))!.Id);
        await AssertClosedAsync(org, left.Id);
    }

    [Fact]
    public async Task The_newest_run_of_each_purpose_is_found_among_many_without_reading_them_all()
    {
        await using var org = await StartAsync();
        await org.SelectAsync("CaseStatus");
        foreach (var purpose in (RunPurpose[])[RunPurpose.Sync, RunPurpose.Verify, RunPurpose.Sync, RunPurpose.Reconcile, RunPurpose.Sync])
        {
            org.Host.Clock.Advance(TimeSpan.FromMinutes(10));
            var run = await org.Runs.BeginAsync(org.Connection.Id, "test", ["CaseStatus"], purpose, Stop);
            var claim = (await org.Runs.Claims.TakeAsync(run.Id, Stop))!.Value.Claim;
            await org.Runs.EndAsync(claim, RunOutcome.Completed, Verdict.Complete, 3, null, Stop);
        }
        var all = await org.Runs.ListAsync(org.Connection.Id, 10, Stop);
        var starts = (await org.Runs.LastStartsAsync(Stop))[org.Connection.Id];
        Assert.Equal(new RunStarts(all[0].StartedAt, all[1].StartedAt, null), starts);
        Assert.Equal(all[0].Id, (await org.Runs.NewestAsync(Stop))[org.Connection.Id].Id);
        Assert.Equal([all[0].Id, all[1].Id, all[3].Id], (await org.Runs.NewestByPurposeAsync(Stop))[org.Connection.Id].Select(run => run.Id).OrderByDescending(id => id.Value));
    }

    [Fact]
    public async Task Whoever_must_not_come_into_the_midst_of_a_run_closes_a_dead_one_and_leaves_a_living_one()
    {
        await using var org = await StartAsync();
        var run = await org.Runs.BeginAsync(org.Connection.Id, "test", ["Account"], RunPurpose.Sync, Stop);
        await org.Runs.CloseAbandonedAsync(org.Connection.Id, Stop);
        Assert.Equal(run.Id, (await org.Runs.FindRunningAsync(org.Connection.Id, Stop))!.Id);
        await org.OpenAsync();
        await org.Runs.CloseAbandonedAsync(org.Connection.Id, Stop);
        await AssertClosedAsync(org, run.Id);
    }

    private static async Task AssertClosedAsync(SyncedOrg org, RunId left)
    {
        var closed = (await org.Runs.FindAsync(left, Stop))!;
        Assert.Equal(RunOutcome.Stopped, closed.Outcome);
        Assert.All(closed.Tables, table => Assert.Equal(RunTableState.Held, table.State));
    }

    private async Task<SyncedOrg> StartAsync()
    {
        var org = await SyncedOrg.StartAsync();
        org.Database = database;
        await org.OpenAsync();
        return org;
    }

    public sealed class OnSqlite() : RunsOnEitherStoreTests(StoreDatabase.Sqlite)
    {
        [Fact]
        public async Task Alone_a_process_closes_what_it_left_behind_as_it_starts()
        {
            await using var org = await StartAsync();
            var left = await org.Runs.BeginAsync(org.Connection.Id, "test", ["Account", "Contact"], RunPurpose.Sync, Stop);
            await org.OpenAsync();
            Assert.Equal([org.Connection.Id], await org.Runs.CloseAbandonedAsync(Stop));
            await AssertClosedAsync(org, left.Id);
        }
    }

    public sealed class OnPostgres() : RunsOnEitherStoreTests(StoreDatabase.Postgres)
    {
        [Fact]
        public async Task Whoever_comes_goes_on_with_a_run_whose_process_died()
        {
            await using var org = await StartAsync();
            await org.SelectAsync("Account", "CaseStatus");
            var left = await org.Runner.BeginAsync(org.Connection.Id, "test", SyncWish.Everything, Stop);
            Assert.Empty(await org.Runs.Claims.AbandonedAsync(Stop));
            await org.OpenAsync();
            Assert.Empty(await org.Runs.CloseAbandonedAsync(Stop));
            Assert.Equal([(left.Id, org.Connection.Id)], await org.Runs.Claims.AbandonedAsync(Stop));

            Assert.Equal(RunOutcome.Completed, (await org.Runner.ContinueAsync(left, Stop)).Outcome);
            Assert.Equal([left.Id], (await org.Runs.ListAsync(org.Connection.Id, 10, Stop)).Select(run => run.Id));
            Assert.Empty(await org.Runs.Claims.AbandonedAsync(Stop));
            await org.AssertExactAsync("Account", "CaseStatus");
        }

        [Theory]
        [InlineData(RunPurpose.Move, false)]
        [InlineData(RunPurpose.Sync, true)]
        public async Task Nobody_goes_on_with_a_move_or_with_what_was_to_stop(RunPurpose purpose, bool stopped)
        {
            await using var org = await StartAsync();
            var left = await org.Runs.BeginAsync(org.Connection.Id, "test", ["Account"], purpose, Stop);
            if (stopped) await org.Runs.Claims.AskToStopAsync(org.Connection.Id, DateTimeOffset.UnixEpoch, Stop);
            await org.OpenAsync();
            Assert.Empty(await org.Runs.Claims.AbandonedAsync(Stop));
            Assert.Equal([org.Connection.Id], await org.Runs.CloseAbandonedAsync(Stop));
            await AssertClosedAsync(org, left.Id);
        }
    }
}
