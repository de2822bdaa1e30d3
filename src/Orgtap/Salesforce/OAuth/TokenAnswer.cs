using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Salesforce.OAuth;

/// <summary>What the token endpoint gave. Members that a refresh leaves out are null: what is stored stays.</summary>
/// <param name="RefreshToken">With scope refresh_token only; on a refresh only where the app rotates them, and the old one is dead then.</param>
/// <param name="InstanceUrl">Where the org's API is; not checked yet.</param>
/// <param name="IdentityUrl">Ends in <c>/id/ORG/USER</c>; not checked yet.</param>
/// <param name="IssuedAt">UTC.</param>
public sealed record TokenAnswer(SecretText AccessToken, SecretText? RefreshToken, Uri? InstanceUrl, Uri? IdentityUrl, string? Scope, DateTimeOffset? IssuedAt)
{
    /// <summary>The org the token is for, as the identity address says; null where it says none.</summary>
    public OrgId? OrgId => IdPart(2) is { } id && id.StartsWith("00D", StringComparison.Ordinal) ? new OrgId(id) : null;

    /// <summary>The user's Id, 18 characters, prefix 005; null where the identity address says none.</summary>
    public string? UserId => IdPart(1);

    /// <exception cref="JsonException">No access token.</exception>
    internal static TokenAnswer Read(JsonElement root) => new(
        SecretText.From(root.Text("access_token")) ?? throw new JsonException("The answer holds no access token."),
        SecretText.From(root.Text("refresh_token")),
        Address(root.Text("instance_url")), Address(root.Text("id")), root.Text("scope"),
        root.Long("issued_at") is { } at and > 0 and < 253_402_300_799_999 ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);

    private string? IdPart(int fromEnd)
    {
        var parts = IdentityUrl?.AbsolutePath.Trim('/').Split('/') ?? [];
        return parts.Length >= 3 && parts[^3] == "id" ? SalesforceId.To18(parts[^fromEnd]) : null;
    }

    private static Uri? Address(string? text) => Uri.TryCreate(text, UriKind.Absolute, out var address) ? address : null;
}
