namespace Orgtap.Masking;

/// <summary>What counts as a phone number (docs/masking.md): rather one number too many than one too few, but no date, address of a computer or plain decimal number.</summary>
internal static class PhoneNumbers
{
    // ITU-T E.164: an international number has at most 15 digits.
    private const int MostDigits = 15;
    private const int FewestWithoutGroups = 10;
    private const int FewestInGroups = 9;
    private const int LongestGroup = 8;

    /// <summary>How many groups from this one on are a phone number, as many as possible; 0: none.</summary>
    public static int Length(DigitRun run, int from)
    {
        if (run.OtherAt(from) > 0) return 0;
        var (digits, longest) = (0, 0);
        for (var until = from; until < run.Groups.Count; until++)
        {
            if (until > from && run.OtherAt(until) > 0) break;
            digits += run.Groups[until].Length;
            if (digits > MostDigits) break;
            if (digits >= DigitRuns.FewestDigits && Is(run, from, until, digits)) longest = until - from + 1;
        }
        return longest;
    }

    private static bool Is(DigitRun run, int from, int until, int digits)
    {
        var first = run.Groups[from];
        if (first.Plus) return true;
        if (until == from) return digits >= FewestWithoutGroups;
        for (var i = from; i <= until; i++)
            if (run.Groups[i].Length > LongestGroup) return false;
        if (first.Bracket || run.Digit(from, 0) == 0) return true;
        if (until == from + 1)
        {
            if (run.Between(from) is ".") return false;
            return digits >= FewestInGroups || first.Length == 3 && run.Groups[until].Length == 4
                || first.Length == 4 && run.Groups[until].Length == 4 && !(IsYear(run.Value(from)) && IsYear(run.Value(until)));
        }
        return digits >= FewestInGroups;
    }

    private static bool IsYear(int value) => value is >= 1900 and <= 2099;
}
