using Orgtap.Connections;
using Orgtap.Primitives;

namespace Orgtap.Authorization;

/// <summary>What an operator gives to connect an org.</summary>
/// <param name="LoginUrl">As typed: login.salesforce.com, test.salesforce.com or the org's My Domain.</param>
/// <param name="ConsumerSecret">Null for an app that requires none.</param>
/// <param name="Username">Password flow only, as are the next two.</param>
/// <param name="SecurityToken">Null where the org trusts this machine's address.</param>
/// <param name="CallbackUrl">Web server flow only; exactly as it stands in the app's settings.</param>
/// <param name="QuotaThresholdPercent">1 to 100.</param>
public sealed record ConnectRequest(
    string Name, string LoginUrl, AuthorizationFlow Flow, string ConsumerKey, SecretText? ConsumerSecret, string? Username, SecretText? Password,
    SecretText? SecurityToken, string? CallbackUrl, int QuotaThresholdPercent = 80);

/// <summary>A web server flow that has begun.</summary>
/// <param name="AuthorizeAddress">Where the browser goes next.</param>
/// <param name="BrowserSecret">To be kept in that browser (a cookie, HttpOnly, SameSite=Lax) and given back with the answer.</param>
public sealed record AuthorizationStart(Uri AuthorizeAddress, SecretText BrowserSecret);
