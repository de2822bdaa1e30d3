using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Orgtap.App.Users;
using Orgtap.App.Web.SignIn;

namespace Orgtap.App.Api;

/// <summary><c>Authorization: Bearer orgtap_…</c>, the only way into the HTTP API but for <see cref="LocalSocket"/>.</summary>
internal sealed class TokenAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, ApiTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (LocalSocket.Carries(Context)) return AuthenticateResult.Success(new AuthenticationTicket(LocalSocket.Principal(Scheme.Name), Scheme.Name));
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return AuthenticateResult.NoResult();
        return await tokens.FindAsync(header["Bearer ".Length..].Trim(), Context.RequestAborted) is { } bearer
            ? AuthenticateResult.Success(new AuthenticationTicket(Roles.PrincipalOf(bearer, Scheme.Name), Scheme.Name))
            : AuthenticateResult.Fail("The token is unknown, revoked or expired.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Bearer realm=\"orgtap\"";
        return Task.CompletedTask;
    }
}
