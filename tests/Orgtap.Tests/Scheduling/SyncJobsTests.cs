using Microsoft.Extensions.DependencyInjection;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Syncs;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Scheduling;

public sealed class SyncJobsTests
{
    [Fact]
    public async Task A_second_start_joins_the_run_under_way_and_a_stop_ends_it()
    {
        await using var org = await SyncedOrg.StartAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var goOn = new ManualResetEventSlim();
        org.Wrap = replica => new ObservedReplica(replica, page =>
        {
            if (page.RowCount == 0) return;
            reached.TrySetResult();
            goOn.Wait(SyncedOrg.Cancel);
        });
        await org.OpenAsync();
        await org.SelectAsync("Account");
        await using var services = Services(org);
        var jobs = services.GetRequiredService<SyncJobs>();

        var started = Assert.IsType<StartOutcome.Started>(await jobs.StartAsync(org.Connection.Id, "test", SyncedOrg.Cancel));
        await reached.Task.WaitAsync(SyncedOrg.Cancel);
        var second = Assert.IsType<StartOutcome.AlreadyRunning>(await jobs.StartAsync(org.Connection.Id, "test", SyncedOrg.Cancel));
        var stopping = jobs.StopAsync(org.Connection.Id, SyncedOrg.Cancel);
        goOn.Set();
        await stopping;

        Assert.Equal(started.RunId, second.RunId);
        Assert.Equal(RunOutcome.Stopped, (await org.Runs.FindAsync(started.RunId, SyncedOrg.Cancel))!.Outcome);
        Assert.Null(await jobs.WaitAsync(org.Connection.Id, SyncedOrg.Cancel));
    }

    [Fact]
    public async Task A_started_sync_runs_to_its_end_and_can_be_started_again()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("UserRole");
        await using var services = Services(org);
        var jobs = services.GetRequiredService<SyncJobs>();

        await jobs.StartAsync(org.Connection.Id, "test", SyncedOrg.Cancel);
        await jobs.WaitAsync(org.Connection.Id, SyncedOrg.Cancel);
        var again = await jobs.StartAsync(org.Connection.Id, "test", SyncedOrg.Cancel);
        await jobs.WaitAsync(org.Connection.Id, SyncedOrg.Cancel);

        Assert.Equal(RunOutcome.Completed, (await org.Runs.FindAsync(Assert.IsType<StartOutcome.Started>(again).RunId, SyncedOrg.Cancel))!.Outcome);
    }

    [Fact]
    public async Task What_cannot_be_started_says_why_at_once()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await using var services = Services(org);

        var refusal = await Assert.ThrowsAsync<InvalidInputException>(() => services.GetRequiredService<SyncJobs>().StartAsync(org.Connection.Id, "test", SyncedOrg.Cancel));

        Assert.Equal("No tables of acme are selected.", refusal.Message);
    }

    private static ServiceProvider Services(SyncedOrg org) => new ServiceCollection().AddLogging().AddSingleton(org.Runner).AddSingleton(org.Runs).AddSingleton<TimeProvider>(org.Host.Clock).AddSyncJobs().BuildServiceProvider();
}
