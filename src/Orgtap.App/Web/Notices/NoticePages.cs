using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Notifications;
using Orgtap.Primitives;

namespace Orgtap.App.Web.Notices;

/// <param name="Form">As typed or as stored.</param>
/// <param name="Done">What was just done.</param>
public sealed record NoticesModel(
    IReadOnlyList<IncidentDocument> Incidents, IReadOnlyList<WebhookMessage> Sent, NoticeSettingsDocument Form, bool HasMail, bool MayAdminister, TimeProvider Time, string? Done = null, InvalidInputException? Problem = null);

/// <summary>What is wrong, and who is told.</summary>
internal static class NoticePages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/notices", (string? done, HttpContext context, CancellationToken cancellationToken) => ShowAsync(context, null, done, null, cancellationToken)).RequireAuthorization(Roles.Viewer);
        app.MapPost("/notices", ActAsync).RequireAuthorization(Roles.Administrator);
    }

    private static async Task<IResult> ActAsync(HttpContext context, NoticeDesk desk, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        NoticeSettingsDocument? wanted = null;
        try
        {
            switch (form["do"].ToString())
            {
                case "test":
                    await desk.TestAsync(context.User.ActorOf(), cancellationToken);
                    return Page.SeeOther("/notices?done=tested");
                case "retry":
                    await desk.RetryAsync(cancellationToken);
                    return Page.SeeOther("/notices?done=retried");
            }
            wanted = new NoticeSettingsDocument(
                form["recipients"].ToString().Split([',', ';', '\n', '\r', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                Enum.TryParse<NoticeDigest>(form["digest"], out var digest) && Enum.IsDefined(digest) ? digest : NoticeDigest.AtOnce, KindsOf(form["email"]), KindsOf(form["webhook-of"]), form["webhook"].ToString(), form["webhook-key"].ToString());
            await desk.SetAsync(wanted, context.User.ActorOf(), cancellationToken);
            return Page.SeeOther("/notices?done=saved");
        }
        catch (InvalidInputException problem)
        {
            return await ShowAsync(context, wanted, null, problem, cancellationToken);
        }
    }

    private static async Task<IResult> ShowAsync(HttpContext context, NoticeSettingsDocument? typed, string? done, InvalidInputException? problem, CancellationToken cancellationToken)
    {
        var (services, desk) = (context.RequestServices, context.RequestServices.GetRequiredService<NoticeDesk>());
        var stored = await desk.SettingsAsync(cancellationToken);
        return Page.Of<NoticesPage>(new NoticesModel(
            await desk.ListAsync(50, cancellationToken), await desk.SentAsync(10, cancellationToken), typed is null ? stored : typed with { WebhookKey = null, HasWebhookKey = stored.HasWebhookKey },
            await services.GetRequiredService<MailSettingsStore>().FindAsync(cancellationToken) is not null, context.User.MayAdminister(), services.GetRequiredService<TimeProvider>(), done, problem),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static List<NoticeKind> KindsOf(Microsoft.Extensions.Primitives.StringValues words) => [.. words.Select(word => Enum.TryParse<NoticeKind>(word, out var kind) && Enum.IsDefined(kind) ? kind : (NoticeKind?)null).OfType<NoticeKind>()];
}
