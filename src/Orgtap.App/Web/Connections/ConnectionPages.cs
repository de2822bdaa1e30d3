using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Scheduling;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Web.Connections;

/// <param name="ReplicaPath">Where the rows are; null while there are none.</param>
public sealed record ConnectionModel(ConnectionOverview Overview, IReadOnlyList<Run> Runs, string? ReplicaPath, bool MayOperate, TimeProvider Time)
{
    /// <summary>The reader may choose where the rows lie.</summary>
    public bool MayPlace { get; init; }

    /// <summary>What somebody chose and did not save yet; null: nothing.</summary>
    public KeptDraft? Draft { get; init; }

    /// <summary>The PostgreSQL database that replicas may use, for people; null: none is set up.</summary>
    public string? ReplicaDatabase { get; init; }
}

public sealed record TimelineModel(Connection Connection, IReadOnlyList<TimelineEntry> Entries, TimeProvider Time);

public sealed record CallsModel(ConnectionOverview Overview, CallsDocument Calls, TimeProvider Time);

/// <param name="LeftOut">Tables that were asked for and cannot be had.</param>
public sealed record PlanModel(Connection Connection, SyncForecast Forecast, IReadOnlyList<string> LeftOut, bool MayOperate);

public sealed record RemoveModel(ConnectionOverview Overview, string ReplicaPath);

