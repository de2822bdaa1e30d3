using System.ComponentModel;
using Orgtap.App.Overviews;
using Orgtap.App.Web.Runs;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Api;

/// <summary>A sync that was asked for.</summary>
/// <param name="AlreadyRunning">It was under way before; nothing was disturbed.</param>
public sealed record StartedDocument(long Run, bool AlreadyRunning);

/// <summary>Which tables a run is about.</summary>
/// <param name="Tables">API names; absent: all that are selected.</param>
public sealed record WishDocument(IReadOnlyList<string>? Tables);

/// <summary>What to verify.</summary>
/// <param name="Tables">API names; absent: all that are selected.</param>
/// <param name="Deep">Also read every value again.</param>
public sealed record VerifyDocument(IReadOnlyList<string>? Tables, bool Deep = false);

/// <summary>Starting syncs, and <c>/api/v1/runs</c>.</summary>
internal static class RunsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/connections/{name}/sync", (string name, HttpContext context, ConnectionStore connections, SyncJobs jobs, CancellationToken cancellationToken) =>
            StartAsync(name, SyncWish.Everything, context, connections, jobs, cancellationToken)).AddEndpointFilter<KnownConnectionFilter>().RequireAuthorization(Roles.Operator).WithTags("Runs").WithSummary("Start a sync");
        foreach (var (path, purpose, summary) in new[]
        {
            ("reconcile", RunPurpose.Reconcile, "Start a sync that also compares the Ids of all rows"), ("refresh", RunPurpose.Refresh, "Start a sync that also reads formulas again"),
        })
            api.MapPost($"/connections/{{name}}/{path}", (string name, WishDocument? wish, HttpContext context, ConnectionStore connections, SyncJobs jobs, CancellationToken cancellationToken) =>
                StartAsync(name, new SyncWish(purpose, wish?.Tables ?? []), context, connections, jobs, cancellationToken))
                .AddEndpointFilter<KnownConnectionFilter>().RequireAuthorization(Roles.Operator).WithTags("Runs").WithSummary(summary);
        api.MapPost("/connections/{name}/verify", (string name, VerifyDocument? wish, HttpContext context, ConnectionStore connections, SyncJobs jobs, CancellationToken cancellationToken) =>
            StartAsync(name, new SyncWish(wish?.Deep == true ? RunPurpose.VerifyDeep : RunPurpose.Verify, wish?.Tables ?? []), context, connections, jobs, cancellationToken))
            .AddEndpointFilter<KnownConnectionFilter>().RequireAuthorization(Roles.Operator).WithTags("Runs").WithSummary("Start a sync that also compares every row with the org's and mends what differs");
        var runs = api.MapGroup("/runs").WithTags("Runs");
        runs.MapGet("", ListAsync).RequireAuthorization(Roles.Viewer).WithSummary("Runs, newest first");
        runs.MapGet("/{id:long}", async (long id, RunReader reader, CancellationToken cancellationToken) =>
            await reader.FindAsync(new RunId(id), false, cancellationToken) is { } run ? Results.Ok(RunDocument.Of(run.Run, run.Connection, run.Live)) : Unknown(id))
            .RequireAuthorization(Roles.Viewer).Produces<RunDocument>().WithSummary("One run with its receipts; live while it goes on");
        runs.MapPost("/{id:long}/stop", StopAsync).RequireAuthorization(Roles.Operator).WithSummary("Stop a run after the page it is committing");
    }

    private static async Task<IResult> StartAsync(string name, SyncWish wish, HttpContext context, ConnectionStore connections, SyncJobs jobs, CancellationToken cancellationToken)
    {
        var connection = await connections.GetAsync(name, cancellationToken);
        if (!connection.SyncEnabled) throw new InvalidInputException($"{name} is paused.", $"Resume it with `orgtap connections resume {name}`, or POST /api/v1/connections/{name}/resume.");
        var outcome = await jobs.StartAsync(connection.Id, wish, context.User.ActorOf(), cancellationToken);
        return Results.Accepted($"/api/v1/runs/{outcome.RunId}", new StartedDocument(outcome.RunId.Value, outcome is StartOutcome.AlreadyRunning));
    }

    private static async Task<IEnumerable<RunDocument>> ListAsync(
        HttpContext context, RunStore runs, ConnectionStore connections, [Description("Only of this connection")] string? connection = null, [Description("1 to 1000")] int limit = 20,
        [Description("Only runs older than the one with this number")] long? before = null, CancellationToken cancellationToken = default)
    {
        limit = Math.Clamp(limit, 1, 1000);
        var names = (await connections.ListAsync(cancellationToken)).ToDictionary(each => each.Id, each => each.Name);
        var only = connection is null ? null : (ConnectionId?)(await connections.GetAsync(connection, cancellationToken)).Id;
        var found = await runs.ListAsync(only, limit + 1, before is { } id ? new RunId(id) : null, cancellationToken);
        return NextPage.Of(context, found, limit, "before", run => run.Id.ToString()).Select(run => RunDocument.Of(run, names.GetValueOrDefault(run.ConnectionId, "?"), null));
    }

    private static async Task<IResult> StopAsync(long id, HttpContext context, RunStore runs, SyncJobs jobs, AuditLog audit, CancellationToken cancellationToken)
    {
        if (await runs.FindAsync(new RunId(id), cancellationToken) is not { } run) return Unknown(id);
        if (run.Outcome != RunOutcome.Running) return Results.NoContent();
        await jobs.StopAsync(run.ConnectionId, cancellationToken);
        await audit.WriteAsync(context.User.ActorOf(), "run.stopped", run.Id.ToString(), null, cancellationToken);
        return Results.NoContent();
    }

    private static IResult Unknown(long id) =>
        Results.Problem(title: $"There is no run {id}.", detail: "GET /api/v1/runs lists them.", statusCode: StatusCodes.Status404NotFound);
}
