using Orgtap.App.Overviews;
using Orgtap.Authorization;
using Orgtap.Primitives;
using Orgtap.Reauthorization;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.App.Cli;

namespace Orgtap.Tests.Reauthorization;

/// <summary>Asks an admin to authorize, and does what the admin does: follow the link, sign in at the org and answer, with everything as the program wires it.</summary>
internal static class AskedAdmin
{
    public static readonly Uri Site = new("https://sync.brightwell.example/");

    public static readonly Uri Callback = new("http://localhost:7777/oauth/callback");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <returns>The request, and the secret of its link.</returns>
    public static async Task<(AuthorizationRequest Request, string Link)> AskAsync(ServedInstallation site, string? message = null)
    {
        var asked = await site.Service<RequestDesk>().AskAsync(new AskDocument("acme", "Dana Wood", "dana@acme.example", message), "marta@brightwell.example", Site, Stop);
        return ((await site.Service<AuthorizationRequestStore>().FindAsync(asked.Id, Stop))!, asked.Link!.AbsolutePath[3..]);
    }

    /// <summary>The admin presses Authorize.</summary>
    public static Task<AuthorizationStart> BeginAsync(ServedInstallation site, AuthorizationRequest request, string link, bool without = false) =>
        site.Service<AuthorizationRequests>().BeginAsync(request, new SecretText(link), null, without, Callback, Stop);

    /// <summary>The admin signs in at the org and presses Allow or Deny.</summary>
    /// <returns>Where the org sends the browser.</returns>
    public static async Task<Uri> AtSalesforceAsync(ServedInstallation site, AuthorizationStart start, bool allow)
    {
        using var admin = new SimulatedAdmin(site.Org.User, site.Org.Password);
        return allow ? await admin.AllowAsync(start.AuthorizeAddress, Stop) : await admin.DenyAsync(start.AuthorizeAddress, Stop);
    }

    /// <summary>The browser comes back.</summary>
    /// <param name="error">What it brings in place of what the org gave it; null: that.</param>
    public static Task<ReturnOutcome> CompleteAsync(ServedInstallation site, AuthorizationStart start, Uri back, (string Error, string Text)? error = null)
    {
        var query = System.Web.HttpUtility.ParseQueryString(back.Query);
        return site.Service<AuthorizationReturn>().CompleteAsync(
            query["state"]!, error is null ? query["code"] : null, error?.Error ?? query["error"], error?.Text ?? query["error_description"], start.BrowserSecret, Stop);
    }
}
