using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orgtap.App.Users;
using Orgtap.App.Web.SignIn;

namespace Orgtap.App.Api;

/// <summary>
/// The owner's HTTP API on a Unix domain socket, <c>run/api.sock</c> in the data directory. Whoever may open it, owns the data directory and could read and
/// change everything in it anyway; so it asks for no token. The directory <c>run</c> admits its owner only, the socket too.
/// </summary>
internal static class LocalSocket
{
    // The longest address of a Unix domain socket is 108 bytes on Linux, 104 elsewhere, with a NUL at its end.
    private const int LongestPath = 103;

    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, "run", "api.sock");

    /// <summary>Whether there can be a socket: not on Windows, where rights on it mean nothing, nor under a very long path.</summary>
    public static bool IsPossible(string dataDirectory) => !OperatingSystem.IsWindows() && Encoding.UTF8.GetByteCount(PathIn(dataDirectory)) <= LongestPath;

    /// <summary>To be called by the owner of the directory only: takes the place of a socket that a dead owner left behind.</summary>
    public static void Listen(KestrelServerOptions kestrel, string dataDirectory)
    {
        if (OperatingSystem.IsWindows() || !IsPossible(dataDirectory)) return;
        var path = PathIn(dataDirectory);
        var directory = Path.GetDirectoryName(path)!;
        Composition.PrivateDirectory.Ensure(directory);
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Delete(path);
        kestrel.ListenUnixSocket(path, options => options.Use(next => connection =>
        {
            connection.Features.Set(Mark.Instance);
            return next(connection);
        }));
    }

    /// <summary>To be called once the server listens.</summary>
    public static void Protect(string dataDirectory)
    {
        if (!OperatingSystem.IsWindows() && IsPossible(dataDirectory)) File.SetUnixFileMode(PathIn(dataDirectory), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public static bool Carries(HttpContext context) => context.Features.Get<Mark>() is not null;

    /// <summary>Whoever uses the machine's account that owns the data directory.</summary>
    public static ClaimsPrincipal Principal(string scheme) => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, Cli.ConnectVerb.Actor), new Claim(ClaimTypes.Email, Cli.ConnectVerb.Actor), new Claim(ClaimTypes.Role, nameof(Role.Administrator))], scheme));

    private sealed class Mark
    {
        public static readonly Mark Instance = new();
    }
}
