using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>The web server flow in the browser: authorize, sign in, allow or deny, back to the app.</summary>
internal sealed class AuthorizeEndpoint(ConnectedApps apps, TokenStore tokens, AuthorizationCodes codes, Consents consents, Browsers browsers)
{
    public const string Path = "/services/oauth2/authorize";
    private const string SignedInMark = "signed_in";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, AuthorizeAsync).WithDisplayName("authorize");
        routes.MapGet(LoginPages.ErrorPath, context => LoginPages.SendAsync(context, LoginPages.Message("OAuth Error",
            $"We can't authorize you because of an OAuth error. {context.Request.Query["error"]} : {context.Request.Query["error_description"]}"))).WithDisplayName("errorPage");
    }

    /// <summary>Sends the browser back to the app.</summary>
    public static void Callback(HttpContext context, string redirectUri, string? state, params ReadOnlySpan<(string Name, string Value)> parameters)
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
        var signedIn = browsers.UserOf(context.Request);
        if (app.Blocked)
        {
            EndOnErrorPage(context, "OAUTH_APPROVAL_ERROR_GENERIC", "An unexpected error has occurred during authentication. Please try again.");
            return;
        }
        if (app.Uninstalled && (signedIn is null ? !tokens.HasApprovals(app.ClientId) : !MayUseUninstalled(app, signedIn)))
        {
            // The callback never hears of it, so an app that waits for it waits for ever.
            EndOnErrorPage(context, "invalid_client", "app must be installed into org");
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
        var mustSignIn = prompt.Any(word => word is "login" or "select_account") && !query.ContainsKey(SignedInMark);
        if (mustSignIn || signedIn is not { } user)
        {
            await LoginPages.SendAsync(context, LoginPages.Login(SelfAfterSignIn(context.Request), query["login_hint"], refused: null));
            return;
        }
        // What the user or the app lacks is told only after the user has signed in.
        if (user.ApiOnly || app.AdminApprovedOnly && !app.IsAdminApproved(user))
        {
            Callback(context, redirectUri, state, ("error", "OAUTH_APPROVAL_ERROR_GENERIC"),
                ("error_description", "An unexpected error has occurred during authentication. Please try again."));
            return;
        }
        if (app.Grant(query["scope"]) is not { } scopes)
        {
            Callback(context, redirectUri, state, ("error", "invalid_scope"), ("error_description", "the requested scope is not allowed"));
            return;
        }
        var ask = new AuthorizationAsk(app, redirectUri, state, scopes, challenge.Length > 0 ? challenge : null, query["nonce"]);
        // Where an administrator approved the user, nobody is asked.
        if (!prompt.Contains("consent") && (app is { AdminApprovedOnly: true } || tokens.HasApproval(app.ClientId, user.Id, scopes)))
        {
            Callback(context, redirectUri, state, ("code", codes.Issue(ask, user.Id)));
            return;
        }
        await LoginPages.SendAsync(context, LoginPages.Consent(ask, user, consents.Show(ask, user.Id)));
    }

    private bool MayUseUninstalled(ConnectedApp app, OrgUser user) => user.ApprovesUninstalledApps || tokens.HasApproval(app.ClientId, user.Id, []);

    private static void EndOnErrorPage(HttpContext context, string error, string description) =>
        context.Response.Redirect(QueryHelpers.AddQueryString(LoginPages.ErrorPath, new Dictionary<string, string?>
        {
            ["error"] = error, ["error_description"] = description, ["state"] = context.Request.Query["state"],
        }));

    /// <summary>The errors that Salesforce does not send to the callback: a bare body without a content type.</summary>
    private static Task RefuseAsync(HttpContext context, string error, string description)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        var body = Encoding.ASCII.GetBytes($"error={error}&error_description={Uri.EscapeDataString(description)}");
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static string SelfAfterSignIn(HttpRequest request) => request.Query.ContainsKey(SignedInMark)
        ? Path + request.QueryString
        : Path + QueryHelpers.AddQueryString(request.QueryString.Value ?? "", SignedInMark, "1");
}
