using Orgtap.App.Composition;
using Orgtap.App.Overviews;
using Orgtap.App.Web.Connections;
using Orgtap.App.Web.SignIn;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Scheduling;

namespace Orgtap.App.Web.Authorize;

/// <summary>Who let Orgtap into a connection's org, and the ways to do that again.</summary>
/// <param name="Grant">Null: it was never authorized.</param>
/// <param name="Way">The one whose form is shown.</param>
/// <param name="Problem">Why the last try was not accepted; nothing was changed then.</param>
public sealed record AuthorizationModel(
    Connection Connection, Grant? Grant, IReadOnlyList<RequestDocument> Requests, IReadOnlyList<RestartStep> Restarts, bool MayOperate, Uri Callback, bool Done, AuthorizationFlow Way, IReadOnlyList<SharedApp> Apps, OrgtapException? Problem, TimeProvider Time);

/// <summary>The authorization of a connection: what there is, and every flow to do it again.</summary>
internal static class AuthorizationPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/connections/{name}/authorization", async (string name, string? done, string? flow, HttpContext context, ConnectionStore connections, CancellationToken cancellationToken) =>
            await connections.FindAsync(name, cancellationToken) is { } connection
                ? await ShowAsync(context, connection, done is not null, flow is null ? Usual(connection) : ConnectPages.FlowOf(flow), null, cancellationToken) : Results.NotFound()).RequireAuthorization(Roles.Viewer);
        app.MapPost("/connections/{name}/authorization", AuthorizeAsync).RequireAuthorization(Roles.Operator);
    }

    private static async Task<IResult> AuthorizeAsync(
        string name, HttpContext context, ConnectionStore connections, Authorizing authorizing, PublicAddress address, InstallationSettings settings, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var (way, without) = (ConnectPages.FlowOf(form["flow"]), form["without"] == "yes");
        try
        {
            switch (way)
            {
                case AuthorizationFlow.WebServer:
                    var request = new ConnectRequest(name, "", way, "", null, null, null, null, address.Callback.AbsoluteUri, connection.QuotaThresholdPercent);
                    var start = await authorizing.StartAsync(request, true, without, context.User.ActorOf(), cancellationToken);
                    ConnectPages.KeepBrowserSecret(context, start.BrowserSecret);
                    ConnectPages.AllowSignIn(context, settings);
                    return Page.SeeOther(start.AuthorizeAddress.AbsoluteUri);
                case AuthorizationFlow.Device:
                    var device = await authorizing.StartDeviceAsync(
                        new ConnectRequest(name, "", way, "", null, null, null, null, null, connection.QuotaThresholdPercent), true, without, context.User.ActorOf(), cancellationToken);
                    return Page.SeeOther($"/device/{device.Id}");
                default:
                    await authorizing.ReauthorizeAsync(connection, new ReauthorizeDocument(
                        way, form["url"], form["client-id"].ToString().Trim() is { Length: > 0 } key ? key : null, form["client-secret"], form["username"], form["password"], form["security-token"],
                        form["private-key"].ToString().Trim(), without, form["app"]), context.User.ActorOf(), cancellationToken);
                    return Page.SeeOther($"/connections/{name}/authorization?done=1");
            }
        }
        catch (OrgtapException problem)
        {
            return await ShowAsync(context, connection, false, way, problem, cancellationToken);
        }
    }

    // Whoever opens the page because of a password sees the way that replaces it.
    private static AuthorizationFlow Usual(Connection connection) => connection.Flow is AuthorizationFlow.Password ? AuthorizationFlow.ClientCredentials : connection.Flow;

    private static async Task<IResult> ShowAsync(HttpContext context, Connection connection, bool done, AuthorizationFlow way, OrgtapException? problem, CancellationToken cancellationToken)
    {
        var services = context.RequestServices;
        ConnectPages.AllowSignIn(context, services.GetRequiredService<InstallationSettings>());
        return Page.Of<AuthorizationPage>(new AuthorizationModel(
            connection, await services.GetRequiredService<GrantStore>().FindAsync(connection.Id, cancellationToken), await services.GetRequiredService<RequestDesk>().ListAsync(connection.Id, 20, cancellationToken),
            services.GetRequiredService<JobRestarts>().ProgressOf(connection.Id), context.User.MayOperate(), services.GetRequiredService<PublicAddress>().Callback, done, way,
            await services.GetRequiredService<SharedAppStore>().ListAsync(cancellationToken), problem, services.GetRequiredService<TimeProvider>()),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }
}
