using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Who is signed in with which browser: a cookie, for two hours on the org's clock. Thread-safe.</summary>
internal sealed class Browsers(TimeProvider time, OrgUsers users)
{
    private const string Cookie = "sid";
    private static readonly TimeSpan Life = TimeSpan.FromHours(2);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Username, DateTimeOffset Expires)> _signedIn = [];

    public OrgUser? UserOf(HttpRequest request)
    {
        if (request.Cookies[Cookie] is not { } cookie) return null;
        lock (_gate)
            return _signedIn.TryGetValue(cookie, out var held) && held.Expires > time.GetUtcNow() && users.Find(held.Username) is { Active: true, Frozen: false } user
                ? user : null;
    }

    public void SignIn(HttpResponse response, OrgUser user)
    {
        var cookie = RandomText.Of(40);
        lock (_gate) _signedIn[cookie] = (user.Username, time.GetUtcNow() + Life);
        response.Cookies.Append(Cookie, cookie, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/" });
    }

    public void SignOutAll() { lock (_gate) _signedIn.Clear(); }
}
