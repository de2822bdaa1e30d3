using Orgtap.App.Composition;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Reauthorization;

namespace Orgtap.App.Web.Connections;

/// <summary>What somebody typed into the connect form; secrets are never sent back.</summary>
public sealed record ConnectForm(AuthorizationFlow Flow, string Name = "", string Url = "", string ClientId = "", string Username = "", int Threshold = 80, string App = "");

/// <param name="Problem">Why the form was not accepted.</param>
/// <param name="Apps">Of the installation.</param>
public sealed record ConnectModel(ConnectForm Form, string Callback, OrgtapException? Problem, IReadOnlyList<SharedApp> Apps);

/// <summary>Where the browser lands when it comes back from Salesforce.</summary>
/// <param name="Connection">Null when it did not work; then <paramref name="Problem"/> says why.</param>
public sealed record CallbackModel(Connection? Connection, Setback? Problem, bool IsSignedIn);

/// <summary>Linking an org: the form, the way to Salesforce, and the way back.</summary>
internal static class ConnectPages
{
    internal const string BrowserCookie = "orgtap-authorization";

    // Where Salesforce's own sign-in pages are; what ORGTAP_ALLOW_ADDRESSES names comes on top.
    private static readonly string[] SignInHosts = ["https://*.salesforce.com", "https://*.salesforce.mil", "https://*.force.com", "https://*.sfcrmproducts.cn"];

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/connections/new", (HttpContext context, string? flow, PublicAddress address, InstallationSettings settings) =>
            ShowAsync(context, settings, address, new ConnectForm(FlowOf(flow)), null)).RequireAuthorization(Roles.Operator);
        app.MapPost("/connections/new", ConnectAsync).RequireAuthorization(Roles.Operator);
        // No sign-in here: whoever began has the cookie, and the admin who allows it need not have an account.
        app.MapGet("/oauth/callback", CompleteAsync);
    }

    private static async Task<IResult> ConnectAsync(
        HttpContext context, OrgConnector connector, Authorizing authorizing, DeviceSignIns devices, PublicAddress address, InstallationSettings settings, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var typed = new ConnectForm(
            FlowOf(form["flow"]), form["name"].ToString().Trim(), form["url"].ToString().Trim(),
            form["client-id"].ToString().Trim(), form["username"].ToString().Trim(), int.TryParse(form["threshold"], out var percent) ? percent : 0, form["app"].ToString());
        var request = new ConnectRequest(
            typed.Name, typed.Url, typed.Flow, typed.ClientId, SecretText.From(form["client-secret"]), typed.Flow is AuthorizationFlow.Password or AuthorizationFlow.JwtBearer ? typed.Username : null,
            SecretText.From(form["password"]), SecretText.From(form["security-token"]), typed.Flow == AuthorizationFlow.WebServer ? address.Callback.AbsoluteUri : null, typed.Threshold) { PrivateKey = SecretText.From(form["private-key"].ToString().Trim()), App = typed.App };
        try
        {
            if (typed.Flow == AuthorizationFlow.Device)
                return Page.SeeOther($"/device/{(await devices.StartAsync(new PendingAuthorization(request, context.User.ActorOf()), cancellationToken)).Id}");
            if (typed.Flow != AuthorizationFlow.WebServer)
            {
                var connection = await connector.ConnectAsync(request, context.User.ActorOf(), cancellationToken);
                return Page.SeeOther($"/connections/{connection.Name}/data");
            }
            var start = await authorizing.StartAsync(request, false, false, context.User.ActorOf(), cancellationToken);
            KeepBrowserSecret(context, start.BrowserSecret);
            AllowSignIn(context, settings);
            return Page.SeeOther(start.AuthorizeAddress.AbsoluteUri);
        }
        catch (OrgtapException problem)
        {
            return await ShowAsync(context, settings, address, typed, problem);
        }
    }

    private static async Task<IResult> CompleteAsync(HttpContext context, AuthorizationReturn back, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        var isSignedIn = context.User.Identity?.IsAuthenticated == true;
        try
        {
            var secret = SecretText.From(context.Request.Cookies[BrowserCookie])
                ?? throw new InvalidInputException("This browser did not begin the authorization, or an hour has passed since.", "Go back to the page or the e-mail with which you began, and finish in the same browser.");
            var outcome = await back.CompleteAsync(query["state"].ToString(), query["code"], query["error"], query["error_description"], secret, cancellationToken);
            context.Response.Cookies.Delete(BrowserCookie, new CookieOptions { Path = "/oauth" });
            // The admin's page says what came of it, and can be opened again.
            if (outcome.Pending.Link is { } link) return Page.SeeOther($"/a/{link.Reveal()}");
            return outcome switch
            {
                ReturnOutcome.Authorized { Again: true, Connection: var connection } when isSignedIn => Page.SeeOther($"/connections/{connection.Name}/authorization?done=1"),
                ReturnOutcome.Authorized { Connection: var connection } => Page.Of<CallbackPage>(new CallbackModel(connection, null, isSignedIn)),
                ReturnOutcome.NotAuthorized { Setback: var setback } => Page.Of<CallbackPage>(new CallbackModel(null, setback, isSignedIn), StatusCodes.Status400BadRequest),
                _ => throw new InvalidOperationException("An outcome nobody handles."),
            };
        }
        catch (OrgtapException problem)
        {
            return Page.Of<CallbackPage>(new CallbackModel(null, Setback.Of(problem, context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(), denied: false), isSignedIn), StatusCodes.Status400BadRequest);
        }
    }

    /// <summary>Binds the flow to this browser until it comes back.</summary>
    internal static void KeepBrowserSecret(HttpContext context, SecretText secret) => context.Response.Cookies.Append(BrowserCookie, secret.Reveal(), new CookieOptions
    {
        HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = context.Request.IsHttps, Path = "/oauth", MaxAge = TimeSpan.FromHours(1), IsEssential = true,
    });

    /// <summary>As the address and the form write it.</summary>
    internal static AuthorizationFlow FlowOf(string? text) => text switch
    {
        "password" => AuthorizationFlow.Password, "client-credentials" => AuthorizationFlow.ClientCredentials, "jwt" => AuthorizationFlow.JwtBearer, "device" => AuthorizationFlow.Device, _ => AuthorizationFlow.WebServer,
    };

    private static async Task<IResult> ShowAsync(HttpContext context, InstallationSettings settings, PublicAddress address, ConnectForm form, OrgtapException? problem)
    {
        AllowSignIn(context, settings);
        return Page.Of<ConnectPage>(new ConnectModel(form, address.Callback.AbsoluteUri, problem, await context.RequestServices.GetRequiredService<SharedAppStore>().ListAsync(context.RequestAborted)), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    internal static void AllowSignIn(HttpContext context, InstallationSettings settings) =>
        SecurityHeaders.AllowFormTo(context, SignInHosts.Concat(settings.AllowedAddresses.Where(IsHost).SelectMany(host => new[] { $"http://{host}", $"https://{host}" })));

    /// <summary>A setting must not be able to write another directive into the policy.</summary>
    private static bool IsHost(string text) => text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or ':' or '[' or ']');
}
