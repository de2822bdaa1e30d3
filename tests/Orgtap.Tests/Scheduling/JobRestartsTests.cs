using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Tests.Salesforce;

namespace Orgtap.Tests.Scheduling;

public sealed class JobRestartsTests
{
    private static readonly ConnectionId Acme = new("acme");

    [Fact]
    public async Task Running_jobs_restart_one_at_a_time_in_order_with_a_pause_and_visible_progress()
    {
        var time = new ManualTime();
        var restarts = new JobRestarts(time);
        var course = new List<string>();
        var running = restarts.RunAsync(Acme, [Job("sync"), Job("conversations")], default);

        Assert.Equal([RestartState.Paused, RestartState.Waiting], restarts.ProgressOf(Acme).Select(step => step.State));
        Assert.Equal(time.GetUtcNow().AddSeconds(12), restarts.ProgressOf(Acme)[0].StartsAt);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(["stop sync"], course);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([RestartState.Started, RestartState.Paused], restarts.ProgressOf(Acme).Select(step => step.State));
        time.Advance(TimeSpan.FromSeconds(12));
        await running;
        Assert.Equal(["stop sync", "start sync", "stop conversations", "start conversations"], course);

        RestartableJob Job(string name) => new(name, _ => { course.Add($"stop {name}"); return Task.CompletedTask; }, _ => { course.Add($"start {name}"); return Task.CompletedTask; });
    }

    [Fact]
    public async Task A_job_that_cannot_be_restarted_says_why_and_does_not_hold_the_others_up()
    {
        var time = new ManualTime();
        var restarts = new JobRestarts(time);
        var started = false;
        var running = restarts.RunAsync(Acme, [
            new RestartableJob("sync", _ => throw new InvalidInputException("It is gone.", "Look."), _ => Task.CompletedTask),
            new RestartableJob("other", _ => Task.CompletedTask, _ => { started = true; return Task.CompletedTask; })], default);
        time.Advance(TimeSpan.FromSeconds(12));
        await running;
        Assert.True(started);
        Assert.Equal((RestartState.Failed, "It is gone. Look."), (restarts.ProgressOf(Acme)[0].State, restarts.ProgressOf(Acme)[0].Failure));
    }
}
