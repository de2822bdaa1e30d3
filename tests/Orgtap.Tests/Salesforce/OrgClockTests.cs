using Orgtap.Salesforce;

namespace Orgtap.Tests.Salesforce;

public sealed class OrgClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(400)]
    [InlineData(999)]
    public void A_clock_that_agrees_with_the_org_to_the_second_is_taken_as_it_is(int milliseconds)
    {
        var time = new ManualTime(Noon.AddMilliseconds(milliseconds));
        var clock = new OrgClock(time);
        Hear(clock, Noon);
        Assert.Equal(time.GetUtcNow(), clock.GetUtcNow());
        time.Advance(TimeSpan.FromHours(3.7));
        Assert.Equal(time.GetUtcNow(), clock.GetUtcNow());
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    [InlineData(2)]
    [InlineData(-2)]
    public void A_clock_that_is_wrong_is_not_asked_and_time_goes_on_from_what_the_org_said(int secondsAhead)
    {
        var time = new ManualTime(Noon.AddSeconds(secondsAhead));
        var clock = new OrgClock(time);
        Assert.Equal(time.GetUtcNow(), clock.GetUtcNow());
        Hear(clock, Noon);
        Assert.Equal(Noon, clock.GetUtcNow());
        time.Advance(TimeSpan.FromMilliseconds(2_500));
        Assert.Equal(Noon.AddMilliseconds(2_500), clock.GetUtcNow());
    }

    [Fact]
    public void A_clock_that_is_set_between_two_answers_changes_nothing()
    {
        var time = new SetTime(Noon);
        var clock = new OrgClock(time);
        Hear(clock, Noon);
        time.Set(Noon.AddDays(1));
        Assert.Equal(Noon, clock.GetUtcNow());
        time.Set(Noon.AddDays(-1));
        Assert.Equal(Noon, clock.GetUtcNow());
    }

    [Fact]
    public void An_answer_without_a_date_teaches_nothing()
    {
        var time = new ManualTime(Noon);
        var clock = new OrgClock(time);
        using (var answer = new HttpResponseMessage()) clock.Hear(answer);
        Assert.Equal(Noon, clock.GetUtcNow());
    }

    private static void Hear(OrgClock clock, DateTimeOffset date)
    {
        using var answer = new HttpResponseMessage { Headers = { Date = date } };
        clock.Hear(answer);
    }

    /// <summary>A clock that people set; what passes is counted apart from it.</summary>
    private sealed class SetTime(DateTimeOffset now) : TimeProvider
    {
        private DateTimeOffset _now = now;

        public void Set(DateTimeOffset to) => _now = to;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => 0;
    }
}
