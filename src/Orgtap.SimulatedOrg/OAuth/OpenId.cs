using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>OpenID Connect: the discovery document, the org's public key, and ID tokens for apps with the scope <c>openid</c>.</summary>
internal sealed class OpenId(OrgKey key, OrgUsers users, string organizationId, TimeProvider time)
{
    /// <summary>How long an ID token is good for.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(2);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/.well-known/openid-configuration", context => context.Response.WriteAsJsonAsync(Discovery(Origin(context.Request)), context.RequestAborted)).WithDisplayName("openid");
        routes.MapGet("/id/keys", context => context.Response.WriteAsJsonAsync(new { keys = new[] { key.Public } }, context.RequestAborted)).WithDisplayName("openidKeys");
    }

    /// <summary>The ID token to a session; null where the app did not ask for one.</summary>
    public string? TokenFor(Session session, string? nonce, string origin)
    {
        // Where nobody signed in there is nobody to tell of.
        if (session.Approval is null || !session.Scopes.Contains("openid")) return null;
        var now = time.GetUtcNow();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = origin,
            ["sub"] = $"{origin}/id/{organizationId}/{session.UserId}",
            ["aud"] = session.ClientId,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + Life).ToUnixTimeSeconds(),
            ["at_hash"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(session.AccessToken)).AsSpan(0, 16)),
        };
        if (nonce is not null) claims["nonce"] = nonce;
        if (users.ById(session.UserId) is { } user && session.Scopes.Contains("email")) (claims["email"], claims["email_verified"]) = (user.Email, true);
        return key.Sign(claims);
    }

    private static object Discovery(string origin) => new
    {
        issuer = origin,
        authorization_endpoint = origin + AuthorizeEndpoint.Path,
        token_endpoint = origin + TokenEndpoint.Path,
        revocation_endpoint = origin + "/services/oauth2/revoke",
        introspection_endpoint = origin + "/services/oauth2/introspect",
        userinfo_endpoint = origin + "/services/oauth2/userinfo",
        jwks_uri = origin + "/id/keys",
        scopes_supported = ConnectedApp.AllScopes,
        response_types_supported = new[] { "code" },
        response_modes_supported = new[] { "query" },
        grant_types_supported = new[] { "authorization_code", "refresh_token", "password", "client_credentials", JwtAssertions.GrantType, "device" },
        subject_types_supported = new[] { "public" },
        id_token_signing_alg_values_supported = new[] { "RS256" },
        code_challenge_methods_supported = new[] { "S256" },
        display_values_supported = new[] { "page", "popup", "touch", "mobile" },
        token_endpoint_auth_methods_supported = new[] { "client_secret_post", "client_secret_basic" },
        claims_supported = new[] { "active", "email", "email_verified", "family_name", "given_name", "locale", "name", "nickname", "organization_id", "photos", "preferred_username", "sub", "updated_at", "urls", "user_id", "user_type", "utcOffset", "zoneinfo" },
    };

    private static string Origin(HttpRequest request) => $"{request.Scheme}://{request.Host}";
}
