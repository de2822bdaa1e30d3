using System.ComponentModel;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;

namespace Orgtap.App.Api;

/// <summary><c>/api/v1/connections/{name}/org-jobs</c>: jobs inside the org.</summary>
internal static class OrgJobsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var jobs = api.MapGroup("/connections/{name}/org-jobs").AddEndpointFilter<KnownConnectionFilter>().WithTags("Org jobs");
        jobs.MapGet("", async (string name, ConnectionStore connections, OrgJobDesk desk, [Description("Look anew, for two API calls; without it the last look will do, however old")] bool again = false, CancellationToken cancellationToken = default) =>
        {
            var connection = await connections.GetAsync(name, cancellationToken);
            return OrgJobsDocument.Of(connection, await desk.ListAsync(connection, again, cancellationToken));
        }).RequireAuthorization(Roles.Viewer).WithSummary("Jobs inside the org, with the time at which they were looked at");
        jobs.MapPost("/{job}/stop", async (string name, string job, HttpContext context, ConnectionStore connections, OrgJobDesk desk, CancellationToken cancellationToken) =>
            await desk.StopAsync(await connections.GetAsync(name, cancellationToken), job, context.User.ActorOf(), cancellationToken))
            .RequireAuthorization(Roles.Operator).WithSummary("Take scheduled Apex off the org's schedule, or end a run; what is needed to start it again is kept");
        jobs.MapPost("/{job}/start", async (string name, string job, HttpContext context, ConnectionStore connections, OrgJobDesk desk, CancellationToken cancellationToken) =>
            await desk.StartAsync(await connections.GetAsync(name, cancellationToken), job, context.User.ActorOf(), cancellationToken))
            .RequireAuthorization(Roles.Operator).WithSummary("Schedule again what was stopped here, as the connected user");
    }
}
