namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>What a user allowed an app; lives as long as its refresh token.</summary>
/// <param name="RefreshToken">The one valid refresh token; null where the scope did not include one.</param>
/// <param name="Stale">The user's password was changed since.</param>
internal sealed record Approval(
    long Number, string ClientId, string UserId, IReadOnlyList<string> Scopes, string? RefreshToken, DateTimeOffset GrantedAt, DateTimeOffset LastUsed, bool Stale);

/// <summary>An access token, which is a session id.</summary>
/// <param name="Scopes">Empty = no restriction (username-password flow).</param>
/// <param name="Approval">The approval's number; null for flows without one.</param>
public sealed record Session(
    string AccessToken, string ClientId, string UserId, IReadOnlyList<string> Scopes, long? Approval, DateTimeOffset IssuedAt, DateTimeOffset Expires)
{
    /// <summary>True where the REST API may be used with it.</summary>
    public bool AllowsApi => Scopes.Count == 0 || Scopes.Contains("api") || Scopes.Contains("full");
}
