using System.Reflection;
using Orgtap.App.Composition;
using Orgtap.App.Web.SignIn;
using Orgtap.Storage;

namespace Orgtap.App.Web.Health;

/// <summary>What an operator wants to know of the installation.</summary>
public sealed record SystemModel(
    string Version, string SqliteVersion, string ControlStore, string Runtime, InstallationSettings Settings, Uri PublicAddress, KeyRingState Keys, string? KeyWarning, bool PublicAddressIsSet);

internal static class SystemPages
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/system", (Installation installation, PublicAddress address) => Page.Of<SystemPage>(new SystemModel(
        Version, SqliteLibrary.EnsureLoaded(), installation.Store.Description, System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription, installation.Settings, address.Value,
        KeyRing.StateOf(installation), KeyRing.WarningOf(installation), installation.Settings.PublicAddress is not null))).RequireAuthorization(Roles.Viewer);

    public static string Version { get; } =
        typeof(SystemPages).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
