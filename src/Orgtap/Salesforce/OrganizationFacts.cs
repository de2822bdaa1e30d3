using Orgtap.Primitives;

namespace Orgtap.Salesforce;

/// <summary>The org about itself.</summary>
/// <param name="OrganizationType">The edition, e.g. <c>Enterprise Edition</c>; null where the user may not see it.</param>
public sealed record OrganizationFacts(OrgId Id, string Name, string? OrganizationType, bool IsSandbox);