/// <summary>One connection: how it is, what is chosen, what the next sync would cost, and its actions.</summary>
internal static class ConnectionPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var one = app.MapGroup("/connections/{name}");
        one.MapGet("", ShowAsync).RequireAuthorization(Roles.Viewer);
        one.MapPost("", ActAsync).RequireAuthorization(Roles.Operator);
        one.MapPost("/threshold", SetThresholdAsync).RequireAuthorization(Roles.Operator);
        one.MapPost("/schedule", SetScheduleAsync).RequireAuthorization(Roles.Operator);
        one.MapGet("/timeline", TimelineAsync).RequireAuthorization(Roles.Viewer);
        one.MapPost("/replica", PlaceAsync).RequireAuthorization(Roles.Administrator);
        one.MapGet("/calls", CallsAsync).RequireAuthorization(Roles.Viewer);
        one.MapGet("/plan", PlanAsync).RequireAuthorization(Roles.Viewer);
        one.MapGet("/remove", ConfirmRemoveAsync).RequireAuthorization(Roles.Operator);
        one.MapPost("/remove", RemoveAsync).RequireAuthorization(Roles.Operator);
    }

    private static async Task<IResult> ShowAsync(
        string name, HttpContext context, ConnectionStore connections, OverviewReader overviews, RunStore runs, ReplicaFiles replicas, SelectionDraftStore drafts, Composition.InstallationSettings settings, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        return Page.Of<ConnectionPage>(new ConnectionModel(
            await overviews.OfAsync(connection, cancellationToken), await runs.ListAsync(connection.Id, 5, cancellationToken),
            replicas.Exists(connection) ? replicas.PlaceOf(connection) : null, context.User.MayOperate(), time)
        {
            Draft = await drafts.FindAsync(connection.Id, cancellationToken),
            MayPlace = context.User.IsInRole(Roles.Administrator),
            ReplicaDatabase = (settings.ReplicaDatabase ?? settings.Database)?.ToString(),
        });
    }

    private static async Task<IResult> TimelineAsync(string name, ConnectionStore connections, Timeline timeline, TimeProvider time, CancellationToken cancellationToken) =>
        await connections.FindAsync(name, cancellationToken) is { } connection
            ? Page.Of<TimelinePage>(new TimelineModel(connection, await timeline.OfAsync(connection, 200, cancellationToken), time))
            : Results.NotFound();

    private static async Task<IResult> CallsAsync(string name, ConnectionStore connections, OverviewReader overviews, CallsDesk calls, TimeProvider time, CancellationToken cancellationToken) =>
        await connections.FindAsync(name, cancellationToken) is { } connection
            ? Page.Of<CallsPage>(new CallsModel(await overviews.OfAsync(connection, cancellationToken), await calls.OfAsync(connection, cancellationToken), time))
            : Results.NotFound();

    private static async Task<IResult> ActAsync(
        string name, HttpContext context, ConnectionStore connections, SyncJobs jobs, AuditLog audit, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        switch (form["do"].ToString())
        {
            case "sync":
                if (!connection.SyncEnabled) throw new InvalidInputException($"{name} is paused.", "Resume it first.");
                var outcome = await jobs.StartAsync(connection.Id, context.User.ActorOf(), cancellationToken);
                return Page.SeeOther($"/runs/{outcome.RunId}");
            case "reconcile" or "refresh" or "verify" or "verify-deep":
                if (!connection.SyncEnabled) throw new InvalidInputException($"{name} is paused.", "Resume it first.");
                var honest = await jobs.StartAsync(connection.Id, new SyncWish(PurposeOf(form["do"].ToString()), []), context.User.ActorOf(), cancellationToken);
                return Page.SeeOther($"/runs/{honest.RunId}");
            case "pause" or "resume":
                var enabled = form["do"] == "resume";
                await connections.SetSyncEnabledAsync(connection.Id, enabled, cancellationToken);
                await audit.WriteAsync(context.User.ActorOf(), enabled ? "connection.resumed" : "connection.paused", name, null, cancellationToken);
                return Page.SeeOther($"/connections/{name}");
            default:
                return Results.BadRequest();
        }
    }

    private static RunPurpose PurposeOf(string word) => word switch
    {
        "refresh" => RunPurpose.Refresh,
        "verify" => RunPurpose.Verify,
        "verify-deep" => RunPurpose.VerifyDeep,
        _ => RunPurpose.Reconcile,
    };

    private static async Task<IResult> SetScheduleAsync(string name, HttpContext context, ConnectionStore connections, AuditLog audit, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var cron = form["cron"].ToString().Trim();
        var frequency = UpdateFrequency.Parse(form["frequency"] == "cron" ? $"cron:{cron}{(form["zone"].ToString().Trim() is { Length: > 0 } zone ? "@" + zone : "")}" : form["frequency"].ToString());
        await connections.SetFrequencyAsync(connection.Id, frequency, cancellationToken);
        await audit.WriteAsync(context.User.ActorOf(), "schedule.set", name, frequency.Words, cancellationToken);
        return Page.SeeOther($"/connections/{name}");
    }

    private static async Task<IResult> SetThresholdAsync(string name, HttpContext context, ConnectionStore connections, AuditLog audit, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        _ = int.TryParse(form["percent"], out var percent);
        await connections.SetQuotaThresholdAsync(connection.Id, percent, cancellationToken);
        await audit.WriteAsync(context.User.ActorOf(), "threshold.set", name, $"{percent} %", cancellationToken);
        return Page.SeeOther($"/connections/{name}");
    }

    private static async Task<IResult> PlaceAsync(string name, HttpContext context, ConnectionStore connections, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        // An address holds a password, so it comes from the environment or through the command line, never through a page.
        await Placing.PlaceAsync(context.RequestServices, connection, new PlaceDocument(form["place"] == "postgres", null, form["schema"]), context.User.ActorOf(), cancellationToken);
        return Page.SeeOther($"/connections/{name}");
    }

    private static async Task<IResult> PlanAsync(string name, HttpContext context, ConnectionStore connections, SelectionStore selections, SyncRunner runner, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        if ((await selections.GetAsync(connection.Id, cancellationToken)).Count == 0) return Page.SeeOther($"/connections/{name}/data");
        return Page.Of<PlanPage>(new PlanModel(
            connection, await runner.PlanAsync(connection.Id, cancellationToken), [.. context.Request.Query["without"].OfType<string>()], context.User.MayOperate()));
    }

    private static async Task<IResult> ConfirmRemoveAsync(string name, ConnectionStore connections, OverviewReader overviews, ReplicaFiles replicas, CancellationToken cancellationToken) =>
        await connections.FindAsync(name, cancellationToken) is { } connection
            ? Page.Of<RemovePage>(new RemoveModel(await overviews.OfAsync(connection, cancellationToken), replicas.PlaceOf(connection)))
            : Results.NotFound();

    private static async Task<IResult> RemoveAsync(string name, HttpContext context, ConnectionStore connections, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        await Removing.RemoveAsync(context.RequestServices, connection, form["replica"] == "delete", context.User.ActorOf(), cancellationToken);
        return Page.SeeOther("/data-sources");
    }
}
