using System.ComponentModel;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;

namespace Orgtap.App.Api;

/// <summary>Where a test notice goes.</summary>
public sealed record NoticeTestDocument(IReadOnlyList<string> To);

/// <summary><c>/api/v1/notices</c>: what is wrong, and who is told.</summary>
internal static class NoticesApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var notices = api.MapGroup("/notices").WithTags("Notices");
        notices.MapGet("", (NoticeDesk desk, [Description("1 to 500")] int limit = 50, CancellationToken cancellationToken = default) => desk.ListAsync(Math.Clamp(limit, 1, 500), cancellationToken))
            .RequireAuthorization(Roles.Viewer).WithSummary("Incidents: open ones first, then the newest");
        notices.MapGet("/settings", (NoticeDesk desk, CancellationToken cancellationToken) => desk.SettingsAsync(cancellationToken)).RequireAuthorization(Roles.Viewer).WithSummary("Who is told of what, without the signing key");
        notices.MapPut("/settings", (NoticeSettingsDocument wanted, HttpContext context, NoticeDesk desk, CancellationToken cancellationToken) => desk.SetAsync(wanted, context.User.ActorOf(), cancellationToken))
            .RequireAuthorization(Roles.Administrator).WithSummary("Set who is told of what");
        notices.MapPost("/test", async (HttpContext context, NoticeDesk desk, CancellationToken cancellationToken) => new NoticeTestDocument(await desk.TestAsync(context.User.ActorOf(), cancellationToken)))
            .RequireAuthorization(Roles.Administrator).WithSummary("Send a test notice to everybody who would be told");
        notices.MapGet("/webhook", (NoticeDesk desk, [Description("1 to 500")] int limit = 50, CancellationToken cancellationToken = default) => desk.SentAsync(Math.Clamp(limit, 1, 500), cancellationToken))
            .RequireAuthorization(Roles.Viewer).WithSummary("What the webhook got and what waits, newest first");
        notices.MapPost("/webhook/retry", async (NoticeDesk desk, CancellationToken cancellationToken) =>
        {
            await desk.RetryAsync(cancellationToken);
            return Results.NoContent();
        }).RequireAuthorization(Roles.Administrator).WithSummary("Try again now what the webhook did not take");
    }
}
