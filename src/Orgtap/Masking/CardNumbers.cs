namespace Orgtap.Masking;

/// <summary>Payment card numbers (ISO/IEC 7812): 13 to 19 digits, the first 2 to 6 as card issuers have it, the last a Luhn check digit.</summary>
internal static class CardNumbers
{
    private const int Fewest = 13;
    private const int Most = 19;

    /// <summary>How many groups from this one on are a card number, as many as possible; 0: none.</summary>
    public static int Length(DigitRun run, int from)
    {
        if (run.Digit(from, 0) is < 2 or > 6 || run.Groups[from].Plus || run.OtherAt(from) > 0) return 0;
        var (digits, longest) = (0, 0);
        for (var until = from; until < run.Groups.Count; until++)
        {
            if (until > from && (run.Between(until - 1) is not { Length: 1 } || run.OtherAt(until) > 0)) break;
            digits += run.Groups[until].Length;
            if (digits > Most) break;
            if (digits >= Fewest && PassesLuhn(run, from, until)) longest = until - from + 1;
        }
        return longest;
    }

    private static bool PassesLuhn(DigitRun run, int from, int until)
    {
        var (sum, twice) = (0, false);
        for (var group = until; group >= from; group--)
        {
            for (var i = run.Groups[group].Length - 1; i >= 0; i--)
            {
                var digit = run.Digit(group, i);
                if (twice) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
                sum += digit;
                twice = !twice;
            }
        }
        return sum % 10 == 0;
    }
}
