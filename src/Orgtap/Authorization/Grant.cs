using Orgtap.Primitives;

namespace Orgtap.Authorization;

/// <summary>What lets Orgtap into one connection's org.</summary>
/// <param name="Version">Grows with every change.</param>
/// <param name="AccessToken">Null before the first and after one was found dead.</param>
/// <param name="RefreshToken">Null for the flows that give none and are asked anew instead.</param>
/// <param name="Password">Of the password flow, kept to sign in again when the access token ends.</param>
/// <param name="InstanceUrl">Where the org's API is; checked when it was stored.</param>
public sealed record Grant(
    ConnectionId ConnectionId, long Version, SecretText? AccessToken, SecretText? RefreshToken, SecretText? Password, SecretText? SecurityToken,
    Uri InstanceUrl, Uri IdentityUrl, string? Scope, DateTimeOffset IssuedAt)
{
    /// <summary>When somebody authorized, UTC; null for grants older than that was noted.</summary>
    public DateTimeOffset? GrantedAt { get; init; }

    /// <summary>Who authorized: a person of this Orgtap, or the Salesforce admin who was asked.</summary>
    public string? GrantedBy { get; init; }

    /// <summary>When it was last seen to let Orgtap in, between syncs; null: not yet.</summary>
    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>What is revoked to end it.</summary>
    public SecretText? Revocable => RefreshToken ?? AccessToken;
}

/// <summary>An access token as it is used.</summary>
/// <param name="InstanceUrl">The only host it may be sent to.</param>
/// <param name="Version">The grant's version it came from; tells an old token from a new one without comparing secrets.</param>
public sealed record AccessToken(SecretText Value, Uri InstanceUrl, long Version);

/// <summary>Whether the caller may renew a grant now.</summary>
internal enum RenewalTurn
{
    /// <summary>Yes; nobody else does until it ends, or the lease runs out.</summary>
    Mine,

    /// <summary>As <see cref="Mine"/>; but an earlier renewal was begun and never ended, so its answer may be lost.</summary>
    MineAfterAbandoned,

    /// <summary>No, another process does.</summary>
    Others,

    /// <summary>No, the grant has changed since it was read.</summary>
    Changed,
}
