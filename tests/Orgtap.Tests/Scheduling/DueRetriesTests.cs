using Microsoft.Extensions.DependencyInjection;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.Syncs;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Scheduling;

public sealed class DueRetriesTests
{
    [Fact]
    public async Task A_sync_that_stopped_for_the_quota_goes_on_when_its_card_says_so_and_no_sooner()
    {
        await using var org = await SyncedOrg.StartAsync(options => options with { ApiLimit = 1_000 });
        await org.OpenAsync();
        await org.SelectAsync("UserRole");
        org.Host.Usage.Background = 960;
        var stopped = await org.SyncAsync();
        var resumesAt = stopped.Problem!.RetryAt!.Value;
        Assert.Equal(FailureKind.QuotaExhausted, stopped.Problem.Kind);
        org.Host.Usage.Background = 100;
        await using var services = Services(org);
        var retries = services.GetRequiredService<DueRetries>();

        Assert.Equal(0, await retries.StartAsync(SyncedOrg.Cancel));
        org.Host.Clock.Advance(resumesAt - org.Host.Clock.GetUtcNow());
        Assert.Equal(1, await retries.StartAsync(SyncedOrg.Cancel));
        await services.GetRequiredService<SyncJobs>().WaitAsync(org.Connection.Id, SyncedOrg.Cancel);

        Assert.Null((await org.Connections.GetAsync("acme", SyncedOrg.Cancel)).Problem);
        await org.AssertExactAsync("UserRole");
        Assert.Equal(0, await retries.StartAsync(SyncedOrg.Cancel));
    }

    [Fact]
    public async Task A_table_that_failed_for_a_passing_reason_is_tried_again_as_announced()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("UserRole");
        var fault = org.Host.Faults.Add("GET */query*", new FaultEffect.Answer(503, "", "text/plain"));
        var failed = await org.SyncAsync();
        Assert.Equal(Turn.We, failed.Problem!.Turn);
        org.Host.Faults.Remove(fault);
        await using var services = Services(org);
        org.Host.Clock.Advance(failed.Problem.RetryAt!.Value - org.Host.Clock.GetUtcNow());

        Assert.Equal(1, await services.GetRequiredService<DueRetries>().StartAsync(SyncedOrg.Cancel));
        var run = await services.GetRequiredService<SyncJobs>().WaitAsync(org.Connection.Id, SyncedOrg.Cancel);

        Assert.Equal((RunOutcome.Completed, DueRetries.Actor), (run!.Outcome, run.StartedBy));
    }

    [Fact]
    public async Task A_paused_connection_is_left_alone()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("UserRole");
        await org.Connections.SetProblemAsync(org.Connection.Id,
            new Problem(FailureKind.Transient, Turn.We, "It failed.", "We try again.", SyncedOrg.Noon, SyncedOrg.Noon, null), SyncedOrg.Cancel);
        await org.Connections.SetSyncEnabledAsync(org.Connection.Id, false, SyncedOrg.Cancel);
        await using var services = Services(org);

        Assert.Equal(0, await services.GetRequiredService<DueRetries>().StartAsync(SyncedOrg.Cancel));
    }

    private static ServiceProvider Services(SyncedOrg org) => new ServiceCollection().AddLogging()
        .AddSingleton<TimeProvider>(org.Host.Clock).AddSingleton(org.Connections).AddSingleton(org.Runner).AddSingleton(org.Runs).AddSyncJobs().AddDueRetries().BuildServiceProvider();
}
