using System.Text.RegularExpressions;

namespace Orgtap.Masking;

/// <summary>Finds a rule's matches in a text. Time grows with the text and no faster.</summary>
internal abstract class Finder
{
    /// <summary>Adds the matches, from left to right, none overlapping another.</summary>
    public abstract void Find(string text, List<(int Start, int Length)> spans);

    public static Finder Of(MaskingRule rule) => rule.Kind switch
    {
        MaskingKind.Email => new EmailFinder(),
        MaskingKind.Card => new DigitFinder(CardNumbers.Length),
        MaskingKind.Phone => new DigitFinder(PhoneNumbers.Length),
        _ => new PatternFinder(MaskingRules.Compile(rule.Pattern!)),
    };

    private sealed class PatternFinder(Regex regex) : Finder
    {
        public override void Find(string text, List<(int Start, int Length)> spans)
        {
            foreach (var match in regex.EnumerateMatches(text))
                if (match.Length > 0) spans.Add((match.Index, match.Length));
        }
    }

    /// <param name="lengthAt">How many of a run's groups, from the given one on, are a match; 0: none.</param>
    private sealed class DigitFinder(Func<DigitRun, int, int> lengthAt) : Finder
    {
        public override void Find(string text, List<(int Start, int Length)> spans)
        {
            foreach (var run in DigitRuns.In(text))
            {
                for (var i = 0; i < run.Groups.Count;)
                {
                    var length = lengthAt(run, i);
                    if (length > 0)
                    {
                        var (start, end) = run.Extent(i, length);
                        spans.Add((start, end - start));
                    }
                    // From the middle of a date no number begins.
                    i += Math.Max(1, length > 0 ? length : run.OtherAt(i));
                }
            }
        }
    }
}

/// <summary>E-mail addresses: everything an address may hold unquoted (RFC 5322's atoms) before the @, letters of any script behind it, at least one dot.</summary>
internal sealed partial class EmailFinder : Finder
{
    public override void Find(string text, List<(int Start, int Length)> spans)
    {
        foreach (var match in Address().EnumerateMatches(text)) spans.Add((match.Index, match.Length));
    }

    // Begins only where no such character stands before, and never gives characters back: a long run without an @ is read once.
    [GeneratedRegex(@"(?<![\w.!#$%&'*+/=?^`{|}~-])(?>[\w.!#$%&'*+/=?^`{|}~-]+)@(?>[\w-]+)(?:\.(?>[\w-]+))+", RegexOptions.CultureInvariant)]
    private static partial Regex Address();
}
