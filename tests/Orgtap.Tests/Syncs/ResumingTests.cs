using Orgtap.Records;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

public sealed class ResumingTests
{
    private static readonly string[] Tables = ["Account", "Contact", "UserRole"];

    public static TheoryData<int> Steps => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_process_that_ends_at_any_call_or_commit_loses_and_doubles_nothing(int step)
    {
        await using var org = await SyncedOrg.StartAsync(options => options with
        {
            Records = new Dictionary<string, long> { ["User"] = 3, ["UserRole"] = 3, ["Account"] = 1_400, ["Contact"] = 650 },
        });
        await org.OpenAsync();
        await org.SelectAsync(Tables);
        var crash = new Crash(step);
        org.Network = inner => new CrashingNetwork(inner, crash);
        org.Wrap = replica => new CrashingReplica(replica, crash);
        org.Options = org.Options with { TableRetries = 0 };
        await org.OpenAsync();
        var first = await org.SyncAsync();

        (org.Network, org.Wrap) = (inner => inner, replica => replica);
        await org.OpenAsync();
        var second = await org.SyncAsync();

        Assert.True(crash.Happened, "There are fewer steps than that.");
        Assert.NotEqual(RunOutcome.Completed, first.Outcome);
        Assert.Equal(RunOutcome.Completed, second.Outcome);
        Assert.All(second.Tables, table => Assert.Equal(Verdict.Complete, table.Receipt!.Verdict));
        await org.AssertExactAsync(Tables);
    }

    [Fact]
    public async Task A_load_goes_on_with_the_job_it_had_and_behind_the_pages_it_has()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account");
        var crash = new Crash(5);
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
        var crash = new Crash(5);
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
