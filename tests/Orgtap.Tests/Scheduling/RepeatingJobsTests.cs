using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Scheduling;

public sealed class RepeatingJobsTests
{
    [Fact]
    public async Task How_a_job_went_is_known_after_a_restart_as_soon_as_somebody_runs_it_again()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        var clock = new ManualTime(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
        var jobs = Jobs(org, clock);
        await jobs.RegisterAsync(JobKind.CleanUp, TimeSpan.FromHours(6), SyncedOrg.Cancel);
        var began = clock.GetUtcNow();
        await Assert.ThrowsAsync<InvalidInputException>(() => jobs.RunAsync(JobKind.CleanUp, async () =>
        {
            var look = (await jobs.LooksAsync(SyncedOrg.Cancel))[JobKind.CleanUp];
            Assert.Equal((true, began), (look.IsRunning, look.LastStart));
            clock.Advance(TimeSpan.FromMinutes(1));
            throw new InvalidInputException("The disk is full.", "Make room.");
        }, SyncedOrg.Cancel));

        // Another process, in which nobody runs it yet.
        await org.OpenAsync();
        jobs = Jobs(org, clock);
        Assert.Empty(await jobs.LooksAsync(SyncedOrg.Cancel));
        await jobs.RegisterAsync(JobKind.CleanUp, TimeSpan.FromHours(6), SyncedOrg.Cancel);
        Assert.Equal(new RepeatingJobLook(TimeSpan.FromHours(6), false, began, began.AddMinutes(1), "The disk is full. Make room."), (await jobs.LooksAsync(SyncedOrg.Cancel))[JobKind.CleanUp]);
    }

    private static RepeatingJobs Jobs(SyncedOrg org, TimeProvider time) => new(new JobStates(org.Store, time), org.Store, time);
}
