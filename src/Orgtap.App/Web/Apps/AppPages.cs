using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Primitives;

namespace Orgtap.App.Web.Apps;

/// <param name="Form">What was typed, or of the app that is to be changed; without secrets.</param>
/// <param name="Name">Of that app.</param>
public sealed record AppsModel(IReadOnlyList<AppDocument> Apps, string Name, AppChangeDocument Form, bool Saved, InvalidInputException? Problem);

/// <summary>System settings, Apps: those that belong to the installation.</summary>
internal static class AppPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var apps = app.MapGroup("/system/apps").RequireAuthorization(Roles.Administrator);
        apps.MapGet("", async (string? app, string? saved, AppDesk desk, CancellationToken cancellationToken) =>
            (await desk.ListAsync(cancellationToken)) is var all && all.FirstOrDefault(each => each.Name == app) is { } chosen
                ? Page.Of<AppsPage>(new AppsModel(all, chosen.Name, new AppChangeDocument(chosen.ClientId, chosen.Url?.AbsoluteUri), false, null))
                : Page.Of<AppsPage>(new AppsModel(all, "", new AppChangeDocument(""), saved is not null, null)));
        apps.MapPost("", SetAsync);
        apps.MapPost("/{app}/remove", RemoveAsync);
    }

    private static async Task<IResult> SetAsync(HttpContext context, AppDesk desk, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var (name, wanted) = (form["name"].ToString().Trim(), new AppChangeDocument(form["client-id"].ToString().Trim(), form["url"], form["client-secret"], form["private-key"]));
        try
        {
            await desk.SetAsync(name, wanted, context.User.ActorOf(), cancellationToken);
            return Page.SeeOther("/system/apps?saved=1");
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<AppsPage>(new AppsModel(await desk.ListAsync(cancellationToken), name, wanted with { ClientSecret = null, PrivateKey = null }, false, problem), StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> RemoveAsync(string app, HttpContext context, AppDesk desk, CancellationToken cancellationToken)
    {
        try
        {
            await desk.RemoveAsync(app, context.User.ActorOf(), cancellationToken);
            return Page.SeeOther("/system/apps");
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<AppsPage>(new AppsModel(await desk.ListAsync(cancellationToken), "", new AppChangeDocument(""), false, problem), StatusCodes.Status400BadRequest);
        }
    }
}
