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
public sealed record ConnectionModel(ConnectionOverview Overview, IReadOnlyList<Run> Runs, string? ReplicaPath, bool MayOperate, TimeProvider Time);

/// <param name="Tables">Those that can be selected, by label.</param>
/// <param name="Unselectable">How many tables cannot be.</param>
/// <param name="Problem">Why the choice was not accepted.</param>
public sealed record ChooseDataModel(
    Connection Connection, IReadOnlyList<CatalogObject> Tables, int Unselectable, IReadOnlyList<SelectedObject> Selection, OrgtapException? Problem);

/// <param name="LeftOut">Tables that were asked for and cannot be had.</param>
public sealed record PlanModel(Connection Connection, IReadOnlyList<ExtractionPlan> Plans, IReadOnlyList<string> LeftOut, bool MayOperate);

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
        one.MapGet("/data", (string name, ConnectionStore connections, CatalogReader catalog, SelectionStore selections, CancellationToken cancellationToken) =>
            ChooseAsync(name, connections, catalog, selections, null, cancellationToken)).RequireAuthorization(Roles.Operator);
        one.MapPost("/data", SelectAsync).RequireAuthorization(Roles.Operator);
        one.MapGet("/plan", PlanAsync).RequireAuthorization(Roles.Viewer);
        one.MapGet("/remove", ConfirmRemoveAsync).RequireAuthorization(Roles.Operator);
        one.MapPost("/remove", RemoveAsync).RequireAuthorization(Roles.Operator);
    }

    private static async Task<IResult> ShowAsync(
        string name, HttpContext context, ConnectionStore connections, OverviewReader overviews, RunStore runs, ReplicaFiles replicas, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        return Page.Of<ConnectionPage>(new ConnectionModel(
            await overviews.OfAsync(connection, cancellationToken), await runs.ListAsync(connection.Id, 5, cancellationToken),
            replicas.Exists(connection) ? replicas.PathOf(connection) : null, context.User.MayOperate(), time));
    }

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
            case "pause" or "resume":
                var enabled = form["do"] == "resume";
                await connections.SetSyncEnabledAsync(connection.Id, enabled, cancellationToken);
                await audit.WriteAsync(context.User.ActorOf(), enabled ? "connection.resumed" : "connection.paused", name, null, cancellationToken);
                return Page.SeeOther($"/connections/{name}");
            default:
                return Results.BadRequest();
        }
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

    private static async Task<IResult> ChooseAsync(
        string name, ConnectionStore connections, CatalogReader catalog, SelectionStore selections, OrgtapException? problem, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var tables = await catalog.ObjectsAsync(connection, new CallCounter(), cancellationToken);
        var selectable = tables.Where(table => table.Selectable).ToList();
        return Page.Of<ChooseDataPage>(
            new ChooseDataModel(connection, selectable, tables.Count - selectable.Count, await selections.GetAsync(connection.Id, cancellationToken), problem),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> SelectAsync(
        string name, HttpContext context, ConnectionStore connections, CatalogReader catalog, SelectionStore selections, Selecting selecting, AuditLog audit, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var before = (await selections.GetAsync(connection.Id, cancellationToken)).ToDictionary(selected => selected.SObject, StringComparer.OrdinalIgnoreCase);
        // A list of fields that was made elsewhere stays with its table.
        var tables = form["table"].Select(table => before.GetValueOrDefault(table!) ?? new SelectedObject(table!)).ToList();
        try
        {
            var outcome = await selecting.ApplyAsync(connection, [.. form["preset"].Select(preset => preset!)], tables, cancellationToken);
            await audit.WriteAsync(context.User.ActorOf(), "selection.set", name, $"{outcome.Selection.Count} tables", cancellationToken);
            var leftOut = string.Join('&', outcome.Missing.Where(missing => missing.Field is null).Select(missing => $"without={Uri.EscapeDataString(missing.SObject)}"));
            return Page.SeeOther($"/connections/{name}/plan{(leftOut.Length > 0 ? "?" + leftOut : "")}");
        }
        catch (InvalidInputException problem)
        {
            return await ChooseAsync(name, connections, catalog, selections, problem, cancellationToken);
        }
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
            ? Page.Of<RemovePage>(new RemoveModel(await overviews.OfAsync(connection, cancellationToken), replicas.PathOf(connection)))
            : Results.NotFound();

    private static async Task<IResult> RemoveAsync(string name, HttpContext context, ConnectionStore connections, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        await Removing.RemoveAsync(context.RequestServices, connection, form["replica"] == "delete", context.User.ActorOf(), cancellationToken);
        return Page.SeeOther("/data-sources");
    }
}
