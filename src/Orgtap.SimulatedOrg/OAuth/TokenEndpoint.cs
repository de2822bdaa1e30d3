using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orgtap.SimulatedOrg.Faults;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary><c>/services/oauth2/token</c>: which grant is asked for, and how its outcome is told. A further grant type is one more line in <see cref="Grant"/>.</summary>
internal sealed class TokenEndpoint(ConnectedApps apps, TokenGrants grants, DeviceFlow devices, OpenId openId, string organizationId)
{
    public const string Path = "/services/oauth2/token";

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost(Path, TokenAsync).WithDisplayName("token");

    private async Task TokenAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-cache, no-store";
        try
        {
            if (!context.Request.HasFormContentType) throw OAuthException.Missing("grant_type");
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            if (form["response_type"].ToString() == "device_code")
                await context.Response.WriteAsJsonAsync(devices.Start(form, Origin(context.Request)), context.RequestAborted);
            else await ReplyAsync(context, Grant(context.Request, form));
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
        // The assertion itself says whose it is.
        if (grantType == JwtAssertions.GrantType) return grants.Jwt(form, Origin(request));
        var client = ClientAuthentication.Of(request, form, apps);
        return grantType switch
        {
            "authorization_code" => grants.Code(form, client),
            "refresh_token" => grants.Refresh(form, client.WithSecretIfRequired()),
            "password" => grants.Password(form, client.WithSecret()),
            "client_credentials" => grants.ClientCredentials(client.WithSecret(), request.Host.Host),
            "device" => grants.Device(form, client.App),
            _ => throw new OAuthException("unsupported_grant_type", "grant type not supported"),
        };
    }

    private async Task ReplyAsync(HttpContext context, Granted granted)
    {
        var session = granted.Session;
        var origin = Origin(context.Request);
        var id = $"{origin}/id/{organizationId}/{session.UserId}";
        var issuedAt = session.IssuedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var reply = new Dictionary<string, string> { ["access_token"] = session.AccessToken };
        if (granted.RefreshToken is not null) reply["refresh_token"] = granted.RefreshToken;
        if (granted.Signed) reply["signature"] = Sign(granted.App.ClientSecret ?? "", id + issuedAt);
        if (session.Scopes.Count > 0) reply["scope"] = string.Join(' ', session.Scopes);
        reply["instance_url"] = ActiveFaults.Of(context).Find<FaultEffect.InstanceUrl>()?.Url ?? origin;
        reply["id"] = id;
        reply["token_type"] = "Bearer";
        if (openId.TokenFor(session, granted.Nonce, origin) is { } idToken) reply["id_token"] = idToken;
        if (granted.Signed) reply["issued_at"] = issuedAt;
        await context.Response.WriteAsJsonAsync(reply, context.RequestAborted);
    }

    private static string Origin(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    private static string Sign(string secret, string text) =>
        Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));
}
