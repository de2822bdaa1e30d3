using System.Text;
using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>Texts without regard to case.</summary>
internal sealed class TextComparison(Accessor field, string comparison, string right) : Filter
{
    private readonly byte[] _right = Encoding.UTF8.GetBytes(right);
    private readonly bool _ascii = Ascii.IsValid(right);

    public override bool Matches(scoped in RowRef row, Scratch scratch)
    {
        var cell = field.Read(row, scratch);
        if (cell.IsNull) return comparison == "!=";
        if (comparison is "=" or "!=" && _ascii && Ascii.IsValid(cell.Text)) return Ascii.EqualsIgnoreCase(cell.Text, _right) == (comparison == "=");
        return Compare.Holds(comparison, string.Compare(Encoding.UTF8.GetString(cell.Text), right, StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>LIKE: % for any run, _ for one character, unless they were escaped; without regard to case.</summary>
internal sealed class LikePattern(Accessor field, string pattern) : Filter
{
    private readonly List<(char Character, bool Wild)> _pattern = Read(pattern);

    public override bool Matches(scoped in RowRef row, Scratch scratch)
    {
        var cell = field.Read(row, scratch);
        return !cell.IsNull && Matches(Encoding.UTF8.GetString(cell.Text));
    }

    private static List<(char Character, bool Wild)> Read(string pattern)
    {
        var read = new List<(char, bool)>();
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == Tokenizer.LiteralMark && i + 1 < pattern.Length) read.Add((pattern[++i], false));
            else read.Add((char.ToUpperInvariant(pattern[i]), pattern[i] is '%' or '_'));
        }
        return read;
    }

    /// <summary>Greedy with one point of return, so it stays linear in practice.</summary>
    internal bool Matches(string text)
    {
        int at = 0, p = 0, star = -1, resume = 0;
        while (at < text.Length)
        {
            if (p < _pattern.Count && _pattern[p] is ('%', true))
            {
                star = p++;
                resume = at;
            }
            else if (p < _pattern.Count && (_pattern[p] is ('_', true) || (!_pattern[p].Wild && _pattern[p].Character == char.ToUpperInvariant(text[at]))))
            {
                p++;
                at++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                at = ++resume;
            }
            else
            {
                return false;
            }
        }
        while (p < _pattern.Count && _pattern[p] is ('%', true)) p++;
        return p == _pattern.Count;
    }
}

/// <summary>Membership by text: lists, semi-joins. Null is found only when the list names it; NOT IN takes null rows.</summary>
internal sealed class InTexts(Accessor field, bool not, HashSet<string> texts, bool withNull, bool asIds, IReadOnlyList<long>? candidates) : Filter
{
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup = texts.GetAlternateLookup<ReadOnlySpan<char>>();

    public override IReadOnlyList<long>? Candidates => candidates;

    public override bool Matches(scoped in RowRef row, Scratch scratch)
    {
        var cell = field.Read(row, scratch);
        if (cell.IsNull) return withNull != not;
        if (!asIds) return texts.Contains(Encoding.UTF8.GetString(cell.Text)) != not;
        Span<char> id = stackalloc char[15];
        Encoding.ASCII.GetChars(cell.Text[..15], id);
        return _lookup.Contains(id) != not;
    }
}

/// <summary>INCLUDES and EXCLUDES: each argument is a set of values joined by semicolons, all of which must be chosen.</summary>
internal sealed class Includes(Accessor field, bool excludes, IReadOnlyList<string> arguments) : Filter
{
    private readonly string[][] _sets = [.. arguments.Select(static argument => argument.Split(';'))];

    public override bool Matches(scoped in RowRef row, Scratch scratch)
    {
        var cell = field.Read(row, scratch);
        if (cell.IsNull) return excludes;
        var chosen = Encoding.UTF8.GetString(cell.Text).Split(';');
        return _sets.Any(set => set.All(value => chosen.Contains(value, StringComparer.OrdinalIgnoreCase))) != excludes;
    }
}
