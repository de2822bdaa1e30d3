using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orgtap.Masking;
using Orgtap.Primitives;

namespace Orgtap.Tests.Masking;

public sealed class TextMaskerTests
{
    private static readonly TextMasker Everything = MaskingRules.Of(true, true, true, [("customer number", "K-[0-9]{4,}"), ("secret word", "(?i)open sesame")]).Masker!;

    [Theory]
    [InlineData("Write to ana.lopez+crm@mail.example.com, please.", "Write to [e-mail], please.")]
    [InlineData("<a href=\"mailto:jörg@müller.de\">", "<a href=\"mailto:[e-mail]\">")]
    [InlineData("a@b.c,d@e.f", "[e-mail],[e-mail]")]
    [InlineData("a@b.com@c.de", "[e-mail]@c.de")]
    [InlineData("o'brien!#$%&*/=?^`{|}~@x-y.co.uk.", "[e-mail].")]
    [InlineData("Call +49 (0) 30 123456 or 030/1234567.", "Call [phone] or [phone].")]
    [InlineData("(415) 555-0132", "[phone]")]
    [InlineData("+1 415 555 0132 x22", "[phone] x22")]
    [InlineData("4155550132x22", "[phone]x22")]
    [InlineData("555-0132", "[phone]")]
    [InlineData("01 02 03 04 05", "[phone]")]
    [InlineData("612 345 678", "[phone]")]
    [InlineData("tel:+442071838750;", "tel:[phone];")]
    [InlineData("٠٣٠ ١٢٣٤٥٦٧", "[phone]")]
    [InlineData("2024-01-15 415 555 0132", "2024-01-15 [phone]")]
    [InlineData("415 555 0132 2024-01-15", "[phone] 2024-01-15")]
    [InlineData("4111 1111 1111 1111", "[card]")]
    [InlineData("4111-1111-1111-1111 exp 04/27", "[card] exp 04/27")]
    [InlineData("card 378282246310005", "card [card]")]
    [InlineData("K-12345 says Open Sesame", "[customer number] says [secret word]")]
    [InlineData("Mail ana&#64;x.example &amp; wait", "Mail [e-mail] &amp; wait")]
    [InlineData("ana&commat;x&period;example", "[e-mail]")]
    [InlineData("&#x34;111&#32;1111 1111 1111", "[card]")]
    [InlineData("ana@x.example, &#233;t&#233;", "[e-mail], été")]
    public void Masks_what_the_rules_name(string text, string masked) => Assert.Equal(masked, Everything.Mask(text).Text);

    [Theory]
    [InlineData("")]
    [InlineData("Nothing here.")]
    [InlineData("@mention without an address, 50 % @ 3 pm")]
    [InlineData("user@localhost")]
    [InlineData("Order 12345678 of 2024-01-15 10:30:00, 12.05.2024, 20240115")]
    [InlineData("2023-2024")]
    [InlineData("192.168.100.200")]
    [InlineData("1234567.89")]
    [InlineData("0015e00000AbCdEAAX and 5003000000D8cuI")]
    [InlineData("550e8400-e29b-41d4-a716-446655440000")]
    [InlineData("version 10.0.401, 7 of 12")]
    [InlineData("invoice_4155550132_final")]
    [InlineData("AT&#38;T&#39;s &#60;b&#62; &#8211; caf&#233; at 5&#64;night")]
    [InlineData("&#1234567; &#x; &#; &commat &#xD800;")]
    public void Leaves_other_texts_as_they_are(string text) => Assert.Equal(text, Everything.Mask(text).Text);

    [Fact]
    public void A_number_that_fails_the_check_digit_is_no_card_number() =>
        Assert.Equal("4111 1111 1111 1112", MaskingRules.Of(false, true, false, []).Masker!.Mask("4111 1111 1111 1112").Text);

    [Fact]
    public void Counts_matches_by_rule()
    {
        var (_, counts) = Everything.Mask("a@b.de, c@d.de and K-12345; +49 30 1234567");
        Assert.Equal(new MaskCounts(new Dictionary<string, long> { ["e-mail"] = 2, ["customer number"] = 1, ["phone"] = 1 }), counts);
    }

