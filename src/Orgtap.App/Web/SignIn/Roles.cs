using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Orgtap.App.Users;

namespace Orgtap.App.Web.SignIn;

/// <summary>Who may do what, for pages and endpoints alike.</summary>
internal static class Roles
{
    public const string Viewer = nameof(Role.Viewer);
    public const string Operator = nameof(Role.Operator);
    public const string Administrator = nameof(Role.Administrator);

    public static void AddOrgtapRoles(this AuthorizationBuilder authorization) => authorization
        .AddPolicy(Viewer, policy => policy.RequireRole(Viewer, Operator, Administrator))
        .AddPolicy(Operator, policy => policy.RequireRole(Operator, Administrator))
        .AddPolicy(Administrator, policy => policy.RequireRole(Administrator));

    public static bool MayOperate(this ClaimsPrincipal user) => user.IsInRole(Operator) || user.IsInRole(Administrator);

    /// <summary>Who acts, for the audit log and a run's "started by".</summary>
    public static string ActorOf(this ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.Email) ?? "unknown";
}
