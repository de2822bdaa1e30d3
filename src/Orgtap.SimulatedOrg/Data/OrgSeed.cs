namespace Orgtap.SimulatedOrg.Data;

/// <summary>Everything random follows from <paramref name="Seed"/>; base rows are computed on demand and never stored.</summary>
/// <param name="Seed">Same seed, same org.</param>
/// <param name="Records">Object name → number of base rows. Objects not named have none, but there is always one Organization.</param>
/// <param name="Now">Base stamps lie in the five years before it.</param>
/// <param name="ExtraObjects">Generated custom objects <c>Extra0001__c</c>, <c>Extra0002__c</c> …</param>
/// <param name="ExtraFields">Generated fields <c>F001__c</c> … of each of them.</param>
public sealed record OrgSeed(int Seed, IReadOnlyDictionary<string, long> Records, DateTimeOffset Now, int ExtraObjects = 0, int ExtraFields = 0);

/// <summary>One row of the truth export; <paramref name="Values"/> are canonical texts in the order of the fields asked for.</summary>
public readonly record struct TruthRow(string Id, string?[] Values);
