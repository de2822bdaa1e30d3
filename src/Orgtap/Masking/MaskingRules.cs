using System.Text.Json;
using System.Text.RegularExpressions;
using Orgtap.Primitives;

namespace Orgtap.Masking;

/// <summary>The rules of one connection, checked; none is a set of its own. Immutable.</summary>
public sealed partial class MaskingRules
{
    private const int MostPatterns = 20;
    private const int LongestPattern = 500;

    public static readonly MaskingRules None = new([]);

    private MaskingRules(IReadOnlyList<MaskingRule> rules)
    {
        Rules = rules;
        Masker = rules.Count == 0 ? null : new TextMasker(rules);
    }

    /// <summary>In the order in which they are applied: e-mail addresses, card numbers, phone numbers, then patterns in their order.</summary>
    public IReadOnlyList<MaskingRule> Rules { get; }

    /// <summary>Applies the rules; null: there are none.</summary>
    public TextMasker? Masker { get; }

    /// <summary>What a checkpoint remembers of the rules; null: none.</summary>
    public IReadOnlyList<string>? Keys => Masker?.Keys;

    /// <summary>For people: what is masked.</summary>
    public string Words => Rules.Count == 0 ? "Nothing is masked." : $"Masked: {string.Join(", ", Rules.Select(rule => WordsOf(rule.Name)))}.";

    /// <summary>What a rule's matches are called; patterns go by their own names.</summary>
    public static string WordsOf(string name) => name switch
    {
        "e-mail" => "e-mail addresses",
        "card" => "card numbers",
        "phone" => "phone numbers",
        _ => name,
    };

    /// <param name="patterns">Names with their regular expressions, in the order in which they apply.</param>
    /// <exception cref="InvalidInputException">A pattern or its name cannot be used; says which, why, and what to do.</exception>
    public static MaskingRules Of(bool emails, bool cards, bool phones, IReadOnlyList<(string Name, string Pattern)> patterns)
    {
        if (patterns.Count > MostPatterns) throw new InvalidInputException($"{patterns.Count} patterns are too many.", $"Give at most {MostPatterns}; several can often be joined with |.");
        var rules = new List<MaskingRule>();
        if (emails) rules.Add(MaskingRule.Email);
        if (cards) rules.Add(MaskingRule.Card);
        if (phones) rules.Add(MaskingRule.Phone);
        foreach (var (name, pattern) in patterns)
        {
            CheckName(name);
            if (name is "e-mail" or "card" or "phone" or "masked" || rules.Any(rule => rule.Name == name))
                throw new InvalidInputException($"There are two rules called {name}.", "Give the pattern another name.");
            rules.Add(new MaskingRule(MaskingKind.Pattern, name, pattern));
        }
        foreach (var rule in rules)
            if (rule.Kind == MaskingKind.Pattern) Check(rule, rules);
        return rules.Count == 0 ? None : new MaskingRules(rules);
    }

    /// <summary>From the stored form.</summary>
    /// <param name="json">Null: none.</param>
    public static MaskingRules FromJson(string? json)
    {
        if (json is null) return None;
        var stored = JsonSerializer.Deserialize<Stored>(json) ?? throw new JsonException("Empty masking rules.");
        return Of(stored.Emails, stored.Cards, stored.Phones, [.. stored.Patterns.Select(pattern => (pattern.Name, pattern.Pattern))]);
    }

    /// <returns>Null: none.</returns>
    public string? ToJson() => Rules.Count == 0 ? null : JsonSerializer.Serialize(new Stored(
        Rules.Contains(MaskingRule.Email), Rules.Contains(MaskingRule.Card), Rules.Contains(MaskingRule.Phone),
        [.. Rules.Where(rule => rule.Kind == MaskingKind.Pattern).Select(rule => new StoredPattern(rule.Name, rule.Pattern!))]));

    /// <summary>Whether texts that went through rules of these keys need only be masked once more to be as these rules would have them; else their originals are needed.</summary>
    /// <param name="earlier">Null: none.</param>
    public bool Extend(IReadOnlyList<string>? earlier) => earlier is null || earlier.All((Keys ?? []).Contains);

    /// <summary>Whether texts that went through rules of these keys are as these rules would have them.</summary>
    public bool Are(IReadOnlyList<string>? keys) => (Keys ?? []).SequenceEqual(keys ?? []);

    internal static Regex Compile(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static void CheckName(string name)
    {
        if (!Name().IsMatch(name))
            throw new InvalidInputException($"\"{name}\" cannot be the name of a pattern.", "Use 1 to 30 letters, digits, spaces and hyphens, e.g. customer-number: it stands in brackets where a text was masked.");
    }

    private static void Check(MaskingRule rule, List<MaskingRule> all)
    {
        var pattern = rule.Pattern!;
        if (pattern.Length is 0 or > LongestPattern) throw new InvalidInputException($"The pattern of {rule.Name} has {pattern.Length} characters.", $"Give 1 to {LongestPattern}.");
        Regex regex;
        try
        {
            regex = Compile(pattern);
        }
        catch (RegexParseException broken)
        {
            throw new InvalidInputException($"The pattern of {rule.Name} is no regular expression: {broken.Error} at character {broken.Offset + 1}.", "Mend it and save again; nothing was changed.", broken);
        }
        catch (NotSupportedException)
        {
            // Only patterns whose time grows with the text and no faster: what a customer writes in a chat must not stall a sync.
            throw new InvalidInputException($"The pattern of {rule.Name} uses a lookahead, a lookbehind, a backreference or an atomic group.", "Say it without them: patterns here must run in a time that grows only with the length of the text.");
        }
        if (regex.IsMatch("")) throw new InvalidInputException($"The pattern of {rule.Name} matches nothing at all, so it matches everywhere.", "Change * to + or name at least one character.");
        foreach (var replacement in all.Select(one => one.Replacement).Append(TextMasker.Whole))
            if (regex.IsMatch(replacement))
                throw new InvalidInputException($"The pattern of {rule.Name} matches {replacement}, which stands where a text was masked.", "Make it narrower, or give it a name that it does not match.");
    }

    [GeneratedRegex(@"^[\p{L}\d](?:[\p{L}\d -]{0,28}[\p{L}\d])?$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    private sealed record Stored(bool Emails, bool Cards, bool Phones, IReadOnlyList<StoredPattern> Patterns);

    private sealed record StoredPattern(string Name, string Pattern);
}
