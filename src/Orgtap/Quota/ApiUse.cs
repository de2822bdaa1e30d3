namespace Orgtap.Quota;

/// <summary>What is known of an org's API calls in the last 24 hours.</summary>
/// <param name="Used">By everybody, as Salesforce said last.</param>
/// <param name="Own">By all connections of this installation, in the last 24 hours.</param>
/// <param name="ObservedAt">When Salesforce said so, UTC.</param>
public sealed record ApiUse(long Used, long Maximum, long Own, DateTimeOffset ObservedAt);
