using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Notifications;

namespace Orgtap.App.Api;

/// <summary><c>/api/v1/support</c>: whom people ask.</summary>
internal static class SupportApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var support = api.MapGroup("/support").WithTags("System");
        support.MapGet("", async (SupportContactStore store, CancellationToken cancellationToken) => SupportDocument.Of(await store.FindAsync(cancellationToken)))
            .RequireAuthorization(Roles.Viewer).WithSummary("The support contact");
        support.MapPut("", async (SupportDocument wanted, HttpContext context, SupportChange change, CancellationToken cancellationToken) =>
            SupportDocument.Of(await change.SetAsync(wanted, context.User.ActorOf(), cancellationToken))).RequireAuthorization(Roles.Administrator).WithSummary("Name the support contact");
        support.MapDelete("", async (HttpContext context, SupportChange change, CancellationToken cancellationToken) =>
        {
            await change.RemoveAsync(context.User.ActorOf(), cancellationToken);
            return Results.NoContent();
        }).RequireAuthorization(Roles.Administrator).WithSummary("Name nobody any more");
    }
}
