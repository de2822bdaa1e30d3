using Orgtap.Extraction;

namespace Orgtap.Tests.Extraction;

public sealed class IdSlicesTests
{
    [Fact]
    public void Cuts_lie_in_order_between_the_ends_and_in_even_steps()
    {
        // Between 00 and zz lie 3,843 steps of base 62: a quarter of them is 960, FU in that base.
        Assert.Equal(["0010000000000FU", "0010000000000Uz", "0010000000000kU"], IdSlices.Cut("001000000000000AAA", "0010000000000zzAAA", 4));
    }

    [Theory]
    [InlineData("001000000000001AAA", "001000000000003AAA", 10, 1)]
    [InlineData("001000000000001AAA", "001000000000001AAA", 4, 0)]
    [InlineData("001000000000009AAA", "001000000000001AAA", 4, 0)]
    [InlineData("short", "001000000000001AAA", 4, 0)]
    [InlineData("00100000000000-AAA", "001000000000001AAA", 4, 0)]
    public void A_range_that_is_narrow_or_none_has_few_cuts_or_none(string first, string last, int slices, int least) =>
        Assert.InRange(IdSlices.Cut(first, last, slices).Count, least, least + 1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1_000)]
    public void Every_Id_lies_in_exactly_one_slice(int slices)
    {
        var cuts = IdSlices.Cut("001000000000000AAA", "001000000zzzzzzAAA", slices);
        Assert.Equal(slices - 1, cuts.Count);
        foreach (var id in new[] { "001000000000000", "0010000000000zz", "001000000ABCabc", "001000000zzzzzz", "001000001000000" })
        {
            var inSlices = Enumerable.Range(0, cuts.Count + 1)
                .Count(slice => (slice == 0 || string.CompareOrdinal(id, cuts[slice - 1]) > 0) && (slice == cuts.Count || string.CompareOrdinal(id, cuts[slice]) <= 0));
            Assert.Equal(1, inSlices);
        }
    }
}
