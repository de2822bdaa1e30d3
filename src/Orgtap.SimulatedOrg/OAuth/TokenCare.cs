using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary><c>/services/oauth2/revoke</c> and <c>/introspect</c>.</summary>
internal sealed class TokenCare(OrgUsers users, ConnectedApps apps, TokenStore tokens, string organizationId)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/services/oauth2/revoke", ["GET", "POST"], RevokeAsync).WithDisplayName("revoke");
        routes.MapPost("/services/oauth2/introspect", IntrospectAsync).WithDisplayName("introspect");
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var token = context.Request.HasFormContentType
            ? (await context.Request.ReadFormAsync(context.RequestAborted))["token"].ToString()
            : context.Request.Query["token"].ToString();
        if (tokens.Revoke(token)) return;
        // jsforce reads this body as a form, so it is one.
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.ContentType = "application/x-www-form-urlencoded";
        await context.Response.WriteAsync(QueryHelpers.AddQueryString("", new Dictionary<string, string?>
        {
            ["error"] = "invalid_token", ["error_description"] = "invalid token",
        })[1..], context.RequestAborted);
    }

    private async Task IntrospectAsync(HttpContext context)
    {
        try
        {
            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            var app = ClientAuthentication.Of(context.Request, form, apps).WithSecret();
            var session = tokens.Peek(form["token"].ToString());
            // Sessions of the username-password flow cannot be introspected.
            if (session is null || session.ClientId != app.ClientId || session.Scopes.Count == 0 || users.ById(session.UserId) is not { } user)
            {
                await context.Response.WriteAsJsonAsync(new { active = false }, context.RequestAborted);
                return;
            }
            var subject = string.Create(CultureInfo.InvariantCulture, $"{context.Request.Scheme}://{context.Request.Host}/id/{organizationId}/{user.Id}");
            await context.Response.WriteAsJsonAsync(new
            {
                active = true,
                scope = string.Join(' ', session.Scopes),
                client_id = session.ClientId,
                username = user.Username,
                sub = subject,
                token_type = "access_token",
                exp = session.Expires.ToUnixTimeSeconds(),
                iat = session.IssuedAt.ToUnixTimeSeconds(),
                nbf = session.IssuedAt.ToUnixTimeSeconds(),
            }, context.RequestAborted);
        }
        catch (OAuthException refusal)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsJsonAsync(new { error = refusal.Error, error_description = refusal.Description }, context.RequestAborted);
        }
    }
}
