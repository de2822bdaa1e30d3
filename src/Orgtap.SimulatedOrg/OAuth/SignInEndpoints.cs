namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>What the login and consent pages send: who signs in, and whether an app or a device is allowed.</summary>
internal sealed class SignInEndpoints(OrgUsers users, LoginRules rules, Consents consents, AuthorizationCodes codes, DeviceCodes devices, Browsers browsers)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(LoginPages.LoginPath, LoginAsync).WithDisplayName("login");
        routes.MapPost(LoginPages.ConsentPath, ConsentAsync).WithDisplayName("consent");
    }

    private async Task LoginAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var startUrl = form["startURL"].ToString();
        // Only our own paths: a login page that forwards anywhere is a trap.
        if (!startUrl.StartsWith(AuthorizeEndpoint.Path + "?", StringComparison.Ordinal) && !startUrl.StartsWith(DeviceFlow.ConnectPath + "?", StringComparison.Ordinal))
        {
            await LoginPages.SendAsync(context, LoginPages.Message("Nothing to authorize", "Start from the app that wants access."), StatusCodes.Status400BadRequest);
            return;
        }
        var (user, refusal) = rules.Enter(LoginDoor.Browser, users, form["username"].ToString(), form["pw"].ToString(), withToken: false, app: null);
        if (refusal is not null)
        {
            await LoginPages.SendAsync(context, LoginPages.Login(startUrl, form["username"], refusal));
            return;
        }
        browsers.SignIn(context.Response, user!);
        context.Response.Redirect(startUrl);
    }

    private async Task ConsentAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var allowed = form.ContainsKey("save");
        var user = browsers.UserOf(context.Request);
        switch (user is null ? null : consents.Take(form["request"].ToString(), user.Id))
        {
            case AuthorizationAsk ask when allowed:
                AuthorizeEndpoint.Callback(context, ask.RedirectUri, ask.State, ("code", codes.Issue(ask, user!.Id)));
                return;
            case AuthorizationAsk ask:
                AuthorizeEndpoint.Callback(context, ask.RedirectUri, ask.State, ("error", "access_denied"), ("error_description", "end-user denied authorization"));
                return;
            case DeviceAsk ask when devices.Decide(ask.UserCode, allowed ? user!.Id : null):
                await LoginPages.SendAsync(context, allowed
                    ? LoginPages.Message("You're connected", $"{ask.App.Name} may now go on as {user!.Username}. You can close this page.")
                    : LoginPages.Message("Access denied", $"{ask.App.Name} was not allowed anything. You can close this page."));
                return;
            default:
                await LoginPages.SendAsync(context, LoginPages.Message("This page has expired", "Go back to the app and start again."), StatusCodes.Status400BadRequest);
                return;
        }
    }
}
