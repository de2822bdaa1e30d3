using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>
/// From a session to a signed-in browser: <c>/services/oauth2/singleaccess</c> gives an address that signs a browser in once, within a minute on the org's clock. Thread-safe.
/// </summary>
internal sealed class FrontDoor(OrgUsers users, TokenStore tokens, Browsers browsers, TimeProvider time)
{
    private const string Path = "/secur/frontdoor.jsp";
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string UserId, DateTimeOffset Expires)> _passes = [];

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/services/oauth2/singleaccess", ["GET", "POST"], SingleAccessAsync).WithDisplayName("singleaccess");
        routes.MapGet(Path, EnterAsync).WithDisplayName("frontdoor");
    }

    private async Task SingleAccessAsync(HttpContext context)
    {
        if (AccessTokens.Of(context.Request) is not { } token || tokens.Use(token) is not { } session)
        {
            await RefuseAsync(context, "Bad_OAuth_Token");
            return;
        }
        if (session.Scopes.Count > 0 && !session.Scopes.Contains("web") && !session.Scopes.Contains("full"))
        {
            await RefuseAsync(context, "insufficient_scope");
            return;
        }
        var goOn = context.Request.HasFormContentType ? (await context.Request.ReadFormAsync(context.RequestAborted))["redirect_uri"].ToString() : context.Request.Query["redirect_uri"].ToString();
        var pass = RandomText.Of(40);
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var late in _passes.Where(entry => entry.Value.Expires <= now).Select(entry => entry.Key).ToArray()) _passes.Remove(late);
            _passes[pass] = (session.UserId, now + Life);
        }
        var address = $"{context.Request.Scheme}://{context.Request.Host}{Path}?otp={pass}";
        await context.Response.WriteAsJsonAsync(new { frontdoor_uri = IsOwnPath(goOn) ? $"{address}&startURL={Uri.EscapeDataString(goOn)}" : address }, context.RequestAborted);
    }

    private async Task EnterAsync(HttpContext context)
    {
        if (Take(context.Request.Query["otp"].ToString()) is not { } user)
        {
            await LoginPages.SendAsync(context, LoginPages.Message("This link has expired", "It worked once, for a minute. Ask for another one."), StatusCodes.Status403Forbidden);
            return;
        }
        browsers.SignIn(context.Response, user);
        await LoginPages.SendAsync(context, LoginPages.Message("You're logged in", $"This browser is now logged in as {user.Username}. The simulated org has no pages of its own beyond this one."));
    }

    private OrgUser? Take(string pass)
    {
        lock (_gate) return _passes.Remove(pass, out var held) && held.Expires > time.GetUtcNow() && users.ById(held.UserId) is { Active: true, Frozen: false } user ? user : null;
    }

    private static bool IsOwnPath(string path) => path.StartsWith('/') && !path.StartsWith("//", StringComparison.Ordinal);

    private static Task RefuseAsync(HttpContext context, string word)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.ContentType = "text/plain;charset=UTF-8";
        return context.Response.WriteAsync(word, context.RequestAborted);
    }
}
