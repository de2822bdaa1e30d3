using Orgtap.SimulatedOrg.Hosting;
using static Orgtap.Tests.SimulatedOrg.RunningOrg;

namespace Orgtap.Tests.SimulatedOrg.Control;

public sealed class SimulatedClockTests
{
    [Fact]
    public void A_frozen_clock_moves_only_when_told()
    {
        var clock = Frozen();
        var stamp = clock.GetTimestamp();
        Assert.Equal(Noon, clock.GetUtcNow());
        clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(Noon.AddMinutes(3), clock.GetUtcNow());
        Assert.Equal(TimeSpan.FromMinutes(3), clock.GetElapsedTime(stamp));
    }

    [Fact]
    public async Task A_delay_ends_when_its_time_is_reached_and_not_before()
    {
        var clock = Frozen();
        var delay = Task.Delay(TimeSpan.FromHours(1), clock, Cancel);
        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.False(delay.IsCompleted);
        clock.Advance(TimeSpan.FromMinutes(1));
        await delay;
    }

    [Fact]
    public async Task A_delay_begun_while_time_stands_still_ends_once_time_runs()
    {
        var clock = Frozen();
        var delay = Task.Delay(TimeSpan.FromMilliseconds(5), clock, Cancel);
        Assert.False(delay.IsCompleted);
        clock.Run();
        await delay;
        Assert.True(clock.GetUtcNow() >= Noon.AddMilliseconds(5));
    }

    private static SimulatedClock Frozen() => new(Noon, frozen: true);
}
