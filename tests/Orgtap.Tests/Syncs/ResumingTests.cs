using Orgtap.Records;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

public sealed class ResumingTests
{
    [Fact]
    public async Task A_load_goes_on_with_the_job_it_had_and_behind_the_pages_it_has()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account");
        var crash = new Crash(7);
        org.Wrap = replica => new CrashingReplica(replica, crash);
        await org.OpenAsync();
        await org.SyncAsync();

        org.Wrap = replica => replica;
        await org.OpenAsync();
        var before = org.Host.Requests.Count("bulk.create");
        var run = await org.SyncAsync();

        var account = Assert.Single(run.Tables);
        Assert.True(account.Plan!.Resumes);
        Assert.Equal(before, org.Host.Requests.Count("bulk.create"));
        Assert.Equal(2_600, account.Receipt!.Tally.Parsed);
        Assert.Equal(Verdict.Complete, account.Receipt.Verdict);
    }

    [Fact]
    public async Task A_job_that_Salesforce_has_forgotten_is_made_anew()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account");
        var crash = new Crash(7);
        org.Wrap = replica => new CrashingReplica(replica, crash);
        await org.OpenAsync();
        await org.SyncAsync();
        org.Host.Clock.Advance(TimeSpan.FromDays(8));

        org.Wrap = replica => replica;
        await org.OpenAsync();
        var run = await org.SyncAsync();

        Assert.Equal(RunOutcome.Completed, run.Outcome);
        Assert.Equal(2_600, Assert.Single(run.Tables).Receipt!.Tally.Parsed);
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task A_stop_ends_behind_a_commit_and_the_next_run_goes_on()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account");
        using var stop = new CancellationTokenSource();
        org.Wrap = replica => new ObservedReplica(replica, page =>
        {
            if (page.RowCount > 0) stop.Cancel();
        });
        await org.OpenAsync();

        var stopped = await org.Runner.RunAsync(org.Connection.Id, "test", stop.Token);

        Assert.Equal((RunOutcome.Stopped, RunTableState.Held), (stopped.Outcome, stopped.Tables[0].State));
        Assert.InRange(stopped.Tables[0].RowsWritten, 1, 2_599);
        Assert.Null(stopped.Problem);
        org.Wrap = replica => replica;
        await org.OpenAsync();
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task A_run_that_a_dead_process_left_is_closed_before_the_next()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("UserRole");
        var abandoned = await org.Runner.BeginAsync(org.Connection.Id, "test", SyncWish.Everything, SyncedOrg.Cancel);
        await org.OpenAsync();

        await org.SyncAsync();

        var closed = await org.Runs.FindAsync(abandoned.Id, SyncedOrg.Cancel);
        Assert.Equal(RunOutcome.Stopped, closed!.Outcome);
        Assert.NotNull(closed.EndedAt);
        Assert.StartsWith("The process ended", closed.Problem!.Message, StringComparison.Ordinal);
        Assert.All(closed.Tables, table => Assert.Equal(RunTableState.Held, table.State));
    }
}
