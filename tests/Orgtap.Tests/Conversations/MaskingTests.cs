using FsCheck;
using FsCheck.Fluent;
using Orgtap.Conversations.Masking;
using Orgtap.Primitives;

namespace Orgtap.Tests.Conversations;

public sealed class MaskingTests
{
    private static readonly MaskingRules Everything = new() { Emails = true, Phones = true, Cards = true, Patterns = [new MaskingPattern("order-number", "HL-[0-9]{5}")] };

    [Theory]
    [InlineData("Write to ida@example.com.", "Write to [e-mail].")]
    [InlineData("<o'neil+shop@mail.example.co.uk>", "<[e-mail]>")]
    [InlineData("jörg@müller.example, @handle, a@b", "[e-mail], @handle, a@b")]
    [InlineData("Call +49 30 555 0123 or (415) 555-0142", "Call [phone] or [phone]")]
    [InlineData("030 5550123/12, 415-555-0123.", "[phone], [phone].")]
    [InlineData("On 2026-11-26 at 18:16, case 00001234, 12345678", "On 2026-11-26 at 18:16, case 00001234, 12345678")]
    [InlineData("Card 4111 1111 1111 1111 please", "Card [card] please")]
    [InlineData("5500-0000-0000-0004 12/27", "[card] 12/27")]
    [InlineData("378282246310005, not 4111 1111 1111 1112", "[card], not 4111 1111 1111 1112")]
    [InlineData("HL-20418 and HL-2041", "[order-number] and HL-2041")]
    [InlineData("3f2504e0-0305-11d3-9a0c-0305e82c3301", "3f2504e0-0305-11d3-9a0c-0305e82c3301")]
    [InlineData("", "")]
    public void Finds_what_it_should_and_nothing_else(string text, string masked) => Assert.Equal(masked, new Masker(Everything).Mask(text));

    [Fact]
    public void What_was_masked_is_counted_by_rule()
    {
        var (masker, counts) = (new Masker(Everything), new Dictionary<string, int>());
        masker.Mask("a@b.example c@d.example +1 415 555 0100 4111111111111111 HL-00001", counts);
        Assert.Equal(new Dictionary<string, int> { ["e-mail"] = 2, ["phone"] = 1, ["card"] = 1, ["order-number"] = 1 }, counts);
        Assert.Equal(2, masker.Counts["e-mail"]);
    }

    [Fact]
    public void No_match_survives_and_text_without_one_is_unchanged()
    {
        var pieces = Gen.Elements("a", "Z", "7", "0", "00", "41", "4111111111111111", "4111 1111", "1111 1111", " ", "-", ".", "/", "(", ")", "+", "@", "@x.example", "ida", "_", "\n", "HL-", "12345", "[", "]", "ü", "555-123-4567", "+49", "\u00A0");
        Prop.ForAll(pieces.ListOf().ToArbitrary(), parts =>
        {
            var (text, masker) = (string.Concat(parts), new Masker(Everything));
            var masked = masker.Mask(text);
            var again = new Masker(Everything);
            // A second look finds nothing, and where the first counted nothing the text is what it was.
            return again.Mask(masked) == masked && again.Counts.Count == 0 && (masker.Counts.Count > 0 || masked == text);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
        Prop.ForAll<string>(text => new Masker(MaskingRules.None).Mask(text ?? "") == (text ?? "")).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("name", "(")]
    [InlineData("name", "(a)\\1")]
    [InlineData("name", "x*")]
    [InlineData("name", ".")]
    [InlineData("e-mail", "x")]
    [InlineData("No Name", "x")]
    [InlineData("name", "")]
    public void A_pattern_that_cannot_be_used_is_refused_with_the_reason(string name, string pattern)
    {
        var refusal = Assert.Throws<InvalidInputException>(() => new Masker(new MaskingRules { Patterns = [new MaskingPattern(name, pattern)] }));
        Assert.NotEmpty(refusal.NextStep);
    }

    [Fact]
    public void A_pattern_that_others_would_hang_on_takes_linear_time()
    {
        var masker = new Masker(new MaskingRules { Patterns = [new MaskingPattern("evil", "(a+)+b")] });
        Assert.Equal(new string('a', 100_000), masker.Mask(new string('a', 100_000)));
    }
}
