using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Orgtap.Conversations.Masking;

/// <summary>Replaces what the rules find by the rule's name in brackets, and counts it. Thread-safe; text without anything to mask comes back as it was.</summary>
public sealed class Masker
{
    /// <summary>What a custom pattern may take over one text; a text that takes longer is withheld as a whole.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private const int MostPasses = 8;

    private readonly MaskingRules _rules;
    private readonly (string Name, Regex Expression)[] _patterns;
    private readonly ConcurrentDictionary<string, long> _counts = new();

    /// <exception cref="Primitives.InvalidInputException">A pattern cannot be used.</exception>
    public Masker(MaskingRules rules)
    {
        rules.Check();
        (_rules, _patterns) = (rules, [.. rules.Patterns.Select(pattern => (pattern.Name, Compile(pattern.Pattern)))]);
    }

    public bool IsOn => _rules.IsAny;

    /// <summary>Names of the rules, in the order in which they are applied.</summary>
    public IEnumerable<string> Rules =>
    [
        .. _rules.Emails ? [MaskingRules.EmailRule] : Array.Empty<string>(), .. _rules.Cards ? [MaskingRules.CardRule] : Array.Empty<string>(), .. _rules.Phones ? [MaskingRules.PhoneRule] : Array.Empty<string>(),
        .. _patterns.Select(pattern => pattern.Name),
    ];

    /// <summary>Pieces masked by this masker so far, by rule.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <param name="counts">Filled, besides <see cref="Counts"/>.</param>
    public string Mask(string text, IDictionary<string, int>? counts = null)
    {
        if (text.Length == 0 || !IsOn) return text;
        // What was replaced may have kept a neighbour from being found: a letter before a number, say.
        for (var pass = 0; pass < MostPasses; pass++)
        {
            var masked = Pass(text, counts);
            if (ReferenceEquals(masked, text)) break;
            text = masked;
        }
        return text;
    }

    private string Pass(string text, IDictionary<string, int>? counts)
    {
        // Cards before phones: a card's digits may look like a telephone number.
        if (_rules.Emails && text.Contains('@')) text = Replace(text, MaskingRules.EmailRule, EmailFinder.Find, counts);
        if (_rules.Cards) text = Replace(text, MaskingRules.CardRule, CardFinder.Find, counts);
        if (_rules.Phones) text = Replace(text, MaskingRules.PhoneRule, PhoneFinder.Find, counts);
        foreach (var (name, expression) in _patterns) text = Replace(text, name, expression, counts);
        return text;
    }

    /// <summary>Linear in the text's length, whatever the pattern.</summary>
    internal static Regex Compile(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Patience);

    internal delegate (int Start, int Length)? Finder(ReadOnlySpan<char> text, int from);

    private string Replace(string text, string rule, Finder find, IDictionary<string, int>? counts)
    {
        StringBuilder? masked = null;
        var from = 0;
        while (find(text, from) is var (start, length))
        {
            masked ??= new StringBuilder(text.Length);
            masked.Append(text, from, start - from).Append(MaskingRules.ReplacementOf(rule));
            from = start + length;
            Count(rule, 1, counts);
        }
        return masked is null ? text : masked.Append(text, from, text.Length - from).ToString();
    }

    private string Replace(string text, string rule, Regex expression, IDictionary<string, int>? counts)
    {
        try
        {
            var found = 0;
            var masked = expression.Replace(text, _ =>
            {
                found++;
                return MaskingRules.ReplacementOf(rule);
            });
            if (found == 0) return text;
            Count(rule, found, counts);
            return masked;
        }
        catch (RegexMatchTimeoutException)
        {
            // Nothing unmasked may be stored, and what this text holds was not found out.
            Count(rule, 1, counts);
            return $"[{rule}: withheld, it could not be searched in time]";
        }
    }

    private void Count(string rule, int found, IDictionary<string, int>? counts)
    {
        _counts.AddOrUpdate(rule, found, (_, before) => before + found);
        if (counts is not null) counts[rule] = (counts.TryGetValue(rule, out var before) ? before : 0) + found;
    }
}
