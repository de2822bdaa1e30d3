using Orgtap.App.Web.Shell;

namespace Orgtap.Tests.App;

/// <summary>Times and messages as pages write them.</summary>
public sealed class WordsTests
{
    // 23:50 in Berlin.
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 22, 50, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(14, "00:04")]
    [InlineData(-14, "23:36")]
    [InlineData(-22 * 60, "01:50")]
    [InlineData((12 * 60) + 5, "Fri 27 Nov, 11:55")]
    [InlineData(-24 * 60, "Wed 25 Nov, 23:50")]
    [InlineData(60 * 24 * 60, "25 Jan 2027, 23:50")]
    public void A_time_of_day_stands_alone_while_it_means_one_moment_only(int minutesAway, string words) =>
        Assert.Equal(words, Words.When(Now.AddMinutes(minutesAway), new InZone("Europe/Berlin")));

    [Fact]
    public void A_span_names_its_day_once()
    {
        var zone = new InZone("Europe/Berlin");
        Assert.Equal("23:40:00 to 00:10:00", Words.Span(Now.AddMinutes(-10), Now.AddMinutes(20), zone));
        Assert.Equal("Mon 23 Nov, 10:00:00 to 10:30:05", Words.Span(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 23, 9, 30, 5, TimeSpan.Zero), zone));
    }

    [Fact]
    public void Where_pages_and_rows_have_one_zone_it_is_said_once()
    {
        Assert.Equal("Times are in UTC. Updated 22:50:00.", Words.ZoneBesideRows(new InZone("UTC")));
        Assert.Equal("Times in rows are in UTC, all others in Europe/Berlin. Updated 23:50:00.", Words.ZoneBesideRows(new InZone("Europe/Berlin")));
    }

    [Fact]
    public void A_long_message_is_told_by_its_first_sentence_and_nothing_of_it_is_lost()
    {
        const string Message = "acme.my.salesforce.com did not let the user in; it does not say why. It may be a wrong password. Or the org blocks the username-password flow, which Salesforce is withdrawing.";
        var headline = Words.Headline(Message, out var rest);
        Assert.Equal("acme.my.salesforce.com did not let the user in; it does not say why.", headline);
        Assert.Equal(Message, $"{headline} {rest}");
        Assert.Equal("Contact: 12 rows of 1,600 are missing. More.", Words.Headline("Contact: 12 rows of 1,600 are missing. More.", out rest));
        Assert.Empty(rest);
    }

    private sealed class InZone(string zone) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.FindSystemTimeZoneById(zone);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
