using System.Globalization;
using System.Numerics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orgtap.Records;

namespace Orgtap.Tests.Records;

public sealed class CanonicalTests
{
    [Theory]
    [InlineData(ColumnType.Id, "0015g00000XyZaB", "0015g00000XyZaBAAV")]
    [InlineData(ColumnType.Id, "001000000000000", "001000000000000AAA")]
    [InlineData(ColumnType.Id, "0015g00000XyZaBAAV", "0015g00000XyZaBAAV")]
    [InlineData(ColumnType.Boolean, "true", "true")]
    [InlineData(ColumnType.Boolean, "FALSE", "false")]
    [InlineData(ColumnType.Integer, "12", "12")]
    [InlineData(ColumnType.Integer, "12.0", "12")]
    [InlineData(ColumnType.Integer, "-0", "0")]
    [InlineData(ColumnType.Integer, "1.2E3", "1200")]
    [InlineData(ColumnType.Integer, "120000E-3", "120")]
    [InlineData(ColumnType.Integer, "9223372036854775807", "9223372036854775807")]
    [InlineData(ColumnType.Integer, "-9223372036854775808", "-9223372036854775808")]
    [InlineData(ColumnType.Decimal, "1.50", "1.5")]
    [InlineData(ColumnType.Decimal, "-0.000", "0")]
    [InlineData(ColumnType.Decimal, ".5", "0.5")]
    [InlineData(ColumnType.Decimal, "007.", "7")]
    [InlineData(ColumnType.Decimal, "1.0E-3", "0.001")]
    [InlineData(ColumnType.Decimal, "1.2345E2", "123.45")]
    [InlineData(ColumnType.Decimal, "-9.99E+20", "-999000000000000000000")]
    [InlineData(ColumnType.Decimal, "0E300", "0")]
    [InlineData(ColumnType.Decimal, "1234567890123456.78", "1234567890123456.78")]
    [InlineData(ColumnType.Date, "2024-02-29", "2024-02-29")]
    [InlineData(ColumnType.DateTime, "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z")]
    [InlineData(ColumnType.DateTime, "2026-01-02T03:04:05.678+0000", "2026-01-02T03:04:05.678Z")]
    [InlineData(ColumnType.DateTime, "2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05.000Z")]
    [InlineData(ColumnType.DateTime, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z")]
    [InlineData(ColumnType.DateTime, "2026-01-01T00:30:00.5+01:00", "2025-12-31T23:30:00.500Z")]
    [InlineData(ColumnType.DateTime, "2024-02-28T23:00:00.1230-0800", "2024-02-29T07:00:00.123Z")]
    [InlineData(ColumnType.Time, "12:34:56.789Z", "12:34:56.789")]
    [InlineData(ColumnType.Time, "12:34:56", "12:34:56.000")]
    [InlineData(ColumnType.Text, " a\r\n\0b ", " a\r\n\0b ")]
    public void Brings_every_spelling_to_one_form(ColumnType type, string raw, string expected) => Assert.Equal(expected, Form(type, raw));

    [Theory]
    [InlineData(ColumnType.Id, "0015g00000XyZa")]
    [InlineData(ColumnType.Id, "0015g00000XyZa-")]
    [InlineData(ColumnType.Boolean, "1")]
    [InlineData(ColumnType.Integer, "12.5")]
    [InlineData(ColumnType.Integer, "9223372036854775808")]
    [InlineData(ColumnType.Integer, "12 ")]
    [InlineData(ColumnType.Decimal, "1,5")]
    [InlineData(ColumnType.Decimal, "-")]
    [InlineData(ColumnType.Decimal, ".")]
    [InlineData(ColumnType.Decimal, "1E")]
    [InlineData(ColumnType.Decimal, "1E401")]
    [InlineData(ColumnType.Decimal, "NaN")]
    [InlineData(ColumnType.Decimal, "0x10")]
    [InlineData(ColumnType.Date, "2023-02-29")]
    [InlineData(ColumnType.Date, "2023-13-01")]
    [InlineData(ColumnType.Date, "2023-1-01")]
    [InlineData(ColumnType.Date, "0000-01-01")]
    [InlineData(ColumnType.DateTime, "2026-01-02T03:04:05.678")]
    [InlineData(ColumnType.DateTime, "2026-01-02 03:04:05.678Z")]
    [InlineData(ColumnType.DateTime, "2026-01-02T24:04:05.678Z")]
    [InlineData(ColumnType.DateTime, "2026-01-02T03:04:05.6789Z")]
    [InlineData(ColumnType.DateTime, "2026-01-02T03:04:05.678+00")]
    [InlineData(ColumnType.DateTime, "0001-01-01T00:00:00.000+01:00")]
    [InlineData(ColumnType.Time, "12:34")]
    [InlineData(ColumnType.Time, "12:60:00")]
    [InlineData(ColumnType.Time, "12:34:56+01:00")]
    public void Refuses_what_is_no_value_of_the_type(ColumnType type, string raw) => Assert.Null(Form(type, raw));

    [Fact]
    public void A_decimal_equals_the_fraction_of_big_integers_that_was_written() =>
        Prop.ForAll(Decimals, given => Form(ColumnType.Decimal, given.Text) == Oracle(given.Negative, given.Digits, given.Scale)).QuickCheckThrowOnFailure();

    [Fact]
    public void An_exponent_changes_the_spelling_and_not_the_form() => Prop.ForAll(Decimals, given =>
        Form(ColumnType.Decimal, $"{(given.Negative ? "-" : "")}{given.Digits}E{-given.Scale}") == Form(ColumnType.Decimal, given.Text)).QuickCheckThrowOnFailure();

    [Fact]
    public void Whole_numbers_go_through_unchanged_with_or_without_a_point() => Prop.ForAll(ArbMap.Default.ArbFor<long>(), number =>
    {
        var text = number.ToString(CultureInfo.InvariantCulture);
        return Form(ColumnType.Integer, text) == text && Form(ColumnType.Integer, text + ".0") == text;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Bulk_and_REST_spell_a_moment_differently_and_mean_the_same() => Prop.ForAll(Moments, moment =>
    {
        var expected = moment.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return Form(ColumnType.DateTime, expected) == expected
            && Form(ColumnType.DateTime, moment.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+0000'", CultureInfo.InvariantCulture)) == expected
            && Form(ColumnType.DateTime, new DateTimeOffset(moment).ToOffset(TimeSpan.FromMinutes(330)).ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture)) == expected
            && Form(ColumnType.Date, expected[..10]) == expected[..10]
            && Form(ColumnType.Time, expected[11..]) == expected[11..23];
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Canonical_text_stays_as_it_is_and_no_bytes_are_too_strange() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<ColumnType>(), (raw, type) =>
    {
        if (raw.Length == 0 || Form(type, raw) is not { } once) return true;
        return Form(type, once)!.AsSpan().SequenceEqual(once);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Numbers_stay_as_they_are_once_canonical() => Prop.ForAll(Decimals, given =>
    {
        var once = Form(ColumnType.Decimal, given.Text)!;
        return Form(ColumnType.Decimal, once) == once;
    }).QuickCheckThrowOnFailure();

    private static Arbitrary<DateTime> Moments =>
        Gen.Choose(0, int.MaxValue).Two().Select(pair => DateTime.UnixEpoch.AddMilliseconds(pair.Item1 * 30_000.0 + pair.Item2 % 30_000)).ToArbitrary();

    private static Arbitrary<GivenDecimal> Decimals => (
        from negative in ArbMap.Default.GeneratorFor<bool>()
        from digits in Gen.Choose('0', '9').NonEmptyListOf()
        from scale in Gen.Choose(0, digits.Count)
        select new GivenDecimal(negative, string.Concat(digits.Select(digit => (char)digit)), scale)).ToArbitrary();

    /// <summary>Another way to the same text: shorten the fraction by its greatest power of ten, then place the point.</summary>
    private static string Oracle(bool negative, string digits, int scale)
    {
        var value = BigInteger.Parse(digits, CultureInfo.InvariantCulture);
        if (value.IsZero) return "0";
        for (; scale > 0 && value % 10 == 0; scale--) value /= 10;
        var (whole, fraction) = (value / BigInteger.Pow(10, scale), value % BigInteger.Pow(10, scale));
        var tail = scale == 0 ? "" : "." + fraction.ToString(CultureInfo.InvariantCulture).PadLeft(scale, '0');
        return (negative ? "-" : "") + whole.ToString(CultureInfo.InvariantCulture) + tail;
    }

    private static string? Form(ColumnType type, string raw) =>
        Form(type, Encoding.UTF8.GetBytes(raw)) is { } form ? Encoding.UTF8.GetString(form) : null;

    private static byte[]? Form(ColumnType type, byte[] raw)
    {
        var destination = new byte[Canonical.LongestForm(type, raw.Length)];
        return Canonical.TryWrite(type, raw, destination, out var written) ? destination[..written] : null;
    }

    private sealed record GivenDecimal(bool Negative, string Digits, int Scale)
    {
        public string Text => (Negative ? "-" : "") + Digits[..^Scale] + (Scale == 0 ? "" : "." + Digits[^Scale..]);
    }
}
