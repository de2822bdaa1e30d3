using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orgtap.Scheduling;
using Orgtap.Tests.Salesforce;
using Quartz;

namespace Orgtap.Tests.Scheduling;

public sealed class ClockWatchTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_clock_that_is_set_back_by_an_hour_does_not_hold_up_repeating_jobs_for_an_hour()
    {
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var services = new ServiceCollection().AddSingleton(ran).AddLogging().AddQuartz(quartz => quartz.UseInMemoryStore()).BuildServiceProvider();
        var schedulers = services.GetRequiredService<ISchedulerFactory>();
        var scheduler = await schedulers.GetScheduler(Stop);
        // As it stands when the clock was an hour ahead and is right now: the next run is an hour away.
        await scheduler.ScheduleJob(JobBuilder.Create<Ran>().WithIdentity("due", "system").Build(), TriggerBuilder.Create().WithIdentity("due", "system").StartAt(TimeProvider.System.GetUtcNow().AddHours(1))
            .WithSimpleSchedule(often => often.WithInterval(DueSyncs.Period).RepeatForever()).Build(), cancellationToken: Stop);
        await scheduler.Start(Stop);
        var time = new SetTime();
        await using var watch = new ClockWatch(schedulers, time, NullLogger<ClockWatch>.Instance);
        watch.Start();

        time.Advance(ClockWatch.Period);
        Assert.InRange((await scheduler.GetTrigger(new TriggerKey("due", "system"), Stop))!.NextFireTimeUtc!.Value, TimeProvider.System.GetUtcNow().AddMinutes(50), TimeProvider.System.GetUtcNow().AddHours(1));
        time.Back = TimeSpan.FromHours(1);
        time.Advance(ClockWatch.Period);
        await ran.Task.WaitAsync(Stop);
        await scheduler.Shutdown(waitForJobsToComplete: true, Stop);
    }

    private sealed class Ran(TaskCompletionSource ran) : IJob
    {
        public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            ran.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A clock that people set back; what passes is counted apart from it.</summary>
    private sealed class SetTime : TimeProvider
    {
        private readonly ManualTime _counted = new(System.GetUtcNow());

        public TimeSpan Back { get; set; }

        public override long TimestampFrequency => _counted.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => _counted.GetUtcNow() - Back;

        public override long GetTimestamp() => _counted.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _counted.CreateTimer(callback, state, dueTime, period);

        public void Advance(TimeSpan by) => _counted.Advance(by);
    }
}
