using Orgtap.Connections;
using Orgtap.Masking;
using Orgtap.Primitives;
using Orgtap.Replicas;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

/// <summary>A pattern of the operator's own.</summary>
/// <param name="Name">Stands in brackets where a text was masked.</param>
/// <param name="Pattern">A regular expression without lookarounds and backreferences.</param>
public sealed record MaskingPattern(string Name, string Pattern);

/// <summary>What is masked in a connection's texts; replaces what was.</summary>
public sealed record MaskingDocument(bool Emails = false, bool CardNumbers = false, bool PhoneNumbers = false, IReadOnlyList<MaskingPattern>? Patterns = null)
{
    /// <exception cref="InvalidInputException">A pattern cannot be used.</exception>
    public MaskingRules Rules() => MaskingRules.Of(Emails, CardNumbers, PhoneNumbers, [.. (Patterns ?? []).Select(pattern => (pattern.Name ?? "", pattern.Pattern ?? ""))]);

    public static MaskingDocument Of(MaskingRules rules) => new(
        rules.Rules.Contains(MaskingRule.Email), rules.Rules.Contains(MaskingRule.Card), rules.Rules.Contains(MaskingRule.Phone),
        [.. rules.Rules.Where(rule => rule.Kind == MaskingKind.Pattern).Select(rule => new MaskingPattern(rule.Name, rule.Pattern!))]);
}

/// <summary>The rules and what became of them.</summary>
/// <param name="Masked">Matches that were masked since the tables are there, by rule.</param>
/// <param name="Behind">Tables whose stored texts follow the rules with the next run.</param>
public sealed record MaskingOverview(MaskingDocument Rules, IReadOnlyDictionary<string, long> Masked, IReadOnlyList<string> Behind);

/// <summary>A text to try rules on; without rules, those that are saved. It is not stored.</summary>
public sealed record MaskingTry(string Text, MaskingDocument? Rules = null);

/// <param name="Matches">By rule.</param>
public sealed record MaskedText(string Text, IReadOnlyDictionary<string, long> Matches);

/// <summary>Masking rules of a connection, for page, verb and endpoint alike.</summary>
public sealed class MaskingChange(ConnectionStore connections, ReplicaFiles replicas, AuditLog audit)
{
    /// <summary>Characters of a text that rules are tried on.</summary>
    public const int LongestTry = 10_000;

    /// <summary>Saves the rules if they differ. What is stored already follows when the next run begins.</summary>
    /// <exception cref="InvalidInputException">A rule cannot be used; nothing was changed.</exception>
    public async Task<MaskingOverview> ApplyAsync(Connection connection, MaskingDocument wanted, string actor, CancellationToken cancellationToken)
    {
        var rules = wanted.Rules();
        if (!rules.Are(connection.Masking.Keys))
        {
            await connections.SetMaskingAsync(connection.Id, rules, cancellationToken);
            await audit.WriteAsync(actor, "masking.set", connection.Name, rules.Words.TrimEnd('.'), cancellationToken);
        }
        return await OfAsync(connection with { Masking = rules }, cancellationToken);
    }

    public async Task<MaskingOverview> OfAsync(Connection connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<ReplicaTable> tables = await replicas.TablesAsync(connection, cancellationToken);
        return new MaskingOverview(MaskingDocument.Of(connection.Masking), tables.Aggregate(MaskCounts.None, static (sum, table) => sum.Add(table.Checkpoint?.MaskedInAll)).ByRule,
            [.. tables.Where(table => table.Checkpoint is { } stored && !connection.Masking.Are(stored.Masks)).Select(table => table.SObject)]);
    }

    /// <exception cref="InvalidInputException">The text is too long, or a rule cannot be used.</exception>
    public static MaskedText Try(Connection connection, MaskingTry wanted)
    {
        var text = wanted.Text ?? "";
        if (text.Length > LongestTry) throw new InvalidInputException($"The text has {text.Length} characters.", $"Try the rules on up to {LongestTry}.");
        if ((wanted.Rules?.Rules() ?? connection.Masking).Masker is not { } masker) return new MaskedText(text, MaskCounts.None.ByRule);
        var (masked, counts) = masker.Mask(text);
        return new MaskedText(masked, counts.ByRule);
    }
}
