using System.Globalization;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Web.Mail;

/// <param name="Form">As typed or as stored; without the password.</param>
/// <param name="Problem">Why something did not work.</param>
/// <param name="Done">What worked, in a sentence.</param>
public sealed record MailModel(MailDocument Form, IReadOnlyList<QueuedMail> Messages, TimeProvider Time, string TestTo, OrgtapException? Problem = null, string? Done = null);

/// <summary>System settings, E-mail: the mail server, a test, what was sent and what waits.</summary>
internal static class MailPages
{
    private const int Shown = 20;

    public static void Map(IEndpointRouteBuilder app)
    {
        var mail = app.MapGroup("/system/mail").RequireAuthorization(Roles.Administrator);
        mail.MapGet("", (HttpContext context, string? saved, CancellationToken cancellationToken) => ShowAsync(context, null, null, saved is null ? null : "Saved. What waited is sent now.", cancellationToken));
        mail.MapPost("", SetAsync);
        mail.MapPost("/test", TestAsync);
        mail.MapPost("/remove", async (HttpContext context, MailChange change, CancellationToken cancellationToken) =>
        {
            await change.RemoveAsync(context.User.ActorOf(), cancellationToken);
            return Page.SeeOther("/system/mail");
        });
    }

    private static async Task<IResult> SetAsync(HttpContext context, MailChange change, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        int? port = int.TryParse(form["port"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        var security = Enum.TryParse<MailSecurity>(form["security"], out var chosen) ? chosen : MailSecurity.StartTls;
        var wanted = new MailChangeDocument(form["host"].ToString(), port, security, form["username"], form["mail-password"], form["from"].ToString(), form["name"].ToString());
        try
        {
            await change.SetAsync(wanted, context.User.ActorOf(), cancellationToken);
            return Page.SeeOther("/system/mail?saved=1");
        }
        catch (InvalidInputException problem)
        {
            return await ShowAsync(context, new MailDocument(true, wanted.Host, port, security, wanted.Username, false, wanted.SenderAddress, wanted.SenderName), problem, null, cancellationToken);
        }
    }

    private static async Task<IResult> TestAsync(HttpContext context, MailChange change, CancellationToken cancellationToken)
    {
        var to = (await context.Request.ReadFormAsync(cancellationToken))["to"].ToString().Trim();
        try
        {
            await change.TestAsync(to, context.User.ActorOf(), cancellationToken);
            return await ShowAsync(context, null, null, $"The mail server took a test e-mail to {to}. If it does not arrive, look into spam and junk folders.", cancellationToken, to);
        }
        catch (OrgtapException problem)
        {
            return await ShowAsync(context, null, problem, null, cancellationToken, to);
        }
    }

    private static async Task<IResult> ShowAsync(HttpContext context, MailDocument? typed, OrgtapException? problem, string? done, CancellationToken cancellationToken, string? testTo = null)
    {
        var services = context.RequestServices;
        var form = typed ?? MailDocument.Of(await services.GetRequiredService<MailSettingsStore>().FindAsync(cancellationToken));
        return Page.Of<MailPage>(new MailModel(form, await services.GetRequiredService<Outbox>().ListAsync(null, Shown, cancellationToken), services.GetRequiredService<TimeProvider>(),
            testTo ?? context.User.ActorOf(), problem, done), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }
}