    private static readonly string[] Pieces =
    [
        "a@b.de", "@", ".", "x", "K-", "1234", "K-99999", "open sesame", "4111111111111111", "4111 1111 1111 1111", "+", "49", " ", "-", "(0)", "030", "1234567", "[e-mail]", "[phone", "]", "2024-01-15", "\n", "ü", "\0", "😀", "/", "=", "%",
        "550e8400-e29b-41d4-a716-446655440000", "_", "x7", "٤", "masked", "&#64;", "&#x34;", "&commat;", "&#", "38;",
    ];

    private static readonly Gen<string> Texts = from pieces in Gen.Elements(Pieces).ListOf() select string.Concat(pieces);

    [Fact]
    public void In_a_masked_text_no_rule_finds_anything_and_masking_twice_is_masking_once() => Prop.ForAll(Texts.ToArbitrary(), text =>
    {
        var masked = Everything.Mask(text).Text;
        var (again, counts) = Everything.Mask(masked);
        return again == masked && counts.Total == 0;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

    [Fact]
    public void Bytes_and_text_are_masked_alike_and_a_text_without_matches_keeps_its_bytes() => Prop.ForAll(Texts.ToArbitrary(), text =>
    {
        foreach (var masker in new[] { Everything, MaskingRules.Of(true, true, true, []).Masker! })
        {
            var bytes = masker.Mask(Encoding.UTF8.GetBytes(text), new long[masker.RuleCount]);
            var (masked, counts) = masker.Mask(text);
            if ((bytes is null ? text : Encoding.UTF8.GetString(bytes)) != masked || (counts.Total == 0) != (masked == text)) return false;
        }
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Fact]
    public void Every_planted_address_and_card_is_found_wherever_it_stands() => Prop.ForAll(
        (from before in Texts from address in Gen.Elements("ana.lopez@example.com", "4012888888881881", "+49 170 1234567") from after in Texts select (before, address, after)).ToArbitrary(),
        planted => !Everything.Mask($"{planted.before}\n{planted.address}\n{planted.after}").Text.Contains(planted.address, StringComparison.Ordinal)).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    [Fact]
    public void A_long_text_made_to_be_slow_takes_no_longer_than_another()
    {
        // Quadratic time would take minutes here.
        foreach (var text in new[] { new string('a', 1 << 20) + "@", string.Concat(Enumerable.Repeat("1 ", 1 << 19)), string.Concat(Enumerable.Repeat("a@", 1 << 19)), string.Concat(Enumerable.Repeat("1-", 1 << 19)) })
            Assert.NotNull(Everything.Mask(text).Text);
    }

    [Theory]
    [InlineData("x*", "matches nothing at all")]
    [InlineData("[a-z]+", "matches [e-mail]")]
    [InlineData("(", "is no regular expression")]
    [InlineData("(?<=K)1", "uses a lookahead, a lookbehind")]
    [InlineData("", "has 0 characters")]
    public void A_pattern_that_cannot_be_used_is_refused_with_its_reason(string pattern, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidInputException>(() => MaskingRules.Of(true, false, false, [("mine", pattern)])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("a]b")]
    [InlineData("e-mail")]
    public void A_name_that_cannot_be_used_is_refused(string name) => Assert.Throws<InvalidInputException>(() => MaskingRules.Of(true, false, false, [(name, "K-[0-9]+")]));

    [Fact]
    public void Rules_are_the_same_after_they_were_stored()
    {
        var rules = MaskingRules.Of(true, false, true, [("customer number", "K-[0-9]{4,}")]);
        var read = MaskingRules.FromJson(rules.ToJson());
        Assert.Equal(rules.Rules, read.Rules);
        Assert.True(read.Are(rules.Keys));
        Assert.Same(MaskingRules.None, MaskingRules.FromJson(null));
        Assert.Null(MaskingRules.None.ToJson());
    }

    [Fact]
    public void Only_a_rule_that_is_taken_away_or_changed_makes_originals_needed()
    {
        var few = MaskingRules.Of(true, false, false, []);
        var more = MaskingRules.Of(true, true, false, [("number", "K-[0-9]+")]);
        var changed = MaskingRules.Of(true, true, false, [("number", "L-[0-9]+")]);
        Assert.True(more.Extend(few.Keys) && few.Extend(null) && more.Extend(more.Keys));
        Assert.False(few.Extend(more.Keys) || changed.Extend(more.Keys) || MaskingRules.None.Extend(few.Keys));
    }
}
