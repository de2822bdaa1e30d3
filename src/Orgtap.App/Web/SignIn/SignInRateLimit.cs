using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Orgtap.App.Web.Errors;

namespace Orgtap.App.Web.SignIn;

/// <summary>Bounds how fast one address may try passwords and links, whatever names it tries; the pause per name comes on top.</summary>
internal static class SignInRateLimit
{
    public const string Policy = "sign-in";

    /// <summary>Tries a minute and address.</summary>
    public const int PerMinute = 30;

    /// <summary>For pages behind an e-mailed link of 256 random bits: nothing can be guessed there, and an office shares one address.</summary>
    public const string LinkPolicy = "link";

    private const int LinksPerMinute = 300;

    public static void Configure(RateLimiterOptions options)
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.OnRejected = async (context, _) =>
        {
            if (context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
                context.HttpContext.Response.Headers.RetryAfter = ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await ErrorPages.TooMany(context.HttpContext).ExecuteAsync(context.HttpContext);
        };
        options.AddPolicy(LinkPolicy, context => RateLimitPartition.GetFixedWindowLimiter(
            context.Connection.RemoteIpAddress?.ToString() ?? "", _ => new FixedWindowRateLimiterOptions { PermitLimit = LinksPerMinute, Window = TimeSpan.FromMinutes(1) }));
        options.AddPolicy(Policy, context => RateLimitPartition.GetFixedWindowLimiter(
            context.Connection.RemoteIpAddress?.ToString() ?? "", _ => new FixedWindowRateLimiterOptions { PermitLimit = PerMinute, Window = TimeSpan.FromMinutes(1) }));
    }
}
