namespace Orgtap.App.Web;

/// <summary>
/// Headers of every answer. Only our own style and script may run, nobody may frame us, and no address of ours (links hold secrets) is
/// told to other sites.
/// </summary>
public sealed class SecurityHeaders(RequestDelegate next)
{
    private const string Policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action ";

    private static readonly object FormTargets = new();

    /// <summary>
    /// Lets this page's form end at other sites. Browsers check the redirects that follow a form against <c>form-action</c>, and authorizing an
    /// org leads to its sign-in page.
    /// </summary>
    public static void AllowFormTo(HttpContext context, IEnumerable<string> sources) => context.Items[FormTargets] = string.Join(' ', sources);

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy + (context.Items[FormTargets] is string targets ? $"'self' {targets}" : "'self'");
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()";
            headers.Remove("blazor-enhanced-nav"); // of no use without Blazor's script
            if (context.Request.IsHttps) headers.StrictTransportSecurity = "max-age=31536000";
            if (headers.CacheControl.Count == 0) headers.CacheControl = "no-store";
            return Task.CompletedTask;
        });
        return next(context);
    }
}
