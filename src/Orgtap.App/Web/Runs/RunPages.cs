using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Web.Runs;

/// <param name="Found">One more than is shown, if there are older ones.</param>
/// <param name="NameOf">Connection names by id.</param>
public sealed record RunsModel(IReadOnlyList<Run> Found, IReadOnlyDictionary<ConnectionId, string> NameOf, TimeProvider Time)
{
    /// <summary>Only older runs than this one; null: the newest.</summary>
    public long? Before { get; init; }

    public IReadOnlyList<Run> Runs { get; } = [.. Found.Take(RunPages.Shown)];

    /// <summary>Where the next page begins; null: there is nothing older.</summary>
    public long? Older => Found.Count > RunPages.Shown ? Runs[^1].Id.Value : null;
}

/// <param name="Live">The run as this process sees it while it goes on; null when it is over or runs elsewhere.</param>
public sealed record RunModel(Run Run, string Connection, RunSnapshot? Live, bool MayOperate, TimeProvider Time)
{
    /// <summary>The connection as it is now; null: it was removed.</summary>
    public Connection? Of { get; init; }
}

/// <summary>Run history, and each run's page: live while it goes on, then with its receipt.</summary>
internal static class RunPages
{
    public const int Shown = 100;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/runs", async (long? before, RunStore runs, ConnectionStore connections, TimeProvider time, CancellationToken cancellationToken) => Page.Of<RunsPage>(new RunsModel(
            await runs.ListAsync(null, Shown + 1, before is { } id ? new RunId(id) : null, cancellationToken),
            (await connections.ListAsync(cancellationToken)).ToDictionary(connection => connection.Id, connection => connection.Name), time) { Before = before })).RequireAuthorization(Roles.Viewer);

        app.MapGet("/runs/{id:long}", async (long id, HttpContext context, RunReader reader, CancellationToken cancellationToken) =>
            await reader.FindAsync(new RunId(id), context.User.MayOperate(), cancellationToken) is { } model ? Page.Of<RunPage>(model) : (IResult)Results.NotFound()).RequireAuthorization(Roles.Viewer);

        app.MapGet("/runs/{id:long}/live", (long id, HttpContext context, RunReader reader, LiveFragments fragments, IHostApplicationLifetime host, TimeProvider time) =>
            LiveEvents.Of(context, host, cancellationToken => WatchAsync(new RunId(id), context.User.MayOperate(), reader, fragments, time, cancellationToken))).RequireAuthorization(Roles.Viewer);

        app.MapGet("/runs/{id:long}/receipt.json", async (long id, HttpContext context, RunReader reader, CancellationToken cancellationToken) =>
        {
            if (await reader.FindAsync(new RunId(id), false, cancellationToken) is not { } model) return Results.NotFound();
            context.Response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"orgtap-run-{id}.json\"");
            return Results.Json(RunDocument.Of(model.Run, model.Connection, model.Live));
        }).RequireAuthorization(Roles.Viewer);

        app.MapPost("/runs/{id:long}/stop", async (long id, HttpContext context, RunStore runs, SyncJobs jobs, AuditLog audit, CancellationToken cancellationToken) =>
        {
            if (await runs.FindAsync(new RunId(id), cancellationToken) is not { } run) return Results.NotFound();
            if (run.Outcome == RunOutcome.Running)
            {
                await jobs.StopAsync(run.ConnectionId, cancellationToken);
                await audit.WriteAsync(context.User.ActorOf(), "run.stopped", run.Id.ToString(), null, cancellationToken);
            }
            return Page.SeeOther($"/runs/{id}");
        }).RequireAuthorization(Roles.Operator);
    }

    private static async IAsyncEnumerable<SseItem<string>> WatchAsync(
        RunId id, bool mayOperate, RunReader reader, LiveFragments fragments, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? sent = null;
        using var timer = new PeriodicTimer(LookEvery, time);
        do
        {
            if (await reader.FindAsync(id, mayOperate, cancellationToken) is not { } model) yield break;
            var html = await fragments.RenderAsync<RunLive>(model);
            if (html != sent) yield return new SseItem<string>(sent = html, LiveEvents.Patch);
            if (model.Run.Outcome != RunOutcome.Running) yield break;
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}

/// <summary>Puts a stored run and its live state together.</summary>
public sealed class RunReader(RunStore runs, ConnectionStore connections, LiveRuns live, TimeProvider time)
{
    public async Task<RunModel?> FindAsync(RunId id, bool mayOperate, CancellationToken cancellationToken)
    {
        if (await runs.FindAsync(id, cancellationToken) is not { } run) return null;
        var connection = await connections.FindAsync(run.ConnectionId, cancellationToken);
        var snapshot = live.Current(run.ConnectionId) is { } current && current.Id == id && run.Outcome == RunOutcome.Running ? current : null;
        return new RunModel(run, connection?.Name ?? "a removed connection", snapshot, mayOperate, time) { Of = connection };
    }
}
