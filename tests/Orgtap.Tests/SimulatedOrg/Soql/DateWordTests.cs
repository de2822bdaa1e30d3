using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.Tests.SimulatedOrg.Soql;

public sealed class DateWordTests
{
    // A Wednesday.
    private static readonly DateOnly Today = new(2026, 3, 4);

    [Theory]
    [InlineData("TODAY", 0, "2026-03-04", "2026-03-05")]
    [InlineData("YESTERDAY", 0, "2026-03-03", "2026-03-04")]
    [InlineData("TOMORROW", 0, "2026-03-05", "2026-03-06")]
    [InlineData("THIS_WEEK", 0, "2026-03-01", "2026-03-08")]
    [InlineData("LAST_WEEK", 0, "2026-02-22", "2026-03-01")]
    [InlineData("THIS_MONTH", 0, "2026-03-01", "2026-04-01")]
    [InlineData("LAST_MONTH", 0, "2026-02-01", "2026-03-01")]
    [InlineData("NEXT_MONTH", 0, "2026-04-01", "2026-05-01")]
    [InlineData("THIS_QUARTER", 0, "2026-01-01", "2026-04-01")]
    [InlineData("NEXT_QUARTER", 0, "2026-04-01", "2026-07-01")]
    [InlineData("THIS_YEAR", 0, "2026-01-01", "2027-01-01")]
    [InlineData("LAST_YEAR", 0, "2025-01-01", "2026-01-01")]
    [InlineData("LAST_90_DAYS", 0, "2025-12-04", "2026-03-05")]
    [InlineData("NEXT_90_DAYS", 0, "2026-03-05", "2026-06-03")]
    [InlineData("LAST_N_DAYS", 3, "2026-03-01", "2026-03-05")]
    [InlineData("NEXT_N_DAYS", 3, "2026-03-05", "2026-03-08")]
    [InlineData("N_DAYS_AGO", 3, "2026-03-01", "2026-03-02")]
    [InlineData("LAST_N_MONTHS", 2, "2026-01-01", "2026-03-01")]
    [InlineData("NEXT_N_YEARS", 2, "2027-01-01", "2029-01-01")]
    [InlineData("N_QUARTERS_AGO", 1, "2025-10-01", "2026-01-01")]
    public void Words_are_ranges_of_days(string word, int count, string from, string until)
    {
        Assert.True(count == 0 ? DateWords.IsPlain(word) : DateWords.IsCounted(word));
        var range = DateWords.Range(word, count, Today);
        Assert.Equal((from, until), ($"{range.From:yyyy-MM-dd}", $"{range.Until:yyyy-MM-dd}"));
    }

    [Theory]
    [InlineData("SOMEDAY")]
    [InlineData("LAST_N_DAYS")]
    [InlineData("THIS_DAY")]
    public void Other_words_are_no_dates(string word) => Assert.False(DateWords.IsPlain(word));
}
