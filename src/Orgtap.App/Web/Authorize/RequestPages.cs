using Orgtap.App.Composition;
using Orgtap.App.Overviews;
using Orgtap.App.Web.Connections;
using Orgtap.App.Web.SignIn;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Storage;

namespace Orgtap.App.Web.Authorize;

/// <param name="Older">Where the next page begins; null: there is nothing older.</param>
/// <param name="IsLater">Not the first page.</param>
public sealed record RequestsModel(IReadOnlyList<RequestDocument> Requests, string? Older, bool IsLater, bool MayOperate, TimeProvider Time);

/// <param name="Connection">Null: a first authorization.</param>
/// <param name="Form">What was typed.</param>
public sealed record AskModel(Connection? Connection, AskDocument Form, bool HasMail, Uri Callback, IReadOnlyList<SharedApp> Apps, InvalidInputException? Problem);

/// <param name="Request">With its link when it was just made.</param>
public sealed record RequestModel(RequestDocument Request, bool MayOperate, bool HasMail, TimeProvider Time);

/// <summary>Asking Salesforce admins to authorize, for the first time or again, and how that stands.</summary>
internal static class RequestPages
{
    private const int PerPage = 100;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/requests", async (string? before, HttpContext context, RequestDesk desk, TimeProvider time, CancellationToken cancellationToken) =>
        {
            var found = await desk.ListAsync(null, PerPage + 1, cancellationToken, before);
            return Page.Of<RequestsPage>(new RequestsModel([.. found.Take(PerPage)], found.Count > PerPage ? found[PerPage - 1].Id : null, before is not null, context.User.MayOperate(), time));
        }).RequireAuthorization(Roles.Viewer);
        app.MapGet("/requests/new", (HttpContext context, string? connection, CancellationToken cancellationToken) =>
            ShowAskAsync(context, new AskDocument(connection ?? "", "", ""), null, cancellationToken)).RequireAuthorization(Roles.Operator);
        app.MapPost("/requests/new", AskAsync).RequireAuthorization(Roles.Operator);
        app.MapGet("/requests/{id}", async (string id, HttpContext context, RequestDesk desk, CancellationToken cancellationToken) =>
            await desk.FindAsync(id, cancellationToken) is { } found ? await ShowAsync(context, found, cancellationToken) : Results.NotFound()).RequireAuthorization(Roles.Viewer);
        app.MapPost("/requests/{id}", ActAsync).RequireAuthorization(Roles.Operator);
    }

    private static async Task<IResult> AskAsync(HttpContext context, RequestDesk desk, PublicAddress address, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var ask = new AskDocument(form["connection"].ToString().Trim(), form["admin"].ToString(), form["email"].ToString(), form["note"], form["url"], form["client-id"], form["client-secret"],
            int.TryParse(form["days"], out var days) ? days : AuthorizationAsk.UsualDays, App: form["app"]);
        try
        {
            // Not a redirect: the link is shown here, once. Sending the form again asks nobody twice.
            return await ShowAsync(context, await desk.AskAsync(ask, context.User.ActorOf(), address.Value, cancellationToken), cancellationToken);
        }
        catch (InvalidInputException problem)
        {
            return await ShowAskAsync(context, ask, problem, cancellationToken);
        }
    }

    private static async Task<IResult> ActAsync(string id, HttpContext context, RequestDesk desk, PublicAddress address, CancellationToken cancellationToken)
    {
        if (await desk.FindAsync(id, cancellationToken) is null) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        switch (form["do"].ToString())
        {
            case "resend":
                return await ShowAsync(context, await desk.ResendAsync(id, context.User.ActorOf(), address.Value, cancellationToken), cancellationToken);
            case "withdraw":
                await desk.WithdrawAsync(id, context.User.ActorOf(), cancellationToken);
                return Page.SeeOther($"/requests/{id}");
            default:
                return Results.BadRequest();
        }
    }

    private static async Task<IResult> ShowAskAsync(HttpContext context, AskDocument form, InvalidInputException? problem, CancellationToken cancellationToken)
    {
        var services = context.RequestServices;
        var connection = form.Connection.Length > 0 ? await services.GetRequiredService<ConnectionStore>().FindAsync(form.Connection, cancellationToken) : null;
        return Page.Of<AskPage>(new AskModel(connection, form, await HasMailAsync(services, cancellationToken), services.GetRequiredService<PublicAddress>().Callback,
            connection is null ? await services.GetRequiredService<SharedAppStore>().ListAsync(cancellationToken) : [], problem),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> ShowAsync(HttpContext context, RequestDocument request, CancellationToken cancellationToken) => Page.Of<RequestPage>(new RequestModel(
        request, context.User.MayOperate(), await HasMailAsync(context.RequestServices, cancellationToken), context.RequestServices.GetRequiredService<TimeProvider>()));

    private static async Task<bool> HasMailAsync(IServiceProvider services, CancellationToken cancellationToken) => await services.GetRequiredService<MailSettingsStore>().FindAsync(cancellationToken) is not null;
}
