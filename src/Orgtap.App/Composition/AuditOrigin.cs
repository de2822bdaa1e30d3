using Orgtap.App.Api;

namespace Orgtap.App.Composition;

/// <summary>From where somebody acts, for the audit log.</summary>
internal static class AuditOrigin
{
    /// <param name="requests">Null in a verb, which serves no requests.</param>
    public static Func<string?> Of(IHttpContextAccessor? requests) => requests is null
        ? () => Machine
        : () => requests.HttpContext is { } context ? LocalSocket.Carries(context) ? Machine : AddressOf(context) : null;

    /// <summary>The account and the machine that this process runs on.</summary>
    private static string Machine => $"{Environment.UserName} on {Environment.MachineName}";

    private static string? AddressOf(HttpContext context) => context.Connection.RemoteIpAddress is { } address
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString()
        : null;
}
