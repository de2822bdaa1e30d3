using Orgtap.Connections;
using Orgtap.Primitives;

namespace Orgtap.Tests.Connections;

public sealed class UpdateFrequencyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("5m", 5)]
    [InlineData("15M", 15)]
    [InlineData("1h", 60)]
    [InlineData("daily", 24 * 60)]
    [InlineData("weekly", 7 * 24 * 60)]
    public void The_next_time_lies_within_one_interval_and_they_are_one_interval_apart(string text, int minutes)
    {
        var (frequency, connection) = (UpdateFrequency.Parse(text), ConnectionId.New());

        var next = frequency.NextAfter(Noon, connection)!.Value;

        Assert.InRange(next - Noon, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(minutes));
        Assert.Equal(TimeSpan.FromMinutes(minutes), frequency.NextAfter(next, connection)!.Value - next);
    }

    [Fact]
    public void A_thousand_connections_do_not_begin_in_one_second()
    {
        var busiest = Enumerable.Range(0, 1_000).Select(_ => UpdateFrequency.Hourly.NextAfter(Noon, ConnectionId.New())).GroupBy(at => at).Max(group => group.Count());

        Assert.InRange(busiest, 1, 8);
    }

    [Fact]
    public void Cron_is_of_its_own_zone_also_across_summer_time()
    {
        var frequency = UpdateFrequency.Parse("cron:0 30 6 ? * MON-FRI@Europe/Berlin");

        Assert.Equal(new DateTimeOffset(2026, 6, 2, 4, 30, 0, TimeSpan.Zero), frequency.NextAfter(Noon, ConnectionId.New()));
        Assert.Equal(new DateTimeOffset(2026, 12, 1, 5, 30, 0, TimeSpan.Zero), frequency.NextAfter(new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero), ConnectionId.New()));
        Assert.Equal(frequency.Text, UpdateFrequency.Parse(frequency.Text).Text);
    }

    [Theory]
    [InlineData("hourly", "is no update frequency")]
    [InlineData("", "is no update frequency")]
    [InlineData("cron:every day", "is no cron expression")]
    [InlineData("cron:0 0 6 ? * MON@Nowhere/Land", "There is no time zone Nowhere/Land")]
    public void What_is_none_is_refused_in_words(string text, string words) =>
        Assert.Contains(words, Assert.Throws<InvalidInputException>(() => UpdateFrequency.Parse(text)).Message, StringComparison.Ordinal);
}
