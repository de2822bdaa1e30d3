using System.Reflection;
using Orgtap.App.Composition;
using Orgtap.App.Web.SignIn;
using Orgtap.Storage;

namespace Orgtap.App.Web.Health;

/// <summary>What an operator wants to know of the installation.</summary>
public sealed record SystemModel(
    string Version, string SqliteVersion, string ControlStore, string Runtime, InstallationSettings Settings, Uri PublicAddress, KeyRingState Keys, string? KeyWarning, bool PublicAddressIsSet)
{
    /// <summary>Secrets that were just encrypted with a new key; null: none were.</summary>
    public int? Rotated { get; init; }
}

internal static class SystemPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/system", (Installation installation, PublicAddress address, int? rotated) => Page.Of<SystemPage>(new SystemModel(
            Version, SqliteLibrary.EnsureLoaded(), installation.Store.Description, System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription, installation.Settings, address.Value,
            KeyRing.StateOf(installation), KeyRing.WarningOf(installation), installation.Settings.PublicAddress is not null) { Rotated = rotated })).RequireAuthorization(Roles.Viewer);
        app.MapPost("/system/secrets/rotate", async (HttpContext context, SecretRotation rotation, CancellationToken cancellationToken) =>
        {
            var count = await rotation.RotateAsync(context.User.ActorOf(), cancellationToken);
            return Page.SeeOther($"/system?rotated={count.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
        }).RequireAuthorization(Roles.Administrator);
    }

    public static string Version { get; } =
        typeof(SystemPages).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
