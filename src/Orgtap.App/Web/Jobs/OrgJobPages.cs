using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Scheduling;

namespace Orgtap.App.Web.Jobs;

/// <summary>The tab of jobs inside an org.</summary>
/// <param name="Connection">Null: none was chosen.</param>
/// <param name="List">Null: the org did not show its jobs; see <paramref name="Problem"/>.</param>
/// <param name="Problem">Why the org could not be looked at now; a list beside it is an older one.</param>
/// <param name="Refused">Why what was pressed could not be done.</param>
/// <param name="Done">What was done, for people.</param>
public sealed record OrgJobsModel(IReadOnlyList<Connection> Connections, Connection? Connection, OrgJobList? List, Problem? Problem, Problem? Refused, string? Done, bool MayOperate, TimeProvider Time)
{
    /// <summary>The page of one connection.</summary>
    public static string AddressOf(string connection, string? done = null) => $"/jobs/org?connection={Uri.EscapeDataString(connection)}{(done is null ? "" : $"&done={done}")}";
}

/// <summary>Jobs inside an org: seen when somebody looks, stopped and started by forms. Nothing here is asked of the org by itself.</summary>
internal static class OrgJobPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/jobs/org", (string? connection, string? done, HttpContext context, ConnectionStore connections, OrgJobDesk desk, TimeProvider time, CancellationToken cancellationToken) =>
            ShowAsync(connection, done, context, connections, desk, time, cancellationToken)).RequireAuthorization(Roles.Viewer);
        app.MapPost("/jobs/org/look", LookAsync).RequireAuthorization(Roles.Viewer);
        app.MapPost("/jobs/org", ActAsync).RequireAuthorization(Roles.Operator);
    }

    private static async Task<IResult> ShowAsync(string? name, string? done, HttpContext context, ConnectionStore connections, OrgJobDesk desk, TimeProvider time, CancellationToken cancellationToken)
    {
        var all = await connections.ListAsync(cancellationToken);
        var connection = string.IsNullOrWhiteSpace(name) ? all.Count == 1 ? all[0] : null : all.FirstOrDefault(each => string.Equals(each.Name, name.Trim(), StringComparison.OrdinalIgnoreCase));
        if (connection is null && !string.IsNullOrWhiteSpace(name)) return Results.NotFound();
        var model = new OrgJobsModel(all, connection, null, null, null, WordsOf(done), context.User.MayOperate(), time);
        return Page.Of<OrgJobsPage>(connection is null ? model : await SeenAsync(model, connection, again: false, desk, time, cancellationToken));
    }

    private static async Task<IResult> LookAsync(HttpContext context, ConnectionStore connections, OrgJobDesk desk, TimeProvider time, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        if (await connections.FindAsync(form["connection"].ToString(), cancellationToken) is not { } connection) return Results.NotFound();
        var model = await SeenAsync(new OrgJobsModel(await connections.ListAsync(cancellationToken), connection, null, null, null, null, context.User.MayOperate(), time), connection, again: true, desk, time, cancellationToken);
        return model.Problem is null ? Page.SeeOther(OrgJobsModel.AddressOf(connection.Name)) : Page.Of<OrgJobsPage>(model);
    }

    private static async Task<IResult> ActAsync(HttpContext context, ConnectionStore connections, OrgJobDesk desk, TimeProvider time, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        if (await connections.FindAsync(form["connection"].ToString(), cancellationToken) is not { } connection) return Results.NotFound();
        var (job, actor) = (form["job"].ToString(), context.User.ActorOf());
        try
        {
            var done = form["do"].ToString() switch
            {
                "stop" => await desk.StopAsync(connection, job, actor, cancellationToken) is { Changed: var changed } stopped ? stopped.State == OrgJobActivity.Ended ? "ended" : changed ? "stopped" : "was-stopped" : null,
                "start" => (await desk.StartAsync(connection, job, actor, cancellationToken)).Changed ? "started" : "was-started",
                _ => null,
            };
            return done is null ? Results.BadRequest() : Page.SeeOther(OrgJobsModel.AddressOf(connection.Name, done));
        }
        catch (OrgtapException refused)
        {
            // The list as it was seen last: a refusal is no reason to ask the org once more.
            return Page.Of<OrgJobsPage>(new OrgJobsModel(await connections.ListAsync(cancellationToken), connection, await desk.LastAsync(connection, cancellationToken), null, Explained(refused, time), null, true, time), Errors.ErrorPages.StatusOf(refused.Kind));
        }
    }

    private static async Task<OrgJobsModel> SeenAsync(OrgJobsModel model, Connection connection, bool again, OrgJobDesk desk, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return model with { List = await desk.ListAsync(connection, again, cancellationToken) };
        }
        catch (OrgtapException failure)
        {
            return model with { List = await desk.LastAsync(connection, cancellationToken), Problem = Explained(failure, time) };
        }
    }

    /// <summary>Nobody looks or presses again by itself, so it is never our turn.</summary>
    private static Problem Explained(OrgtapException failure, TimeProvider time)
    {
        var problem = Problem.From(failure, time.GetUtcNow());
        return failure is QuotaStopException stop ? problem with { Turn = Turn.Operator, NextStep = $"Nothing was changed in the org. Try again about {Shell.Words.When(stop.Until, time)}, when calls are free again; or raise the connection’s threshold." }
            : problem.Turn == Turn.We ? problem with { Turn = Turn.Operator } : problem;
    }

    private static string? WordsOf(string? done) => done switch
    {
        "stopped" => "Stopped. The org no longer has it on its schedule; how to start it again is kept here.",
        "was-stopped" => "It was stopped already.",
        "ended" => "Ended. What it had committed stays.",
        "started" => "Started: the org has it on its schedule again.",
        "was-started" => "It was started already.",
        _ => null,
    };
}
