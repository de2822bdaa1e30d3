using Microsoft.Extensions.DependencyInjection;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.Syncs;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Scheduling;

public sealed class DueSyncsTests
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
        var retries = services.GetRequiredService<DueSyncs>();

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

        Assert.Equal(1, await services.GetRequiredService<DueSyncs>().StartAsync(SyncedOrg.Cancel));
        var run = await services.GetRequiredService<SyncJobs>().WaitAsync(org.Connection.Id, SyncedOrg.Cancel);

        Assert.Equal((RunOutcome.Completed, DueSyncs.Actor), (run!.Outcome, run.StartedBy));
    }

    [Fact]
    public async Task What_was_noted_while_the_clock_was_ahead_holds_nothing_up_once_it_is_right()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("UserRole");
        await org.Connections.SetFrequencyAsync(org.Connection.Id, UpdateFrequency.Parse("1h"), SyncedOrg.Cancel);
        var now = org.Host.Clock.GetUtcNow();
        var connection = await org.Connections.GetAsync("acme", SyncedOrg.Cancel);
        var inAYear = new RunStarts(now.AddDays(365), now.AddDays(365), null);
        Assert.NotNull(DueSyncs.DueOf(connection, inAYear, JobDecisions.None, now + TimeSpan.FromHours(1.1)));
        var quota = connection with { Problem = new Problem(FailureKind.QuotaExhausted, Turn.We, "The quota is used up.", "It goes on by itself.", now.AddDays(365), now.AddDays(365.1), null) };
        Assert.NotNull(DueSyncs.DueOf(quota, new RunStarts(now, null, null), JobDecisions.None, now));
        // Where only the retry lies ahead, it was meant so.
        Assert.Null(DueSyncs.DueOf(quota with { Problem = quota.Problem! with { Since = now } }, new RunStarts(now, null, null), JobDecisions.None, now));
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

        Assert.Equal(0, await services.GetRequiredService<DueSyncs>().StartAsync(SyncedOrg.Cancel));
    }

    [Fact]
    public async Task A_connection_syncs_once_an_interval_however_long_nobody_looked()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("UserRole");
        var frequency = UpdateFrequency.Parse("15m");
        await org.Connections.SetFrequencyAsync(org.Connection.Id, frequency, SyncedOrg.Cancel);
        ToTheNextTime();
        await org.SyncAsync();
        await using var services = Services(org);
        var due = services.GetRequiredService<DueSyncs>();

        Assert.Equal(0, await due.StartAsync(SyncedOrg.Cancel));
        org.Host.Clock.Advance(TimeSpan.FromHours(5));
        ToTheNextTime();
        Assert.Equal(1, await due.StartAsync(SyncedOrg.Cancel));
        await services.GetRequiredService<SyncJobs>().WaitAsync(org.Connection.Id, SyncedOrg.Cancel);
        Assert.Equal(0, await due.StartAsync(SyncedOrg.Cancel));
        org.Host.Clock.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal(1, await due.StartAsync(SyncedOrg.Cancel));
        await services.GetRequiredService<SyncJobs>().WaitAsync(org.Connection.Id, SyncedOrg.Cancel);
        await org.Connections.SetFrequencyAsync(org.Connection.Id, UpdateFrequency.Parse("manual"), SyncedOrg.Cancel);
        org.Host.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(0, await due.StartAsync(SyncedOrg.Cancel));

        // Its times lie where its id puts them; just behind one, the next is as far away as can be.
        void ToTheNextTime()
        {
            var now = org.Host.Clock.GetUtcNow();
            org.Host.Clock.Advance(frequency.NextAfter(now, org.Connection.Id)!.Value - now + TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task Scheduled_syncs_read_formulas_daily_and_compare_all_Ids_weekly()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Opportunity");
        await org.SyncAsync();
        await using var services = Services(org);
        var purposes = new List<Orgtap.Extraction.RunPurpose>();
        for (var day = 0; day < 9; day++)
        {
            org.Host.Clock.Advance(TimeSpan.FromHours(24));
            Assert.Equal(1, await services.GetRequiredService<DueSyncs>().StartAsync(SyncedOrg.Cancel));
            purposes.Add((await services.GetRequiredService<SyncJobs>().WaitAsync(org.Connection.Id, SyncedOrg.Cancel))!.Purpose);
        }

        // Each connection has its own moment of the week, so that nine days hold one or two of them.
        Assert.InRange(purposes.Count(purpose => purpose == Orgtap.Extraction.RunPurpose.Reconcile), 1, 2);
        Assert.All(purposes, purpose => Assert.True(purpose is Orgtap.Extraction.RunPurpose.Refresh or Orgtap.Extraction.RunPurpose.Reconcile));
    }

    [Fact]
    public async Task What_the_end_of_the_process_interrupted_goes_on_with_the_next_look()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("UserRole");
        await org.Connections.SetFrequencyAsync(org.Connection.Id, UpdateFrequency.Parse("daily"), SyncedOrg.Cancel);
        // Begun, and left behind by a process that died.
        await org.Runner.BeginAsync(org.Connection.Id, "test", SyncWish.Everything, SyncedOrg.Cancel);
        await org.OpenAsync();
        await using var services = Services(org);
        var due = services.GetRequiredService<DueSyncs>();
        var interrupted = await org.Runs.CloseAbandonedAsync(SyncedOrg.Cancel);
        Assert.Equal(0, await due.StartAsync(SyncedOrg.Cancel));

        await due.GoOnAsync(interrupted, SyncedOrg.Cancel);
        Assert.Equal(1, await due.StartAsync(SyncedOrg.Cancel));
        Assert.Equal(RunOutcome.Completed, (await services.GetRequiredService<SyncJobs>().WaitAsync(org.Connection.Id, SyncedOrg.Cancel))!.Outcome);
        Assert.Null((await org.Connections.GetAsync("acme", SyncedOrg.Cancel)).Problem);
        Assert.Equal(0, await due.StartAsync(SyncedOrg.Cancel));

        // What has a problem of its own keeps it; what is paused stays so.
        var dead = new Problem(FailureKind.ReauthorizationRequired, Turn.Admin, "Dead.", "Authorize.", SyncedOrg.Noon, null, null);
        await org.Connections.SetProblemAsync(org.Connection.Id, dead, SyncedOrg.Cancel);
        await due.GoOnAsync([org.Connection.Id], SyncedOrg.Cancel);
        Assert.Equal("Dead.", (await org.Connections.GetAsync("acme", SyncedOrg.Cancel)).Problem!.Message);
        await org.Connections.SetProblemAsync(org.Connection.Id, null, SyncedOrg.Cancel);
        await org.Connections.SetSyncEnabledAsync(org.Connection.Id, false, SyncedOrg.Cancel);
        await due.GoOnAsync([org.Connection.Id], SyncedOrg.Cancel);
        Assert.Null((await org.Connections.GetAsync("acme", SyncedOrg.Cancel)).Problem);
    }

    private static ServiceProvider Services(SyncedOrg org) => new ServiceCollection().AddLogging()
        .AddSingleton<TimeProvider>(org.Host.Clock).AddSingleton(org.Connections).AddSingleton(org.Selections).AddSingleton(org.Runner).AddSingleton(org.Runs).AddSingleton(org.Store).AddSyncJobs().AddDueSyncs().BuildServiceProvider();
}
