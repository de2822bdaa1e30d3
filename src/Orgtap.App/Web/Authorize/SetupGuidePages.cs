using System.Security.Claims;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;

namespace Orgtap.App.Web.Authorize;

/// <param name="IsConnectedApp">The guide for an app of the older kind.</param>
/// <param name="Connections">That can be checked with.</param>
/// <param name="Typed">What was checked with; its secrets are not sent back.</param>
/// <param name="Findings">By step; empty: nothing was checked.</param>
/// <param name="Problem">Why nothing could be checked.</param>
public sealed record SetupGuideModel(
    bool IsConnectedApp, IReadOnlyList<GuideStep> Steps, IReadOnlyList<Connection> Connections, bool PublicAddressIsSet, bool MayOperate, SetupCheckDocument Typed, IReadOnlyDictionary<SetupStep, IReadOnlyList<CheckDocument>> Findings,
    OrgtapException? Problem);

/// <summary>What has to be done in Salesforce, step by step, with every value that is typed there, and a check of each step where one is possible.</summary>
internal static class SetupGuidePages
{
    private static readonly Dictionary<SetupStep, IReadOnlyList<CheckDocument>> Nothing = [];

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/setup-guide", (HttpContext context, string? app, string? connection, CancellationToken cancellationToken) =>
            ShowAsync(context, app, new SetupCheckDocument(connection), Nothing, null, cancellationToken)).RequireAuthorization(Roles.Viewer);
        app.MapPost("/setup-guide", CheckAsync).RequireAuthorization(Roles.Operator);
    }

    private static async Task<IResult> CheckAsync(HttpContext context, string? app, SetupDesk desk, PublicAddress address, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        // A password is used for its own step only: repeated wrong ones lock a user out.
        var step = Enum.TryParse<SetupStep>(form["step"], out var one) ? one : (SetupStep?)null;
        var wanted = new SetupCheckDocument(form["connection"], form["url"], form["client-id"], form["client-secret"], form["username"], form["password"], form["security-token"], null, step is { } only ? [only] : []);
        try
        {
            var found = await desk.CheckAsync(wanted, address.Callback, context.User.ActorOf(), cancellationToken);
            return await ShowAsync(context, app, wanted, found.ToDictionary(finding => finding.Step, finding => finding.Checks), null, cancellationToken);
        }
        catch (OrgtapException problem)
        {
            return await ShowAsync(context, app, wanted, Nothing, problem, cancellationToken);
        }
    }

    private static async Task<IResult> ShowAsync(
        HttpContext context, string? app, SetupCheckDocument typed, IReadOnlyDictionary<SetupStep, IReadOnlyList<CheckDocument>> findings, OrgtapException? problem, CancellationToken cancellationToken)
    {
        var services = context.RequestServices;
        return Page.Of<SetupGuidePage>(new SetupGuideModel(
            app == "connected", SetupGuide.Of(app == "connected", services.GetRequiredService<PublicAddress>().Callback, Cli.LoopbackCallback.DefaultAddress, context.User.FindFirstValue(ClaimTypes.Email) ?? ""),
            await services.GetRequiredService<ConnectionStore>().ListAsync(cancellationToken), services.GetRequiredService<Composition.InstallationSettings>().PublicAddress is not null, context.User.MayOperate(),
            typed with { ClientSecret = null, Password = null, SecurityToken = null }, findings, problem), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }
}
