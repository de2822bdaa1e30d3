using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Rules;

/// <summary>How large the numbers of a field become.</summary>
internal enum NumberKind
{
    /// <summary>Up to nine digits, as far as the field's precision allows.</summary>
    Plain,
    /// <summary>Up to 18 digits; one in four has all of them.</summary>
    Big,
    /// <summary>One in ten is a whole number written with an exponent.</summary>
    Scientific,
    /// <summary>Half are zero.</summary>
    Zeroes,
}

/// <summary>Numbers that fit precision and scale of their field; one in twenty negative, one in fifty zero.</summary>
internal sealed class NumberRule(FieldType field, int nullPercent, NumberKind kind) : ValueRule
{
    private readonly ulong _salt = Hash.Of(field.Name);
    private readonly ulong _nullBelow = (ulong)nullPercent * (ulong.MaxValue / 100);

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var hash = Hash.Mix(row.Hash ^ _salt);
        if (hash < _nullBelow) return Cell.Null;
        hash = Hash.Mix(hash);
        var percent = (int)(hash % 100);
        if (percent < 2 || (kind == NumberKind.Zeroes && percent < 50)) return Cell.OfNumber(0, field.Scale);
        if (kind == NumberKind.Scientific && percent < 12) return Cell.OfNumber(1 + (long)((hash >> 8) % 9_999), -6 - (int)((hash >> 24) % 8));
        var number = Hash.PickLong(Hash.Mix(hash), Powers[Digits(hash)]);
        return Cell.OfNumber(percent is >= 2 and < 7 ? -number : number, field.Scale);
    }

    private int Digits(ulong hash)
    {
        var most = Math.Min(field.Precision, 18);
        if (kind == NumberKind.Big && (hash >> 60) < 4) return most;
        return Math.Min(most, 1 + (int)((hash >> 56) % 9) + (kind == NumberKind.Big ? 6 : 0));
    }

    private static ReadOnlySpan<long> Powers =>
    [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000, 1_000_000_000_000,
        10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
    ];
}

/// <summary>Whole numbers; one in a hundred is a zero that CSV shows as <c>0.0</c>.</summary>
internal sealed class IntegerRule(FieldType field, int nullPercent, int most) : ValueRule
{
    private readonly ulong _salt = Hash.Of(field.Name);
    private readonly ulong _nullBelow = (ulong)nullPercent * (ulong.MaxValue / 100);

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        var hash = Hash.Mix(row.Hash ^ _salt);
        if (hash < _nullBelow) return Cell.Null;
        hash = Hash.Mix(hash);
        return hash % 100 == 0 ? Cell.OfNumber(0, 1) : Cell.OfNumber(Hash.PickLong(Hash.Mix(hash), most + 1L), 0);
    }
}

/// <summary>Latitude or longitude with six decimals; both of an address are there or neither is.</summary>
internal sealed class GeoRule(FieldType field, int degrees) : ValueRule
{
    private readonly ulong _salt = Hash.Of(field.Name);
    private readonly ulong _together = Hash.Of(field.CompoundFieldName ?? field.Name);

    public override Cell Value(scoped in RowRef row, Scratch scratch)
    {
        if (Hash.Mix(row.Hash ^ _together) % 100 < 70) return Cell.Null;
        var range = 2_000_000UL * (ulong)degrees;
        return Cell.OfNumber((long)(Hash.Mix(row.Hash ^ _salt) % range) - (degrees * 1_000_000L), 6);
    }
}

/// <summary>True in a share of the rows.</summary>
/// <param name="firstTrue">The first row is true in any case: the first user can always log in.</param>
internal sealed class BooleanRule(FieldType field, int truePercent, bool firstTrue) : ValueRule
{
    private readonly ulong _salt = Hash.Of(field.Name);
    private readonly ulong _trueBelow = (ulong)truePercent * (ulong.MaxValue / 100);

    public override Cell Value(scoped in RowRef row, Scratch scratch) => 
        Cell.OfBoolean(Hash.Mix(row.Hash ^ _salt) < _trueBelow || (firstTrue && row.Ordinal == 0));
}
