using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Orgtap.App.Users;

namespace Orgtap.App.Web.SignIn;

internal static class SignInSchemes
{
    /// <summary>The cookie for pages, the token for <c>/api</c>: a cookie never opens the API, so the API needs no form tokens.</summary>
    public const string ByPath = "by-path";

    public const string Token = "api-token";
}

/// <summary>Makes and ends browser sessions.</summary>
public sealed class SessionTickets
{
    /// <summary>Then one signs in again; a password change ends a session at once.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    internal const string StampClaim = "stamp";

    public Task StartAsync(HttpContext context, User user) =>
        context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, PrincipalOf(user, CookieAuthenticationDefaults.AuthenticationScheme));

    public Task EndAsync(HttpContext context) => context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);

    internal static ClaimsPrincipal PrincipalOf(User user, string scheme) => new(new ClaimsIdentity(
        [
            new Claim(ClaimTypes.NameIdentifier, user.Id), new Claim(ClaimTypes.Name, user.Name), new Claim(ClaimTypes.Email, user.Email),
            new Claim(ClaimTypes.Role, user.Role.ToString()), new Claim(StampClaim, user.SecurityStamp),
        ], scheme));
}

/// <summary>Looks a session's user up on every request, so that a removed user, another role or a new password count at once.</summary>
internal sealed class SessionEvents(UserStore users) : CookieAuthenticationEvents
{
    public override async Task ValidatePrincipal(CookieValidatePrincipalContext context)
    {
        var id = context.Principal?.FindFirstValue(ClaimTypes.NameIdentifier);
        var user = id is null ? null : await users.FindAsync(id, context.HttpContext.RequestAborted);
        if (user is null || user.SecurityStamp != context.Principal!.FindFirstValue(SessionTickets.StampClaim))
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
            return;
        }
        context.ReplacePrincipal(SessionTickets.PrincipalOf(user, CookieAuthenticationDefaults.AuthenticationScheme));
    }
}
