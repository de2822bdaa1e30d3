namespace Orgtap.SimulatedOrg.Faults;

/// <summary>When something goes wrong, and what. Without Nth, Every and Probability each matching request is hit.</summary>
/// <param name="Route">
/// Optional method, a space, then path and query with <c>*</c> for anything: <c>GET /services/data/*/jobs/query/*/results*</c>. Case does not matter.
/// Effects on Bulk jobs match the request that creates the job.
/// </param>
/// <param name="Effect">What happens.</param>
public sealed record FaultRule(string Route, FaultEffect Effect)
{
    /// <value>Only requests about this object: from <c>/sobjects/X</c> in the path, the FROM of a query, or the object of the Bulk job.</value>
    public string? SObject { get; init; }

    /// <value>
    /// Only token requests with this <c>grant_type</c> (<c>refresh_token</c>, <c>device</c> …), or <c>device_code</c> for the start of the device flow.
    /// </value>
    public string? Grant { get; init; }

    /// <value>In force only from so long after it was added, on the org's clock. Default: at once.</value>
    public TimeSpan? After { get; init; }

    /// <value>In force only for so long, counted from <see cref="After"/>; null = no end. Requests before and behind are not counted.</value>
    public TimeSpan? Duration { get; init; }

    /// <value>Only the n-th matching request (1 = the first).</value>
    public int? Nth { get; init; }

    /// <value>Every n-th matching request.</value>
    public int? Every { get; init; }

    /// <value>Chance of each matching request, 0 to 1; drawn from <see cref="Seed"/>.</value>
    public double? Probability { get; init; }

    /// <value>Seed of the chance. Default 1.</value>
    public int Seed { get; init; } = 1;

    /// <value>At most so many times; null = no end.</value>
    public int? Times { get; init; }
}

/// <summary>What a rule is compared with.</summary>
/// <param name="Path">Path and query.</param>
/// <param name="SObject">The object concerned, where known.</param>
/// <param name="Grant">The <c>grant_type</c> of a token request.</param>
public readonly record struct FaultTarget(string Method, string Path, string? SObject, string? Grant = null);
