using System.Text.Encodings.Web;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>The pages a person sees: plain HTML forms, no script.</summary>
internal static class LoginPages
{
    public const string LoginPath = "/login";
    /// <summary>Where Salesforce ends an authorization that it does not send back to the app: an uninstalled or blocked app.</summary>
    public const string ErrorPath = "/setup/secur/RemoteAccessErrorPage.apexp";
    public const string ConsentPath = "/setup/secur/RemoteAccessAuthorizationPage.apexp";

    /// <param name="goOn">Path and query to return to once signed in.</param>
    /// <param name="refused">Why the last try failed; null on a first one.</param>
    public static string Login(string goOn, string? username, LoginRefusal? refused) => Page("Login", $"""
        <h1>Log in to the simulated org</h1>
        {(refused is { } refusal ? $"""<p class="error" role="alert" id="error">{Encode(LoginWords.Page(refusal))}</p>""" : "")}
        <form method="post" action="{LoginPath}" name="login" id="login_form">
          <input type="hidden" name="startURL" value="{Encode(goOn)}">
          <label for="username">Username</label>
          <input id="username" name="username" type="email" value="{Encode(username ?? "")}" autocomplete="username" required autofocus>
          <label for="password">Password</label>
          <input id="password" name="pw" type="password" autocomplete="current-password" required>
          <button id="Login" name="Login" type="submit">Log In</button>
        </form>
        """);

    public static string Consent(ConsentAsk ask, OrgUser user, string handle) => Page("Allow Access?", $"""
        <h1>Allow Access?</h1>
        {(ask is DeviceAsk device ? $"""<p>A device that shows the code <b id="device_code">{Encode(device.UserCode)}</b> waits. Is it yours?</p>""" : "")}
        <p><b id="app">{Encode(ask.App.Name)}</b> is asking to:</p>
        <ul id="scopes">{string.Concat(ask.Scopes.Select(scope => $"<li>{Encode(Describe(scope))} ({Encode(scope)})</li>"))}</ul>
        <p>Do you want to allow access for <b id="user">{Encode(user.Username)}</b>?</p>
        <form method="post" action="{ConsentPath}" name="consent" id="consent_form">
          <input type="hidden" name="request" value="{Encode(handle)}">
          <button id="oadeny" name="cancel" value="Deny" type="submit">Deny</button>
          <button id="oaapprove" name="save" value="Allow" type="submit">Allow</button>
        </form>
        """);

    /// <summary>The page of the device flow: somebody reads a code off a screen elsewhere and types it here.</summary>
    public static string ConnectDevice(string typed, bool refused) => Page("Connect Your Device", $"""
        <h1>Connect Your Device</h1>
        {(refused ? """<p class="error" role="alert" id="error">This code isn't valid, or it has expired or been used. Check the code on your device, or start again there.</p>""" : "")}
        <p>Type the code that your device shows.</p>
        <form method="post" action="{DeviceFlow.ConnectPath}" name="device" id="device_form">
          <label for="user_code">Code</label>
          <input id="user_code" name="user_code" value="{Encode(typed)}" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20" required autofocus>
          <button id="save" name="save" value="Connect" type="submit">Connect</button>
        </form>
        """);

    public static Task SendAsync(HttpContext context, string html, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html;charset=UTF-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(html, context.RequestAborted);
    }

    public static string Message(string title, string text) => Page(title, $"<h1>{Encode(title)}</h1><p>{Encode(text)}</p>");

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    private static string Describe(string scope) => scope switch
    {
        "api" => "Manage user data via APIs",
        "refresh_token" => "Perform requests at any time",
        "id" or "profile" or "email" or "address" or "phone" => "Access the identity URL service",
        "openid" => "Access unique user identifiers",
        "web" => "Manage user data via Web browsers",
        "full" => "Full access",
        _ => "Access " + scope,
    };

    private static string Page(string title, string body) => $$"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{Encode(title)}} | Simulated org</title>
        <style>
          body { font: 16px/1.5 system-ui, sans-serif; background: #f3f5f8; color: #1c2530; margin: 0; }
          main { max-width: 26rem; margin: 10vh auto; background: #fff; border: 1px solid #d3dae3; border-radius: 8px; padding: 1.5rem 2rem; }
          h1 { font-size: 1.25rem; } label { display: block; margin-top: .75rem; }
          input { width: 100%; box-sizing: border-box; padding: .5rem; font: inherit; }
          button { font: inherit; margin: 1.25rem .5rem 0 0; padding: .5rem 1.5rem; } .error { color: #a61b1b; }
          footer { text-align: center; color: #596675; font-size: .85rem; }
        </style></head>
        <body><main>{{body}}</main><footer>A simulated org on this machine. Nothing here is Salesforce's.</footer></body></html>
        """;
}
