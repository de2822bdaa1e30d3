using Orgtap.Primitives;

namespace Orgtap.Salesforce.OAuth;

/// <summary>Who a token belongs to.</summary>
/// <param name="Active">False: the user was deactivated.</param>
public sealed record Identity(OrgId OrgId, string UserId, string? Username, string? DisplayName, bool Active);
