using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;

namespace Orgtap.App.Api;

/// <summary><c>/api/v1/apps</c>: the installation's own apps, as which several connections may speak.</summary>
internal static class AppsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var apps = api.MapGroup("/apps").WithTags("Apps");
        apps.MapGet("", (AppDesk desk, CancellationToken cancellationToken) => desk.ListAsync(cancellationToken)).RequireAuthorization(Roles.Operator).WithSummary("The installation's apps, without their secrets");
        apps.MapPut("/{app}", (string app, AppChangeDocument wanted, HttpContext context, AppDesk desk, CancellationToken cancellationToken) =>
            desk.SetAsync(app, wanted, context.User.ActorOf(), cancellationToken)).RequireAuthorization(Roles.Administrator).WithSummary("Make or change an app; every connection that speaks as it uses the new values");
        apps.MapDelete("/{app}", async (string app, HttpContext context, AppDesk desk, CancellationToken cancellationToken) =>
        {
            await desk.RemoveAsync(app, context.User.ActorOf(), cancellationToken);
            return Results.NoContent();
        }).RequireAuthorization(Roles.Administrator).WithSummary("Forget an app that no connection speaks as");
    }
}
