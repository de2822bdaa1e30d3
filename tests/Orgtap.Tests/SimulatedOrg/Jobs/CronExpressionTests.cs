using System.Globalization;
using Orgtap.SimulatedOrg.Data.Jobs;

namespace Orgtap.Tests.SimulatedOrg.Jobs;

public sealed class CronExpressionTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("0 0 2 * * ?", "2026-06-01T12:00:00Z", "2026-06-02T02:00:00Z")]
    [InlineData("30 15 * * * ?", "2026-06-01T12:15:30Z", "2026-06-01T13:15:30Z")]
    [InlineData("0 30 6 ? * MON-FRI", "2026-06-05T07:00:00Z", "2026-06-08T06:30:00Z")]
    [InlineData("0 0 0 1 * ?", "2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("0 45 23 L * ?", "2026-02-01T00:00:00Z", "2026-02-28T23:45:00Z")]
    [InlineData("0 15 10 ? * 6L", "2026-06-01T00:00:00Z", "2026-06-26T10:15:00Z")]
    [InlineData("0 5 4 ? 1,4,7,10 2#1", "2026-05-01T00:00:00Z", "2026-07-06T04:05:00Z")]
    [InlineData("0 0 0/6 * * ?", "2026-06-01T12:00:00Z", "2026-06-01T18:00:00Z")]
    [InlineData("0 0 8 29 2 ?", "2026-06-01T00:00:00Z", "2028-02-29T08:00:00Z")]
    [InlineData("0 0 10 ? * FRI 2027", "2026-06-01T00:00:00Z", "2027-01-01T10:00:00Z")]
    public void The_next_time_is_the_first_after_a_moment(string text, string after, string next) =>
        Assert.Equal(At(next), new CronExpression(text).Next(At(after), TimeZoneInfo.Utc));

    [Fact]
    public void Hours_are_those_of_the_users_zone_and_skip_what_summer_time_leaves_out()
    {
        var cron = new CronExpression("0 30 2 * * ?");
        Assert.Equal(At("2026-03-28T01:30:00Z"), cron.Next(At("2026-03-27T12:00:00Z"), Berlin));
        Assert.Equal(At("2026-03-30T00:30:00Z"), cron.Next(At("2026-03-28T12:00:00Z"), Berlin));
    }

    [Fact]
    public void A_year_that_is_over_never_comes_again() => Assert.Null(new CronExpression("0 0 10 1 1 ? 2020").Next(At("2026-06-01T00:00:00Z"), TimeZoneInfo.Utc));

    [Fact]
    public void Previous_and_count_agree_with_stepping_through_next()
    {
        foreach (var text in (string[])["0 0 2 * * ?", "0 0 0/6 * * ?", "0 30 6 ? * MON-FRI", "0 45 23 L * ?"])
        {
            var cron = new CronExpression(text);
            var (from, to) = (At("2026-01-10T03:30:00Z"), At("2026-03-20T18:00:00Z"));
            var times = new List<DateTimeOffset>();
            for (var at = cron.Next(from, TimeZoneInfo.Utc); at <= to; at = cron.Next(at.Value, TimeZoneInfo.Utc)) times.Add(at.Value);
            Assert.Equal(times.Count, cron.Count(from, to, TimeZoneInfo.Utc));
            Assert.Equal(times[^1], cron.Previous(to.AddTicks(1), from, TimeZoneInfo.Utc));
            Assert.Null(cron.Previous(times[0], from, TimeZoneInfo.Utc));
        }
    }

    [Theory]
    [InlineData("0 0 2 * *")]
    [InlineData("0 0 25 * * ?")]
    [InlineData("0/5 0 2 * * ?")]
    [InlineData("0 * 2 * * ?")]
    [InlineData("0 0 2 1 * 1")]
    [InlineData("0 0 2 ? * ?")]
    [InlineData("0 0 2 ? * XYZ")]
    public void What_Apex_does_not_take_is_refused(string text) => Assert.Throws<FormatException>(() => new CronExpression(text));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
