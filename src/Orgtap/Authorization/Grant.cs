using Orgtap.Primitives;

namespace Orgtap.Authorization;

/// <summary>What lets Orgtap into one connection's org.</summary>
/// <param name="Version">Grows with every change.</param>
/// <param name="AccessToken">Null before the first and after one was found dead.</param>
/// <param name="RefreshToken">Null for the password flow, which gives none.</param>
/// <param name="Password">Of the password flow, kept to sign in again when the access token ends.</param>
/// <param name="InstanceUrl">Where the org's API is; checked when it was stored.</param>
public sealed record Grant(
    ConnectionId ConnectionId, long Version, SecretText? AccessToken, SecretText? RefreshToken, SecretText? Password, SecretText? SecurityToken,
    Uri InstanceUrl, Uri IdentityUrl, string? Scope, DateTimeOffset IssuedAt);

/// <summary>An access token as it is used.</summary>
/// <param name="InstanceUrl">The only host it may be sent to.</param>
/// <param name="Version">The grant's version it came from; tells an old token from a new one without comparing secrets.</param>
public sealed record AccessToken(SecretText Value, Uri InstanceUrl, long Version);
