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
    public static string Login(string goOn, string? username, bool refused) => Page("Login", $"""
        <h1>Log in to the simulated org</h1>
        {(refused ? """<p class="error" role="alert" id="error">Please check your username and password. If you still can't log in, contact your administrator.</p>""" : "")}
        <form method="post" action="{LoginPath}" name="login" id="login_form">
          <input type="hidden" name="startURL" value="{Encode(goOn)}">
          <label for="username">Username</label>
          <input id="username" name="username" type="email" value="{Encode(username ?? "")}" autocomplete="username" required autofocus>
          <label for="password">Password</label>
          <input id="password" name="pw" type="password" autocomplete="current-password" required>
          <button id="Login" name="Login" type="submit">Log In</button>
        </form>
        """);

    public static string Consent(AuthorizationAsk ask, OrgUser user, string handle) => Page("Allow Access?", $"""
        <h1>Allow Access?</h1>
        <p><b id="app">{Encode(ask.App.Name)}</b> is asking to:</p>
        <ul id="scopes">{string.Concat(ask.Scopes.Select(scope => $"<li>{Encode(Describe(scope))} ({Encode(scope)})</li>"))}</ul>
        <p>Do you want to allow access for <b id="user">{Encode(user.Username)}</b>?</p>
        <form method="post" action="{ConsentPath}" name="consent" id="consent_form">
          <input type="hidden" name="request" value="{Encode(handle)}">
          <button id="oadeny" name="cancel" value="Deny" type="submit">Deny</button>
          <button id="oaapprove" name="save" value="Allow" type="submit">Allow</button>
        </form>
        """);

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
