using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Orgtap.App.Users;

namespace Orgtap.App.Web.SignIn;

/// <summary>Who may do what, for pages and endpoints alike: the user's role allows it, and the token's scopes where a token asks.</summary>
internal static class Roles
{
    public const string Viewer = nameof(Role.Viewer);
    public const string Operator = nameof(Role.Operator);
    public const string Administrator = nameof(Role.Administrator);

    /// <summary>A viewer who, with a token, has the scope for copied rows.</summary>
    public const string Rows = "Rows";

    private const string ScopesClaim = "scopes";
    private const string EndClaim = "token-end";

    public static void AddOrgtapRoles(this AuthorizationBuilder authorization) => authorization
        .AddPolicy(Viewer, policy => policy.RequireRole(Viewer, Operator, Administrator).RequireScope(TokenScopes.Read))
        .AddPolicy(Rows, policy => policy.RequireRole(Viewer, Operator, Administrator).RequireScope(TokenScopes.Rows))
        .AddPolicy(Operator, policy => policy.RequireRole(Operator, Administrator).RequireScope(TokenScopes.Operate))
        .AddPolicy(Administrator, policy => policy.RequireRole(Administrator).RequireScope(TokenScopes.Administer));

    public static bool MayOperate(this ClaimsPrincipal user) => user.IsInRole(Operator) || user.IsInRole(Administrator);

    /// <summary>An administrator, whose token, where a token asks, has that scope.</summary>
    public static bool MayAdminister(this ClaimsPrincipal user) => user.IsInRole(Administrator) && user.ScopesOf().HasFlag(TokenScopes.Administer);

    /// <summary>Who acts, for the audit log and a run's "started by".</summary>
    public static string ActorOf(this ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.Email) ?? "unknown";

    /// <summary>A user who asks with a token.</summary>
    public static ClaimsPrincipal PrincipalOf(TokenBearer bearer, string scheme)
    {
        var principal = SessionTickets.PrincipalOf(bearer.User, scheme);
        var identity = (ClaimsIdentity)principal.Identity!;
        identity.AddClaim(new Claim(ScopesClaim, ((int)bearer.Scopes).ToString(CultureInfo.InvariantCulture)));
        if (bearer.ExpiresAt is { } end) identity.AddClaim(new Claim(EndClaim, end.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)));
        return principal;
    }

    /// <summary>Sessions and the local socket have every scope.</summary>
    public static TokenScopes ScopesOf(this ClaimsPrincipal user) =>
        user.FindFirstValue(ScopesClaim) is { } scopes ? (TokenScopes)int.Parse(scopes, CultureInfo.InvariantCulture) : TokenScopes.All;

    /// <summary>When the token that asks expires; null: never, or it is no token.</summary>
    public static DateTimeOffset? TokenEnd(this ClaimsPrincipal user) =>
        user.FindFirstValue(EndClaim) is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(end, CultureInfo.InvariantCulture)) : null;

    private static AuthorizationPolicyBuilder RequireScope(this AuthorizationPolicyBuilder policy, TokenScopes scope) =>
        policy.RequireAssertion(context => context.User.ScopesOf().HasFlag(scope));
}
