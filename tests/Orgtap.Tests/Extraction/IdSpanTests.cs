using Orgtap.Extraction;

namespace Orgtap.Tests.Extraction;

public sealed class IdSpanTests
{
    private static readonly (string, string) Range = ("001000000000000AAA", "0010000000000zzAAA");

    [Fact]
    public void All_that_is_left_is_one_span_until_that_is_too_much()
    {
        var span = new IdSpan("001000000000001AAA");

        Assert.Equal(("001000000000001AAA", null), (span.After, span.UpTo));
        Assert.False(span.MoveOn());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_Id_lies_in_exactly_one_span_and_the_last_has_no_end(int narrowed)
    {
        var span = new IdSpan(null);
        for (var i = 0; i < narrowed; i++) Assert.True(span.Narrow(Range));

        var spans = new List<(string? After, string? UpTo)>();
        do spans.Add((span.After, span.UpTo)); while (span.MoveOn());

        Assert.Equal(1 << narrowed, spans.Count);
        Assert.Null(spans[^1].UpTo);
        foreach (var id in new[] { "001000000000000AAA", "00100000000000zAAA", "0010000000000FUAAA", "0010000000000FVAAA", "0010000000000zzAAA", "001000000001000AAA" })
            Assert.Single(spans, each => (each.After is null || string.CompareOrdinal(id, Padded(each.After)) > 0) && (each.UpTo is null || string.CompareOrdinal(id, Padded(each.UpTo)) <= 0));
    }

    [Fact]
    public void Narrowing_in_the_middle_begins_behind_what_is_read_and_gets_narrower_each_time()
    {
        var span = new IdSpan(null);
        Assert.True(span.Narrow(Range));
        span.Read("0010000000000FUAAA");
        var before = span.UpTo;

        Assert.True(span.Narrow(Range));

        Assert.Equal("0010000000000FUAAA", span.After);
        Assert.True(string.CompareOrdinal(span.UpTo, before) < 0 && string.CompareOrdinal(span.UpTo, span.After) > 0);
    }

    [Fact]
    public void It_ends_where_more_pieces_would_cost_too_many_calls_or_the_range_is_too_narrow()
    {
        var span = new IdSpan(null);
        var times = 0;
        while (span.Narrow(("001000000000000AAA", "001zzzzzzzzzzzzAAA"))) times++;

        Assert.Equal(12, times);
        Assert.False(new IdSpan(null).Narrow(("001000000000001AAA", "001000000000001AAA")));
    }

    /// <summary>An Id of 15 characters stands for the one of 18.</summary>
    private static string Padded(string id) => id.Length == 15 ? id + "AAA" : id;
}
