using System.Globalization;
using System.Text.RegularExpressions;

namespace Orgtap.Masking;

/// <summary>Digits that stand together. Not before or behind a letter.</summary>
/// <param name="Opens">Where what belongs to the group begins: its + or its bracket.</param>
/// <param name="Plus">A + stands before it.</param>
/// <param name="Bracket">A bracket opens before it.</param>
internal readonly record struct DigitGroup(int Start, int Length, int Opens, bool Plus, bool Bracket)
{
    public int End => Start + Length;
}

/// <summary>Groups of digits with nothing but separators between them.</summary>
internal sealed record DigitRun(string Text, IReadOnlyList<DigitGroup> Groups)
{
    /// <summary>The characters between a group and the next.</summary>
    public ReadOnlySpan<char> Between(int group) => Text.AsSpan(Groups[group].End, Groups[group + 1].Opens - Groups[group].End);

    public (int Start, int End) Extent(int group, int count) => (Groups[group].Opens, Groups[group + count - 1].End);

    /// <summary>0 to 9, whatever the script.</summary>
    public int Digit(int group, int position) => CharUnicodeInfo.GetDecimalDigitValue(Text[Groups[group].Start + position]);

    /// <summary>A group's digits as a number; -1 where it has more than 8.</summary>
    public int Value(int group)
    {
        if (Groups[group].Length > 8) return -1;
        var value = 0;
        for (var i = 0; i < Groups[group].Length; i++) value = value * 10 + Digit(group, i);
        return value;
    }

    /// <summary>How many groups from this one on are something else than a number of a phone or a card: a calendar date or the address of a computer; 0: they are not.</summary>
    public int OtherAt(int group) => Groups[group].Plus ? 0 : AddressAt(group) ? 4 : DateAt(group);

    private bool AddressAt(int group)
    {
        if (group + 3 >= Groups.Count) return false;
        for (var i = group; i < group + 4; i++)
            if (Value(i) is < 0 or > 255 || (i < group + 3 && Between(i) is not ".")) return false;
        return true;
    }

    private int DateAt(int group)
    {
        if (Groups[group].Length == 8)
        {
            var day = Value(group);
            return IsDate(day / 10_000, day / 100 % 100, day % 100) ? 1 : 0;
        }
        if (group + 2 >= Groups.Count) return 0;
        var first = Between(group);
        if (first.Length != 1 || !first.SequenceEqual(Between(group + 1)) || first[0] is not ('-' or '.' or '/')) return 0;
        var (a, b, c) = (Groups[group].Length, Groups[group + 1].Length, Groups[group + 2].Length);
        var (x, y, z) = (Value(group), Value(group + 1), Value(group + 2));
        if (a == 4 && b is 1 or 2 && c is 1 or 2 && IsDate(x, y, z)) return 3;
        if (a is not (1 or 2) || b is not (1 or 2)) return 0;
        // Two digits of a year only where nothing follows: 01-02-03-04-05 is a phone number.
        var year = c == 4 ? z : c == 2 && Groups.Count == 3 ? 2000 + z : 0;
        return year > 0 && (IsDate(year, y, x) || IsDate(year, x, y)) ? 3 : 0;
    }

    private static bool IsDate(int year, int month, int day) => year is >= 1900 and <= 2099 && month is >= 1 and <= 12 && day is >= 1 and <= 31;
}

/// <summary>Finds the runs of digits in a text.</summary>
internal static partial class DigitRuns
{
    /// <summary>What has fewer digits is neither a phone nor a card number.</summary>
    public const int FewestDigits = 7;

    private const int LongestSeparator = 3;

    public static IEnumerable<DigitRun> In(string text)
    {
        var ids = text.Length >= 36 && text.Contains('-') ? UniqueIds().Matches(text).Select(match => (Start: match.Index, End: match.Index + match.Length)).ToList() : [];
        var groups = new List<DigitGroup>();
        for (var at = 0; at < text.Length; at++)
        {
            if (!char.IsDigit(text[at])) continue;
            var end = at + 1;
            while (end < text.Length && char.IsDigit(text[end])) end++;
            var group = GroupAt(text, at, end);
            var standsAlone = (at == 0 || !IsWord(text[at - 1])) && (end == text.Length || !IsWord(text[end]) || IsExtension(text, end)) && !ids.Any(id => at < id.End && end > id.Start);
            if (groups.Count > 0 && (!standsAlone || group.Plus || !IsSeparator(text.AsSpan(groups[^1].End, group.Opens - groups[^1].End))))
            {
                yield return new DigitRun(text, groups);
                groups = [];
            }
            if (standsAlone) groups.Add(group);
            at = end - 1;
        }
        if (groups.Count > 0) yield return new DigitRun(text, groups);
    }

    private static DigitGroup GroupAt(string text, int start, int end)
    {
        var opens = start;
        var (plus, bracket) = (false, false);
        // "+49", "(0", "+(49": what stands directly before belongs to the number.
        while (opens > 0 && text[opens - 1] is '+' or '(' && start - opens < 2)
        {
            opens--;
            plus |= text[opens] == '+';
            bracket |= text[opens] == '(';
        }
        return new DigitGroup(start, end - start, opens, plus, bracket);
    }

    private static bool IsWord(char letter) => char.IsLetter(letter) || letter == '_';

    private static bool IsExtension(string text, int at) => text[at] is 'x' or 'X' && at + 1 < text.Length && char.IsDigit(text[at + 1]);

    private static bool IsSeparator(ReadOnlySpan<char> between)
    {
        if (between.Length is 0 or > LongestSeparator) return false;
        foreach (var letter in between)
            // Spaces, hyphens and dashes of all widths; never a line's end.
            if (letter is not (' ' or '\u00A0' or '\u202F' or '\u2009' or '-' or '\u2010' or '\u2011' or '\u2013' or '.' or '/' or ')')) return false;
        return true;
    }

    /// <summary>Keys of chats and conversations, by which rows are joined.</summary>
    [GeneratedRegex("[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}", RegexOptions.CultureInvariant)]
    private static partial Regex UniqueIds();
}
