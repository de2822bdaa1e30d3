using Orgtap.Primitives;

namespace Orgtap.Reauthorization;

/// <summary>What a check found.</summary>
public enum CheckOutcome
{
    Passed,

    /// <summary>It works, and something should be changed.</summary>
    Warning,
    Failed,

    /// <summary>It could not be looked at, mostly because an earlier check failed.</summary>
    NotChecked,
}

/// <summary>One check of a connection.</summary>
/// <param name="Sentence">What was found, for people.</param>
/// <param name="Turn">Who mends it; null where there is nothing to mend.</param>
/// <param name="NextStep">What they do, with the path in Setup.</param>
/// <param name="Missing">Tables and fields that are selected and not visible.</param>
public sealed record ConnectionCheck(
    string Name, CheckOutcome Outcome, string Sentence, Turn? Turn = null, string? NextStep = null, string? Detail = null, TimeSpan Took = default, IReadOnlyList<MissingAccess>? Missing = null)
{
    internal static ConnectionCheck Failed(string name, OrgtapException failure) => new(name, CheckOutcome.Failed, failure.Message, failure.Turn, failure.NextStep, failure.Detail);

    internal static ConnectionCheck Not(string name, string why) => new(name, CheckOutcome.NotChecked, why);
}
