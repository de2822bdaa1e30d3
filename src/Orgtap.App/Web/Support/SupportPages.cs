using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Notifications;
using Orgtap.Primitives;

namespace Orgtap.App.Web.Support;

/// <param name="Form">As typed or as stored.</param>
/// <param name="IsNamed">There is one to forget.</param>
public sealed record SupportModel(SupportDocument Form, bool IsNamed, bool Saved, InvalidInputException? Problem);

/// <summary>System settings, Support contact.</summary>
internal static class SupportPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var support = app.MapGroup("/system/support").RequireAuthorization(Roles.Administrator);
        support.MapGet("", async (string? saved, SupportContactStore store, CancellationToken cancellationToken) =>
            await store.FindAsync(cancellationToken) is var contact ? Page.Of<SupportPage>(new SupportModel(SupportDocument.Of(contact), contact is not null, saved is not null, null)) : null);
        support.MapPost("", SetAsync);
        support.MapPost("/remove", async (HttpContext context, SupportChange change, CancellationToken cancellationToken) =>
        {
            await change.RemoveAsync(context.User.ActorOf(), cancellationToken);
            return Page.SeeOther("/system/support");
        });
    }

    private static async Task<IResult> SetAsync(HttpContext context, SupportChange change, SupportContactStore store, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var wanted = new SupportDocument(form["name"], form["email"], form["phone"], form["link"]);
        try
        {
            await change.SetAsync(wanted, context.User.ActorOf(), cancellationToken);
            return Page.SeeOther("/system/support?saved=1");
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<SupportPage>(new SupportModel(wanted, await store.FindAsync(cancellationToken) is not null, false, problem), StatusCodes.Status400BadRequest);
        }
    }
}
