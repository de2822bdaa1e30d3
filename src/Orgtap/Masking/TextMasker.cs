using System.Text;

namespace Orgtap.Masking;

/// <summary>
/// Replaces what rules find in texts. A text in which no rule finds anything is left as it is, byte for byte; in a text that was masked no rule finds anything any more, so
/// masking twice is masking once. Thread-safe.
/// </summary>
public sealed class TextMasker
{
    /// <summary>What becomes of a text whose replacements keep forming new matches with what stands around them.</summary>
    internal const string Whole = "[masked]";

    // Each round takes characters away that are not of a replacement, so few are ever needed.
    private const int MostRounds = 10;

    private readonly (MaskingRule Rule, Finder Finder)[] _rules;
    private readonly bool _patterns;
    private readonly bool _emails;
    private readonly bool _digits;

    internal TextMasker(IReadOnlyList<MaskingRule> rules)
    {
        _rules = [.. rules.Select(rule => (rule, Finder.Of(rule)))];
        Keys = [.. rules.Select(rule => rule.Key)];
        _patterns = rules.Any(rule => rule.Kind == MaskingKind.Pattern);
        _emails = rules.Contains(MaskingRule.Email);
        _digits = rules.Contains(MaskingRule.Card) || rules.Contains(MaskingRule.Phone);
    }

    /// <summary>The rules' keys, in their order.</summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>How many rules there are: as many counts a caller needs.</summary>
    public int RuleCount => _rules.Length;

    /// <summary>The masked text; null: nothing was found, the text stays as it is.</summary>
    /// <param name="counts">Matches, added by rule in the rules' order.</param>
    public string? Mask(string text, Span<long> counts)
    {
        // What HTML writes as &#64; is read as @: looked at, and written, plainly where something is found.
        var masked = (string?)null;
        for (var round = 0; round < MostRounds; round++)
        {
            var plain = CharacterReferences.Resolve(masked ?? text);
            if (MaskPlain(plain ?? masked ?? text, counts) is not { } within) return masked;
            masked = within;
            if (plain is null) return masked;
        }
        return Whole;
    }

    private string? MaskPlain(string text, Span<long> counts)
    {
        var masked = text;
        var spans = new List<(int Start, int Length)>();
        for (var round = 0; round < MostRounds; round++)
        {
            var found = false;
            for (var i = 0; i < _rules.Length; i++)
            {
                spans.Clear();
                _rules[i].Finder.Find(masked, spans);
                if (spans.Count == 0) continue;
                found = true;
                counts[i] += spans.Count;
                masked = Replace(masked, spans, _rules[i].Rule.Replacement);
            }
            if (!found) return round == 0 ? null : masked;
        }
        return Whole;
    }

    /// <summary>The masked text in UTF-8; null: nothing was found, the bytes stay as they are. Most texts are passed at the speed of a search for bytes.</summary>
    /// <inheritdoc cref="Mask(string, Span{long})"/>
    public byte[]? Mask(ReadOnlySpan<byte> utf8, Span<long> counts)
    {
        if (!MayMatch(utf8)) return null;
        return Mask(Encoding.UTF8.GetString(utf8), counts) is { } masked ? Encoding.UTF8.GetBytes(masked) : null;
    }

    /// <summary>Masks one text and tells what was found.</summary>
    public (string Text, MaskCounts Counts) Mask(string text)
    {
        var counts = new long[_rules.Length];
        var masked = Mask(text, counts) ?? text;
        return (masked, CountsOf(counts));
    }

    /// <summary>The counts under their rules' names.</summary>
    public MaskCounts CountsOf(ReadOnlySpan<long> counts)
    {
        var named = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (var i = 0; i < counts.Length; i++)
            if (counts[i] > 0) named[_rules[i].Rule.Name] = counts[i];
        return named.Count == 0 ? MaskCounts.None : new MaskCounts(named);
    }

    private bool MayMatch(ReadOnlySpan<byte> utf8)
    {
        if (_patterns) return utf8.Length > 0;
        if (CharacterReferences.MayHold(utf8)) return true;
        if (_emails && utf8.Contains((byte)'@')) return true;
        if (!_digits) return false;
        var digits = 0;
        foreach (var unit in utf8)
        {
            // Other scripts' digits take two bytes or more.
            if ((uint)(unit - '0') <= 9 || unit >= 0xC0) digits++;
        }
        return digits >= DigitRuns.FewestDigits;
    }

    private static string Replace(string text, List<(int Start, int Length)> spans, string replacement)
    {
        var masked = new StringBuilder(text.Length);
        var at = 0;
        foreach (var (start, length) in spans)
        {
            masked.Append(text, at, start - at).Append(replacement);
            at = start + length;
        }
        return masked.Append(text, at, text.Length - at).ToString();
    }
}
