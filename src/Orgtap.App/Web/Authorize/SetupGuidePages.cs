using System.Security.Claims;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;

namespace Orgtap.App.Web.Authorize;

/// <param name="IsConnectedApp">The guide for an app of the older kind.</param>
/// <param name="Contact">E-mail address of whoever reads.</param>
/// <param name="Connections">That can be tested.</param>
public sealed record SetupGuideModel(Uri Callback, string CliCallback, bool IsConnectedApp, string Contact, IReadOnlyList<Connection> Connections, bool PublicAddressIsSet);

/// <summary>What has to be done in Salesforce, step by step, with every value that is typed there.</summary>
internal static class SetupGuidePages
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/setup-guide", async (
        HttpContext context, string? app, PublicAddress address, Composition.InstallationSettings settings, ConnectionStore connections, CancellationToken cancellationToken) => Page.Of<SetupGuidePage>(new SetupGuideModel(
            address.Callback, Cli.LoopbackCallback.DefaultAddress, app == "connected", context.User.FindFirstValue(ClaimTypes.Email) ?? "", await connections.ListAsync(cancellationToken), settings.PublicAddress is not null)))
        .RequireAuthorization(Roles.Viewer);
}
