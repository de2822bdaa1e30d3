using System.Net;
using Orgtap.Primitives;
using Orgtap.Salesforce.OAuth;

namespace Orgtap.Salesforce;

public static partial class ErrorClassifier
{
    /// <summary>Classifies the answer of a token, revoke or identity endpoint.</summary>
    public static SalesforceException OAuth(OAuthStep step, Uri loginUrl, HttpStatusCode status, string body, string? contentType)
    {
        var (code, text) = ReadBody(body);
        if (code is null && body.Contains("error=", StringComparison.Ordinal) && !body.Contains('<', StringComparison.Ordinal)) (code, text) = ReadForm(body);
        return Explain(step, loginUrl, status, code, text ?? Outline(body, contentType));
    }

    /// <summary>Classifies what a callback address carried instead of a code.</summary>
    public static SalesforceException OAuthCallback(Uri loginUrl, string error, string? description) => Explain(OAuthStep.Authorize, loginUrl, null, error, description);

    /// <summary>Salesforce says the same of a wrong consumer secret and of none; whoever sent the request knows which it was.</summary>
    public static SalesforceException WithoutSecret(Uri loginUrl, SalesforceException refused) => new(
        refused.Kind, $"{loginUrl.Host} did not accept the consumer secret: none was given.",
        "Give it as Setup > External Client App Manager > the app > Settings > Consumer Key and Secret shows it; on the command line in ORGTAP_CLIENT_SECRET or with --client-secret-file.",
        refused.StatusCode, refused.ErrorCode, refused.Detail);

    private static SalesforceException Explain(OAuthStep step, Uri loginUrl, HttpStatusCode? status, string? code, string? text)
    {
        var (kind, message, nextStep) = SayOAuth(step, loginUrl.Host, (int?)status ?? 400, code, text ?? "");
        return new SalesforceException(kind, message, nextStep, status, code, status is { } answered ? Detail(answered, code, text) : Clean($"{code}: {text}"));
    }

