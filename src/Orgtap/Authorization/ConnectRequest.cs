using Orgtap.Connections;
using Orgtap.Primitives;

namespace Orgtap.Authorization;

/// <summary>What an operator gives to connect an org.</summary>
/// <param name="LoginUrl">As typed: login.salesforce.com, test.salesforce.com or the org's My Domain.</param>
/// <param name="ConsumerSecret">Null for an app that requires none.</param>
/// <param name="Username">Password and JWT bearer flow only; the next two password flow only.</param>
/// <param name="SecurityToken">Null where the org trusts this machine's address.</param>
/// <param name="CallbackUrl">Web server flow only; exactly as it stands in the app's settings.</param>
/// <param name="QuotaThresholdPercent">1 to 100.</param>
public sealed record ConnectRequest(
    string Name, string LoginUrl, AuthorizationFlow Flow, string ConsumerKey, SecretText? ConsumerSecret, string? Username, SecretText? Password,
    SecretText? SecurityToken, string? CallbackUrl, int QuotaThresholdPercent = 80)
{
    /// <summary>JWT bearer flow only: the key of the certificate that was uploaded to the app, PEM.</summary>
    public SecretText? PrivateKey { get; init; }

    /// <summary>The name of an app of the installation, which gives key, secrets and, if it is not given, the address; null: they are given.</summary>
    public string? App { get; init; }

    /// <summary>Takes from the installation's app what it gives.</summary>
    /// <exception cref="InvalidInputException">There is no such app.</exception>
    internal async Task<(ConnectRequest Request, ConsumerApp? App)> WithAppAsync(SharedAppStore apps, CancellationToken cancellationToken)
    {
        if (App is not { Length: > 0 } name) return (this, null);
        var shared = await apps.GetAsync(name, cancellationToken);
        return (this with
        {
            LoginUrl = string.IsNullOrWhiteSpace(LoginUrl) ? shared.LoginUrl?.AbsoluteUri ?? "" : LoginUrl, ConsumerKey = shared.App.ConsumerKey, ConsumerSecret = shared.App.ConsumerSecret, PrivateKey = shared.App.PrivateKey,
        }, shared.App);
    }
}

/// <summary>A web server flow that has begun.</summary>
/// <param name="AuthorizeAddress">Where the browser goes next.</param>
/// <param name="BrowserSecret">To be kept in that browser (a cookie, HttpOnly, SameSite=Lax) and given back with the answer.</param>
public sealed record AuthorizationStart(Uri AuthorizeAddress, SecretText BrowserSecret);

/// <summary>What is to become of the access that a browser, or a device code, brings.</summary>
/// <param name="Connection">The connection that is authorized again; null: a new one.</param>
/// <param name="AuthorizationRequest">The request it answers; null: somebody of this Orgtap does it.</param>
/// <param name="Link">The request's link, to return to.</param>
/// <param name="WithoutMissing">Accept a user who sees less than what is selected.</param>
/// <param name="Actor">For the audit log.</param>
public sealed record PendingAuthorization(ConnectRequest Request, string Actor, ConnectionId? Connection = null, string? AuthorizationRequest = null, SecretText? Link = null, bool WithoutMissing = false);
