using System.Net;

namespace Orgtap.Salesforce;

/// <summary>The innermost handler: speaks HTTP to Salesforce. One per process is enough; it pools its connections.</summary>
public static class Transport
{
    /// <remarks>
    /// Redirects are not followed (a token must not travel with one), cookies are not kept (Salesforce sets some, and they would mix sessions), bodies
    /// arrive gzipped where the org offers it.
    /// </remarks>
    public static SocketsHttpHandler Create() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.GZip,
        ConnectTimeout = TimeSpan.FromSeconds(20),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
    };
}
