using Microsoft.AspNetCore.WebUtilities;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>
/// The device flow: <c>response_type=device_code</c> at the token endpoint, the page <c>/setup/connect</c> where a person types the code, and polls
/// with <c>grant_type=device</c>. Parameters and errors are Salesforce's own, not RFC 8628's.
/// </summary>
internal sealed class DeviceFlow(ConnectedApps apps, DeviceCodes codes, Browsers browsers, Consents consents)
{
    public const string ConnectPath = "/setup/connect";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(ConnectPath, ShowAsync).WithDisplayName("connectPage");
        routes.MapPost(ConnectPath, TypedAsync).WithDisplayName("connectCode");
    }

    /// <summary>The answer to a start. It does not say when the codes run out.</summary>
    /// <exception cref="OAuthException">Unknown app, flow not enabled, or a scope that the app lacks.</exception>
    public object Start(IFormCollection form, string origin)
    {
        var clientId = form["client_id"].ToString();
        if (clientId.Length == 0) throw OAuthException.Missing("client_id");
        var app = apps.Find(clientId) ?? throw OAuthException.UnknownClient();
        // An uninstalled app is refused to everybody, earlier approvers included, since September 2025.
        if (!app.DeviceFlow || app.Uninstalled) throw NotEnabled();
        var scopes = app.Grant(form["scope"]) ?? throw new OAuthException("invalid_scope", "the requested scope is not allowed");
        var (deviceCode, userCode) = codes.Start(app, scopes);
        return new { device_code = deviceCode, user_code = userCode, verification_uri = origin + ConnectPath, interval = (int)DeviceCodes.Interval.TotalSeconds };
    }

    /// <returns>Who allowed it, and which scopes.</returns>
    /// <exception cref="OAuthException">Not yet, too soon, denied, or gone.</exception>
    public DevicePoll.Allowed Poll(string deviceCode, ConnectedApp app)
    {
        if (deviceCode.Length == 0) throw OAuthException.Missing("code");
        if (!app.DeviceFlow || app.Uninstalled) throw NotEnabled();
        return codes.Poll(deviceCode, app.ClientId) switch
        {
            DevicePoll.Allowed allowed => allowed,
            DevicePoll.Pending => throw new OAuthException("authorization_pending", "user has not authorized yet"),
            DevicePoll.TooSoon => throw new OAuthException("slow_down", "client is polling too quickly"),
            DevicePoll.Denied => throw new OAuthException("access_denied", "end-user denied authorization"),
            DevicePoll.Taken => throw new OAuthException("invalid_grant", "token exchange failed"),
            _ => throw new OAuthException("invalid_grant", "invalid device code"),
        };
    }

    private async Task ShowAsync(HttpContext context)
    {
        var typed = context.Request.Query["user_code"].ToString();
        if (!context.Request.Query.ContainsKey("confirm"))
        {
            await LoginPages.SendAsync(context, LoginPages.ConnectDevice(typed, refused: false));
            return;
        }
        if (browsers.UserOf(context.Request) is not { } user)
        {
            await LoginPages.SendAsync(context, LoginPages.Login(Confirm(typed), username: null, refused: null));
            return;
        }
        await LoginPages.SendAsync(context, codes.Waiting(typed) is { } ask
            ? LoginPages.Consent(ask, user, consents.Show(ask, user.Id))
            : LoginPages.ConnectDevice(typed, refused: true));
    }

    private async Task TypedAsync(HttpContext context)
    {
        var typed = (await context.Request.ReadFormAsync(context.RequestAborted))["user_code"].ToString();
        if (codes.Waiting(typed) is null) await LoginPages.SendAsync(context, LoginPages.ConnectDevice(typed, refused: true));
        else context.Response.Redirect(Confirm(typed));
    }

    private static string Confirm(string userCode) =>
        QueryHelpers.AddQueryString(ConnectPath, new Dictionary<string, string?> { ["user_code"] = userCode, ["confirm"] = "1" });

    private static OAuthException NotEnabled() => new("invalid_grant", "device flow is not enabled for the app");
}