    private static (FailureKind Kind, string Message, string NextStep) SayOAuth(OAuthStep step, string host, int status, string? code, string text) => (step, code) switch
    {
        (_, "rate_limit_exceeded") => (FailureKind.Transient, "The user has signed in too often within an hour.", "Orgtap tries again later."),
        (_, _) when text.Contains("login rate exceeded", StringComparison.OrdinalIgnoreCase) =>
            (FailureKind.Transient, "The user has signed in too often within an hour.", "Orgtap tries again later."),
        (_, "server_error" or "temporarily_unavailable" or "unknown_error") =>
            (FailureKind.Transient, $"{host} had a problem of its own.", "Try again; look at https://status.salesforce.com if it goes on."),

        (OAuthStep.Password, "invalid_grant" or "authentication_failure" or "inactive_user" or "inactive_org") => (FailureKind.ReauthorizationRequired,
            $"{host} did not let the user in; it does not say why. It may be: a wrong user name or password, a missing or outdated security token, a locked or deactivated user, "
            + "login hours or IP ranges, or a production address for a sandbox user. Or the org blocks the username-password flow, which Salesforce is withdrawing.",
            "Setup > Users > the user > Login History shows the reason. A blocked flow: Setup > OAuth and OpenID Connect Settings > Allow OAuth Username-Password Flows; "
            + "the web server flow (sign in with the browser) keeps working when Salesforce has withdrawn this one."),
        (OAuthStep.ClientCredentials, "invalid_grant") when text.Contains("domain", StringComparison.OrdinalIgnoreCase) => (FailureKind.InvalidInput,
            $"The client credentials flow works at the org's own My Domain address only, not at {host}.", "Give the address that Setup > My Domain shows, e.g. https://acme.my.salesforce.com."),
        (OAuthStep.ClientCredentials, "invalid_grant") when text.Contains("no client credentials user", StringComparison.OrdinalIgnoreCase) => (FailureKind.Permission,
            "The app has no user to run as.", "Setup > External Client App Manager > the app > Policies > Enable Client Credentials Flow: give the integration user's user name under Run As."),
        (OAuthStep.ClientCredentials, "invalid_grant") when text.Contains("not enabled", StringComparison.OrdinalIgnoreCase) => (FailureKind.Permission,
            "The client credentials flow is not switched on for the app.", "Setup > External Client App Manager > the app > Settings > Flow Enablement: tick Enable Client Credentials Flow; then give a Run As user under Policies."),
        (OAuthStep.JwtBearer, "invalid_grant") when text.Contains("approved this consumer", StringComparison.OrdinalIgnoreCase) => (FailureKind.Permission,
            "The user has not been permitted to use the app.", "Setup > External Client App Manager > the app > Policies: set Permitted Users to \"Admin approved users are pre-authorized\" and add the user's profile or permission set."),
        (OAuthStep.JwtBearer, "invalid_grant") when text.Contains("audience", StringComparison.OrdinalIgnoreCase) => (FailureKind.InvalidInput,
            $"{host} is not the address the certificate flow is meant for.", "Give login.salesforce.com for a production org, test.salesforce.com for a sandbox, or the org's My Domain."),
        (OAuthStep.JwtBearer, "invalid_grant") when text.Contains("assertion", StringComparison.OrdinalIgnoreCase) || text.Contains("signature", StringComparison.OrdinalIgnoreCase) => (FailureKind.InvalidInput,
            $"{host} did not accept the signature.", "The private key must belong to the certificate in Setup > External Client App Manager > the app > Settings > Flow Enablement > JWT Bearer; check this machine's clock too."),
        (OAuthStep.Device, "access_denied") => (FailureKind.ReauthorizationRequired, "Access was denied at Salesforce.", "Start again, type the new code and press Allow."),
        (OAuthStep.Device, "invalid_grant") when text.Contains("not enabled", StringComparison.OrdinalIgnoreCase) => (FailureKind.Permission,
            "The device flow is not switched on for the app.", "Setup > External Client App Manager > the app > Settings > Flow Enablement: tick Enable Device Flow. It does not work for apps that are not installed in the org."),
        (OAuthStep.Device, "invalid_grant") => (FailureKind.ReauthorizationRequired, "The code is no longer valid: it was used, or more than ten minutes have passed.", "Start again for a new code."),
        (_, "invalid_app_access") when text.Contains("admin approved", StringComparison.OrdinalIgnoreCase) => (FailureKind.Permission, "The user may not use the app until an admin permits it.",
            "Setup > External Client App Manager > the app > Policies: add the user's profile or permission set, or permit all users."),
        (OAuthStep.Authorize, "access_denied") =>
            (FailureKind.ReauthorizationRequired, "Access was denied at Salesforce.", "Start the authorization again and press Allow."),
        (_, "OAUTH_APPROVAL_ERROR_GENERIC") => (FailureKind.Permission,
            "Salesforce could not approve the app: it is not installed in the org, it is blocked, it lacks a scope, or the user's licence does not allow signing in with a browser.",
            "Setup > Connected Apps OAuth Usage: press Install for the app. Setup > External Client App Manager: give it the scopes api and refresh_token. Then try again."),
        (OAuthStep.Exchange, "invalid_grant") when text.Contains("authorization code", StringComparison.OrdinalIgnoreCase) =>
            (FailureKind.ReauthorizationRequired, "The answer from Salesforce was too old or had been used already.",
                "Start the authorization again; the page must not be reloaded."),
        (_, "invalid_grant") when text.Contains("ip restricted", StringComparison.OrdinalIgnoreCase) || text.Contains("ip not allowed", StringComparison.OrdinalIgnoreCase) =>
            (FailureKind.Permission, "The org does not let the user in from the network address of Orgtap's machine.",
                "Setup > External Client App Manager > the app > Policies: relax IP restrictions; or add that address in Setup > Network Access."),
        (_, "invalid_grant") when text.Contains("org locked", StringComparison.OrdinalIgnoreCase) => (FailureKind.Permission, "The org is locked at Salesforce.",
            "Setup > Company Information shows the org's state; ask Salesforce's support to unlock it."),
        (_, "invalid_grant") when text.Contains("login hours", StringComparison.OrdinalIgnoreCase) =>
            (FailureKind.Permission, "The user may not sign in at this hour.",
                "Setup > Profiles > the user's profile > Login Hours: allow the hours at which Orgtap syncs."),
        (_, "invalid_grant" or "inactive_user" or "inactive_org") when text.Contains("inactive", StringComparison.OrdinalIgnoreCase) || code.StartsWith("inactive", StringComparison.Ordinal) =>
            (FailureKind.ReauthorizationRequired, "The user or the org was deactivated.", "Setup > Users: activate the user, or authorize again with another one."),
        (OAuthStep.Refresh, "invalid_grant") => (FailureKind.ReauthorizationRequired,
            "The authorization is no longer valid: it was revoked, expired or unused for too long, or the same user has authorized the app more than five times.",
            "Authorize the connection again."),
        (_, "invalid_grant") => (FailureKind.ReauthorizationRequired, $"{host} did not accept the authorization.", "Start the authorization again."),

        (_, "invalid_client_id") => (FailureKind.InvalidInput, $"{host} does not know the consumer key.",
            "Check that it was copied whole and that the app is in this org. A new app takes 2 to 10 minutes until Salesforce knows it."),
        (_, "invalid_client") when text.Contains("installed", StringComparison.OrdinalIgnoreCase) => (FailureKind.Permission, "The app is not installed in the org.",
            "Setup > Connected Apps OAuth Usage: press Install for the app; then try again."),
        (_, "invalid_client" or "invalid_client_credentials") =>
            (FailureKind.InvalidInput, $"{host} did not accept the consumer secret.",
                "Copy it again: Setup > External Client App Manager > the app > Settings > Consumer Key and Secret."),
        (_, "invalid_app_access" or "unauthorized_client") => (FailureKind.Permission, "The user may not use the app.",
            "Setup > External Client App Manager > the app > Policies: permit all users, or add the user's profile or permission set."),
        (_, "unsupported_grant_type" or "unsupported_response_type") => (FailureKind.Permission, $"{host} does not offer this way of authorizing.",
            "Use the web server flow (sign in with the browser); Salesforce is withdrawing the username-password flow."),
        (_, "invalid_scope") => (FailureKind.Permission, "The app lacks a scope that Orgtap needs.",
            "Setup > External Client App Manager > the app > Settings: add \"Manage user data via APIs (api)\" and \"Perform requests at any time (refresh_token)\"."),
        (_, "redirect_uri_mismatch") => (FailureKind.InvalidInput, "The app does not know Orgtap's callback address.",
            "Setup > External Client App Manager > the app > Settings: add exactly the callback address that Orgtap shows. A change takes 2 to 10 minutes."),
        (_, "invalid_request") =>
            (FailureKind.InvalidInput, $"{host} did not accept the request.",
                "Check the app's settings against the setup guide; the details below say what Salesforce missed."),
        (OAuthStep.Identity, _) when status is 401 or 403 or 404 => (FailureKind.Permission, $"{host} does not say who the token belongs to.",
            "Setup > External Client App Manager > the app > Settings: add the scope \"Access the identity URL service\"."),
        _ when status is >= 300 and < 400 =>
            (FailureKind.InvalidInput, $"{host} sends Orgtap on to another address, which is not followed.",
                "Give the org's present My Domain address (Setup > My Domain)."),
        _ when status is >= 500 or 420 or 429 or 408 =>
            (FailureKind.Transient, $"{host} cannot answer just now.", "Try again; look at https://status.salesforce.com if it goes on."),
        _ when status == 404 =>
            (FailureKind.InvalidInput, $"{host} is no login address of Salesforce.", "Give login.salesforce.com, test.salesforce.com or the org's My Domain."),
        _ =>
            (FailureKind.ReauthorizationRequired, $"{host} refused the authorization for a reason Orgtap does not know.",
                "Look at the details below and at the user's Login History in Setup > Users; then try again."),
    };

    // Revocation and the authorize page answer in the form of a query string.
    private static (string? Code, string? Text) ReadForm(string body)
    {
        string? code = null, text = null;
        foreach (var pair in body.Split('&'))
        {
            var (name, value) = pair.Split('=', 2) is [var left, var right] ? (left, Uri.UnescapeDataString(right.Replace('+', ' '))) : (pair, "");
            if (name == "error") code = value.Trim();
            if (name == "error_description") text = value.Trim();
        }

        return (code, text);
    }
}

