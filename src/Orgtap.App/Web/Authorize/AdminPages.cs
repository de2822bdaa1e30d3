using Orgtap.App.Composition;
using Orgtap.App.Web.Connections;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.Scheduling;

namespace Orgtap.App.Web.Authorize;

/// <param name="Link">The secret part of the page's address.</param>
/// <param name="Connection">Null for a first authorization that is not done.</param>
/// <param name="Tables">Labels of what is read.</param>
/// <param name="Organization">Who asks; null where e-mail was never set up.</param>
/// <param name="Typed">What was typed into the form of a first authorization.</param>
public sealed record AdminModel(
    AuthorizationRequest Request, RequestState State, string Link, Connection? Connection, IReadOnlyList<string> Tables, string? Organization, Uri Callback, IReadOnlyList<RestartStep> Restarts, TimeProvider Time,
    AppGiven? Typed = null, OrgtapException? Problem = null)
{
    /// <summary>A time for somebody whose zone we do not know.</summary>
    public string When(DateTimeOffset? at) => at is { } known
        ? $"{TimeZoneInfo.ConvertTime(known, Time.LocalTimeZone).ToString("ddd d MMMM yyyy, HH:mm", System.Globalization.CultureInfo.InvariantCulture)} ({ZoneName.Of(Time.LocalTimeZone)})"
        : "–";
}

/// <summary>What a Salesforce admin sees who was sent a link: no account, no script, on a phone. Looking changes nothing; only an accepted authorization uses the link up.</summary>
internal static class AdminPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/a/{link}", async (string link, HttpContext context, AuthorizationRequests requests, CancellationToken cancellationToken) =>
            await requests.OpenAsync(link, cancellationToken) is { } request ? await ShowAsync(context, request, link, null, null, cancellationToken) : Page.Of<UnknownLinkPage>(null, StatusCodes.Status404NotFound))
            .RequireRateLimiting(SignInRateLimit.LinkPolicy);
        app.MapPost("/a/{link}", ActAsync).RequireRateLimiting(SignInRateLimit.LinkPolicy);
    }

    private static async Task<IResult> ActAsync(string link, HttpContext context, AuthorizationRequests requests, PublicAddress address, InstallationSettings settings, CancellationToken cancellationToken)
    {
        if (await requests.OpenAsync(link, cancellationToken) is not { } request) return Page.Of<UnknownLinkPage>(null, StatusCodes.Status404NotFound);
        var form = await context.Request.ReadFormAsync(cancellationToken);
        if (form["do"] == "decline")
        {
            await requests.DeclineAsync(request, form["reason"], cancellationToken);
            return Page.SeeOther($"/a/{link}");
        }
        var given = request.IsFirst && request.ConsumerKey is null ? new AppGiven(form["url"].ToString().Trim(), form["client-id"].ToString().Trim(), SecretText.From(form["client-secret"])) : null;
        try
        {
            var start = await requests.BeginAsync(request, new SecretText(link), given, form["do"] == "without", address.Callback, cancellationToken);
            ConnectPages.KeepBrowserSecret(context, start.BrowserSecret);
            ConnectPages.AllowSignIn(context, settings);
            return Page.SeeOther(start.AuthorizeAddress.AbsoluteUri);
        }
        catch (OrgtapException problem)
        {
            return await ShowAsync(context, request, link, given, problem, cancellationToken);
        }
    }

    private static async Task<IResult> ShowAsync(HttpContext context, AuthorizationRequest request, string link, AppGiven? typed, OrgtapException? problem, CancellationToken cancellationToken)
    {
        var services = context.RequestServices;
        var time = services.GetRequiredService<TimeProvider>();
        var state = request.StateAt(time.GetUtcNow());
        ConnectPages.AllowSignIn(context, services.GetRequiredService<InstallationSettings>());
        // The link is in the address, so no copy of the page may lie anywhere.
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Robots-Tag"] = "noindex";
        return Page.Of<AdminPage>(new AdminModel(
            request, state, link, request.ConnectionId is { } id ? await services.GetRequiredService<ConnectionStore>().FindAsync(id, cancellationToken) : null,
            await services.GetRequiredService<AuthorizationRequests>().TablesAsync(request, cancellationToken),
            (await services.GetRequiredService<MailSettingsStore>().FindAsync(cancellationToken))?.SenderName, services.GetRequiredService<PublicAddress>().Callback,
            request.ConnectionId is { } connection ? services.GetRequiredService<JobRestarts>().ProgressOf(connection) : [], time, typed, problem),
            problem is not null ? StatusCodes.Status400BadRequest : state is RequestState.Expired or RequestState.Withdrawn ? StatusCodes.Status410Gone : StatusCodes.Status200OK);
    }
}
