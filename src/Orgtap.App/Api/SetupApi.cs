using System.ComponentModel;
using System.Security.Claims;
using Orgtap.App.Overviews;
using Orgtap.App.Web;
using Orgtap.App.Web.SignIn;

namespace Orgtap.App.Api;

/// <summary><c>/api/v1/setup</c>: what has to be done in Salesforce, and whether it is.</summary>
internal static class SetupApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var setup = api.MapGroup("/setup").WithTags("Setup");
        setup.MapGet("", (HttpContext context, PublicAddress address, [Description("`connected` for an app of the older kind")] string? app = null) =>
            SetupGuide.Of(app == "connected", address.Callback, Cli.LoopbackCallback.DefaultAddress, context.User.FindFirstValue(ClaimTypes.Email) ?? "")).RequireAuthorization(Roles.Viewer).WithSummary("What has to be done in Salesforce, step by step");
        setup.MapPost("/checks", (SetupCheckDocument wanted, HttpContext context, SetupDesk desk, PublicAddress address, CancellationToken cancellationToken) =>
            desk.CheckAsync(wanted, address.Callback, context.User.ActorOf(), cancellationToken)).RequireAuthorization(Roles.Operator).WithSummary("Check steps of the guide; nothing is stored");
    }
}
