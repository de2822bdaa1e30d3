using System.Text.RegularExpressions;
using Orgtap.Primitives;

namespace Orgtap.Conversations.Masking;

/// <summary>A pattern that somebody wrote.</summary>
/// <param name="Name">Lower-case letters, digits and hyphens; stands in the text in place of what it finds.</param>
/// <param name="Pattern">A .NET regular expression.</param>
public sealed record MaskingPattern(string Name, string Pattern);

/// <summary>What is masked before anything is stored.</summary>
public sealed record MaskingRules
{
    public const string EmailRule = "e-mail", PhoneRule = "phone", CardRule = "card";

    private const int MostPatterns = 20;
    private const int LongestPattern = 500;

    public static readonly MaskingRules None = new();

    public bool Emails { get; init; }

    public bool Phones { get; init; }

    /// <summary>Numbers of 13 to 19 digits that pass the Luhn test.</summary>
    public bool Cards { get; init; }

    public IReadOnlyList<MaskingPattern> Patterns { get; init; } = [];

    public bool IsAny => Emails || Phones || Cards || Patterns.Count > 0;

    /// <summary>What stands in place of what a rule found.</summary>
    public static string ReplacementOf(string rule) => $"[{rule}]";

    /// <exception cref="InvalidInputException">A pattern cannot be used; names it and says why.</exception>
    public void Check()
    {
        if (Patterns.Count > MostPatterns) throw new InvalidInputException($"{Patterns.Count} patterns are too many.", $"Keep to {MostPatterns}; one pattern may have alternatives: (one|other).");
        if (Patterns.GroupBy(pattern => pattern.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InvalidInputException($"Two patterns are called {twice.Key}.", "Give each a name of its own.");
        foreach (var pattern in Patterns)
        {
            if (pattern.Name is EmailRule or PhoneRule or CardRule || pattern.Name.Length is 0 or > 30 || pattern.Name.Any(letter => !char.IsAsciiLetterLower(letter) && !char.IsAsciiDigit(letter) && letter != '-'))
                throw new InvalidInputException($"\"{pattern.Name}\" cannot be the name of a pattern.", "Use 1 to 30 lower-case letters, digits and hyphens, e.g. order-number; e-mail, phone and card are taken.");
            if (pattern.Pattern.Length is 0 or > LongestPattern) throw new InvalidInputException($"The pattern {pattern.Name} has {pattern.Pattern.Length} characters.", $"Write 1 to {LongestPattern}.");
            Regex expression;
            try
            {
                expression = Masker.Compile(pattern.Pattern);
            }
            catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
            {
                throw new InvalidInputException($"The pattern {pattern.Name} is no regular expression that can be used: {wrong.Message}", "Correct it; look-arounds and back-references are not possible.", wrong);
            }
            if (expression.IsMatch("")) throw new InvalidInputException($"The pattern {pattern.Name} also finds nothing at all.", "Make it need at least one character, e.g. + in place of *.");
            if (expression.IsMatch(ReplacementOf(pattern.Name))) throw new InvalidInputException($"The pattern {pattern.Name} also finds {ReplacementOf(pattern.Name)}, which stands in place of what it found.", "Make it narrower, or give it another name.");
        }
    }
}
