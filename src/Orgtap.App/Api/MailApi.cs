using System.ComponentModel;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Notifications;
using Orgtap.Storage;

namespace Orgtap.App.Api;

/// <summary>Where a test e-mail goes.</summary>
public sealed record MailTestDocument(string To);

/// <summary><c>/api/v1/mail</c>.</summary>
internal static class MailApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var mail = api.MapGroup("/mail").WithTags("E-mail").RequireAuthorization(Roles.Administrator);
        mail.MapGet("", async (MailSettingsStore settings, CancellationToken cancellationToken) => MailDocument.Of(await settings.FindAsync(cancellationToken))).WithSummary("The mail server, without its password");
        mail.MapPut("", async (MailChangeDocument wanted, HttpContext context, MailChange change, MailSettingsStore settings, CancellationToken cancellationToken) =>
        {
            await change.SetAsync(wanted, context.User.ActorOf(), cancellationToken);
            return MailDocument.Of(await settings.FindAsync(cancellationToken));
        }).WithSummary("Set the mail server up");
        mail.MapDelete("", async (HttpContext context, MailChange change, CancellationToken cancellationToken) =>
        {
            await change.RemoveAsync(context.User.ActorOf(), cancellationToken);
            return Results.NoContent();
        }).WithSummary("Forget the mail server; what waits stays");
        mail.MapPost("/test", async (MailTestDocument test, HttpContext context, MailChange change, CancellationToken cancellationToken) =>
        {
            await change.TestAsync(test.To, context.User.ActorOf(), cancellationToken);
            return Results.NoContent();
        }).WithSummary("Send a test e-mail now");
        mail.MapGet("/messages", async (Outbox outbox, [Description("1 to 500")] int limit = 50, CancellationToken cancellationToken = default) =>
            (await outbox.ListAsync(null, Math.Clamp(limit, 1, 500), cancellationToken)).Select(MailMessageDocument.Of)).WithSummary("E-mails sent and waiting, newest first");
    }
}
