using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>The web server flow in the browser: authorize, sign in, allow or deny, back to the app.</summary>
internal sealed class AuthorizeEndpoint(OrgUsers users, ConnectedApps apps, TokenStore tokens, AuthorizationCodes codes, Browsers browsers)
{
    private const string AuthorizePath = "/services/oauth2/authorize";
    private const string SignedInMark = "signed_in";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(AuthorizePath, AuthorizeAsync).WithDisplayName("authorize");
        routes.MapPost(LoginPages.LoginPath, LoginAsync).WithDisplayName("login");
        routes.MapGet(LoginPages.ErrorPath, context => PageAsync(context, LoginPages.Message("OAuth Error",
            $"We can't authorize you because of an OAuth error. {context.Request.Query["error"]} : {context.Request.Query["error_description"]}"))).WithDisplayName("errorPage");
        routes.MapPost(LoginPages.ConsentPath, ConsentAsync).WithDisplayName("consent");
    }

    private async Task AuthorizeAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (apps.Find(query["client_id"].ToString()) is not { } app)
        {
            await RefuseAsync(context, "invalid_client_id", "client identifier invalid");
            return;
        }
        var redirectUri = query["redirect_uri"].ToString();
        if (!app.Accepts(redirectUri))
        {
            await RefuseAsync(context, "redirect_uri_mismatch", "redirect_uri must match configuration");
            return;
        }
        if (app.Uninstalled)
        {
            // The callback never hears of it, so an app that waits for it waits for ever.
            context.Response.Redirect(QueryHelpers.AddQueryString(LoginPages.ErrorPath, new Dictionary<string, string?>
            {
                ["error"] = "invalid_client", ["error_description"] = "app must be installed into org", ["state"] = query["state"],
            }));
            return;
        }
        var challenge = query["code_challenge"].ToString();
        if (challenge.Length == 0 && app.RequirePkce)
        {
            await RefuseAsync(context, "invalid_request", "missing required code challenge");
            return;
        }
        string? state = query["state"];
        if (query["response_type"].ToString() != "code" || !Pkce.Supports(query["code_challenge_method"]))
        {
            var error = query["response_type"].ToString() != "code" ? "unsupported_response_type" : "invalid_request";
            Callback(context, redirectUri, state, ("error", error), ("error_description", error == "invalid_request" ? "invalid code challenge method" : "response type not supported"));
            return;
        }
        var prompt = query["prompt"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var mustSignIn = prompt.Contains("login") && !query.ContainsKey(SignedInMark);
        if (mustSignIn || browsers.UserOf(context.Request) is not { } user)
        {
            await PageAsync(context, LoginPages.Login(SelfAfterSignIn(context.Request), query["login_hint"], refused: false));
            return;
        }
        // A scope the app lacks fails only after the user has signed in.
        if (app.Grant(query["scope"]) is not { } scopes)
        {
            Callback(context, redirectUri, state, ("error", "invalid_scope"), ("error_description", "the requested scope is not allowed"));
            return;
        }
        var ask = new AuthorizationAsk(app, redirectUri, state, scopes, challenge.Length > 0 ? challenge : null);
        if (!prompt.Contains("consent") && tokens.HasApproval(app.ClientId, user.Id, scopes))
        {
            Callback(context, redirectUri, state, ("code", codes.Issue(ask, user.Id)));
            return;
        }
        await PageAsync(context, LoginPages.Consent(ask, user, codes.AskConsent(ask, user.Id)));
    }

    private async Task LoginAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var startUrl = form["startURL"].ToString();
        // Only our own paths: a login page that forwards anywhere is a trap.
        if (!startUrl.StartsWith(AuthorizePath + "?", StringComparison.Ordinal))
        {
            await PageAsync(context, LoginPages.Message("Nothing to authorize", "Start from the app that wants access."), 400);
            return;
        }
        if (users.Find(form["username"].ToString()) is not { Active: true } user || !SameText(user.Password, form["pw"].ToString()))
        {
            await PageAsync(context, LoginPages.Login(startUrl, form["username"], refused: true));
            return;
        }
        browsers.SignIn(context.Response, user);
        context.Response.Redirect(startUrl);
    }

    private async Task ConsentAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (browsers.UserOf(context.Request) is not { } user || codes.TakeConsent(form["request"].ToString(), user.Id) is not { } ask)
        {
            await PageAsync(context, LoginPages.Message("This page has expired", "Go back to the app and start again."), 400);
            return;
        }
        if (form.ContainsKey("save")) Callback(context, ask.RedirectUri, ask.State, ("code", codes.Issue(ask, user.Id)));
        else Callback(context, ask.RedirectUri, ask.State, ("error", "access_denied"), ("error_description", "end-user denied authorization"));
    }

    /// <summary>The errors that Salesforce does not send to the callback: a bare body without a content type.</summary>
    private static Task RefuseAsync(HttpContext context, string error, string description)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        var body = Encoding.ASCII.GetBytes($"error={error}&error_description={Uri.EscapeDataString(description)}");
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static void Callback(HttpContext context, string redirectUri, string? state, params ReadOnlySpan<(string Name, string Value)> parameters)
    {
        var address = new StringBuilder(redirectUri);
        var separator = redirectUri.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        foreach (var (name, value) in parameters)
        {
            address.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value).Replace("%20", "+", StringComparison.Ordinal));
            separator = '&';
        }
        if (state is not null) address.Append("&state=").Append(Uri.EscapeDataString(state));
        context.Response.Redirect(address.ToString());
    }

    private static string SelfAfterSignIn(HttpRequest request) => request.Query.ContainsKey(SignedInMark)
        ? AuthorizePath + request.QueryString
        : AuthorizePath + QueryHelpers.AddQueryString(request.QueryString.Value ?? "", SignedInMark, "1");

    private static Task PageAsync(HttpContext context, string html, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html;charset=UTF-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(html, context.RequestAborted);
    }

    private static bool SameText(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
}
