using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orgtap.SimulatedOrg.Faults;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>What an org lets in beyond what an app is set to.</summary>
/// <param name="PasswordFlow">The username-password flow is allowed.</param>
internal sealed record OrgPolicies(bool PasswordFlow);

/// <summary>
/// <c>/services/oauth2/token</c>: authorization code, refresh, username-password and client credentials. A further grant type is one more
/// line in <see cref="Grant"/>.
/// </summary>
internal sealed class TokenEndpoint(
    OrgUsers users, ConnectedApps apps, TokenStore tokens, AuthorizationCodes codes, string organizationId, OrgPolicies policies)
{
    private sealed record Granted(Session Session, string? RefreshToken, ConnectedApp App);

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/services/oauth2/token", TokenAsync).WithDisplayName("token");

    private async Task TokenAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-cache, no-store";
        try
        {
            if (!context.Request.HasFormContentType) throw OAuthException.Missing("grant_type");
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            await ReplyAsync(context, Grant(context.Request, form));
        }
        catch (OAuthException refusal)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsJsonAsync(
                new Dictionary<string, string> { ["error"] = refusal.Error, ["error_description"] = refusal.Description }, context.RequestAborted);
        }
    }

    private Granted Grant(HttpRequest request, IFormCollection form)
    {
        var grantType = form["grant_type"].ToString();
        if (grantType.Length == 0) throw OAuthException.Missing("grant_type");
        var client = ClientAuthentication.Of(request, form, apps);
        return grantType switch
        {
            "authorization_code" => ExchangeCode(form, client),
            "refresh_token" => Refresh(form, client.WithSecretIfRequired()),
            "password" => Password(form, client.WithSecret()),
            "client_credentials" => ClientCredentials(client.WithSecret()),
            _ => throw new OAuthException("unsupported_grant_type", "grant type not supported"),
        };
    }

    private Granted ExchangeCode(IFormCollection form, ClientAuthentication client)
    {
        if (codes.Take(form["code"].ToString()) is not { } code) throw new OAuthException("invalid_grant", "expired authorization code");
        var app = client.WithSecretIfRequired();
        if (code.Ask.App.ClientId != app.ClientId) throw new OAuthException("invalid_grant", "invalid authorization code");
        if (code.Ask.RedirectUri != form["redirect_uri"].ToString())
            throw new OAuthException("redirect_uri_mismatch", "redirect_uri must match configuration");
        if (code.Ask.Challenge is { } challenge && !Pkce.Matches(challenge, form["code_verifier"].ToString()))
            throw new OAuthException("invalid_grant", "invalid code verifier");
        // An app without a secret has nothing but the verifier to show that the code is its own.
        if (code.Ask.Challenge is null && !client.SecretShown) throw new OAuthException("invalid_grant", "invalid code verifier");
        if (users.ById(code.UserId) is not { Active: true } user) throw new OAuthException("inactive_user", "user is inactive");
        var (session, refresh) = tokens.Approve(app.ClientId, user.Id, code.Ask.Scopes);
        return new Granted(session, refresh, app);
    }

    private Granted Refresh(IFormCollection form, ConnectedApp app)
    {
        if (tokens.Refresh(form["refresh_token"].ToString(), app.ClientId, app.RotateRefreshTokens) is not var (session, refresh))
            throw OAuthException.DeadToken();
        if (users.ById(session.UserId) is not { Active: true })
        {
            tokens.Revoke(session.AccessToken);
            throw new OAuthException("inactive_user", "user is inactive");
        }
        return new Granted(session, app.RotateRefreshTokens ? refresh : null, app);
    }

    private Granted Password(IFormCollection form, ConnectedApp app)
    {
        // One description for every cause: the true one stands only in the org's login history.
        if (!policies.PasswordFlow || users.Find(form["username"].ToString()) is not { Active: true } user
            || user.Password + user.SecurityToken != form["password"].ToString())
            throw OAuthException.AuthenticationFailure();
        return new Granted(tokens.Open(app.ClientId, user.Id, [], approval: null), null, app);
    }

    private Granted ClientCredentials(ConnectedApp app) => app.ClientCredentials && users.First is { Active: true } user
        ? new Granted(tokens.Open(app.ClientId, user.Id, app.Scopes, approval: null), null, app)
        : throw new OAuthException("invalid_grant", "no client credentials user enabled");

    private async Task ReplyAsync(HttpContext context, Granted granted)
    {
        var session = granted.Session;
        var origin = $"{context.Request.Scheme}://{context.Request.Host}";
        var id = $"{origin}/id/{organizationId}/{session.UserId}";
        var issuedAt = session.IssuedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var reply = new Dictionary<string, string> { ["access_token"] = session.AccessToken };
        if (granted.RefreshToken is not null) reply["refresh_token"] = granted.RefreshToken;
        reply["signature"] = Sign(granted.App.ClientSecret ?? "", id + issuedAt);
        if (session.Scopes.Count > 0) reply["scope"] = string.Join(' ', session.Scopes);
        reply["instance_url"] = ActiveFaults.Of(context).Find<FaultEffect.InstanceUrl>()?.Url ?? origin;
        reply["id"] = id;
        reply["token_type"] = "Bearer";
        reply["issued_at"] = issuedAt;
        await context.Response.WriteAsJsonAsync(reply, context.RequestAborted);
    }

    private static string Sign(string secret, string text) =>
        Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));
}
