using System.Numerics;

namespace Orgtap.Extraction;

/// <summary>
/// Cuts a range of Ids into parts of about the same size. Ids of an object are counted up in base 62 behind their prefix, so a part of the range holds about
/// that part of the rows; how well is of no consequence, since together the parts hold every Id there is. Pure.
/// </summary>
public static class IdSlices
{
    // In Salesforce's order of Ids: digits, capitals, small letters.
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private const int Length = 15;

    /// <param name="first">The smallest Id, 15 or 18 characters.</param>
    /// <param name="last">The largest.</param>
    /// <returns>Ids of 15 characters, ascending, at most <paramref name="slices"/> − 1: where each slice but the last one ends. Fewer where the range is too narrow; empty where the two are no Ids in order.</returns>
    public static IReadOnlyList<string> Cut(string first, string last, int slices)
    {
        if (Number(first) is not { } from || Number(last) is not { } to || to <= from) return [];
        var cuts = new List<string>();
        for (var i = 1; i < slices; i++)
        {
            var cut = Text(from + (to - from) * i / slices);
            if (cuts.Count == 0 || string.CompareOrdinal(cuts[^1], cut) < 0) cuts.Add(cut);
        }
        return cuts;
    }

    private static BigInteger? Number(string id)
    {
        if (id.Length < Length) return null;
        var number = BigInteger.Zero;
        foreach (var letter in id.AsSpan(0, Length))
        {
            var digit = Digits.IndexOf(letter, StringComparison.Ordinal);
            if (digit < 0) return null;
            number = number * Digits.Length + digit;
        }
        return number;
    }

    private static string Text(BigInteger number)
    {
        var letters = new char[Length];
        for (var i = Length - 1; i >= 0; i--)
        {
            number = BigInteger.DivRem(number, Digits.Length, out var digit);
            letters[i] = Digits[(int)digit];
        }
        return new string(letters);
    }
}
