using System.ComponentModel;
using Orgtap.App.Overviews;
using Orgtap.App.Web;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;

namespace Orgtap.App.Api;

/// <summary><c>/api/v1/requests</c>: asking a Salesforce admin to authorize.</summary>
internal static class RequestsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var all = api.MapGroup("/requests").WithTags("Authorization requests");
        all.MapGet("", async (HttpContext context, RequestDesk desk, ConnectionStore connections, [Description("Only of this connection")] string? connection = null,
            [Description("Only requests older than the one with this id")] string? before = null, [Description("1 to 500")] int limit = 100, CancellationToken cancellationToken = default) =>
        {
            limit = Math.Clamp(limit, 1, 500);
            var found = await desk.ListAsync(connection is null ? null : (await connections.GetAsync(connection, cancellationToken)).Id, limit + 1, cancellationToken, before);
            return NextPage.Of(context, found, limit, "before", request => request.Id);
        })
            .RequireAuthorization(Roles.Viewer).WithSummary("Requests and how they stand, newest first");
        all.MapPost("", async (AskDocument ask, HttpContext context, RequestDesk desk, PublicAddress address, CancellationToken cancellationToken) =>
        {
            var made = await desk.AskAsync(ask, context.User.ActorOf(), address.Value, cancellationToken);
            return Results.Created($"/api/v1/requests/{made.Id}", made);
        }).RequireAuthorization(Roles.Operator).WithSummary("Ask an admin to authorize, again or for the first time; the answer holds the link, once");
        all.MapGet("/{id}", async (string id, RequestDesk desk, CancellationToken cancellationToken) =>
            await desk.FindAsync(id, cancellationToken) is { } found ? Results.Ok(found) : Results.NotFound()).RequireAuthorization(Roles.Viewer).WithSummary("One request");
        all.MapPost("/{id}/resend", (string id, HttpContext context, RequestDesk desk, PublicAddress address, CancellationToken cancellationToken) =>
            desk.ResendAsync(id, context.User.ActorOf(), address.Value, cancellationToken)).RequireAuthorization(Roles.Operator).WithSummary("Send it again, with a new link and the full time");
        all.MapPost("/{id}/withdraw", (string id, HttpContext context, RequestDesk desk, CancellationToken cancellationToken) =>
            desk.WithdrawAsync(id, context.User.ActorOf(), cancellationToken)).RequireAuthorization(Roles.Operator).WithSummary("Make its links useless at once");
    }
}
