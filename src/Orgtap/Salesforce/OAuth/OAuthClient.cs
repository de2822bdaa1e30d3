using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Salesforce.OAuth;

/// <summary>
/// Speaks to a login host: authorize address, tokens, revocation, identity. These calls do not count toward the org's API limit. Nothing is
/// retried: a refresh token or a code works once.
/// </summary>
/// <param name="transport">Follows no redirects; see <see cref="Transport"/>.</param>
public sealed class OAuthClient(HttpMessageHandler transport, TimeProvider time) : IDisposable
{
    /// <summary>What extraction needs; asking for more fails on apps that do not have it.</summary>
    public const string Scopes = "api refresh_token";

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    private readonly HttpMessageInvoker _http = new(transport, disposeHandler: false);

    /// <summary>Where the browser is sent.</summary>
    /// <param name="state">Comes back with the answer, unchanged.</param>
    public static Uri AuthorizeAddress(OAuthApp app, string callbackUrl, string state, Pkce pkce) => new(app.LoginUrl,
        "/services/oauth2/authorize?" + Encode([
            new("response_type", "code"), new("client_id", app.ConsumerKey), new("redirect_uri", callbackUrl), new("scope", Scopes), new("state", state),
            new("code_challenge", pkce.Challenge), new("code_challenge_method", "S256"), new("prompt", "login consent")]));

    /// <summary>Web server flow, second half.</summary>
    public Task<TokenAnswer> ExchangeAsync(OAuthApp app, string callbackUrl, SecretText code, Pkce pkce, CancellationToken cancellationToken) =>
        TokenAsync(app, OAuthStep.Exchange, [new("grant_type", "authorization_code"), new("code", code.Reveal()), new("redirect_uri", callbackUrl),
            new("code_verifier", pkce.Verifier.Reveal())], cancellationToken);

    /// <summary>Username-password flow. Gives no refresh token.</summary>
    /// <param name="securityToken">Appended to the password; null where the org trusts this machine's address.</param>
    public Task<TokenAnswer> PasswordAsync(OAuthApp app, string username, SecretText password, SecretText? securityToken, CancellationToken cancellationToken) =>
        TokenAsync(app, OAuthStep.Password,
            [new("grant_type", "password"), new("username", username), new("password", password.Reveal() + securityToken?.Reveal())], cancellationToken);

    public Task<TokenAnswer> RefreshAsync(OAuthApp app, SecretText refreshToken, CancellationToken cancellationToken) => TokenAsync(app, OAuthStep.Refresh,
        [new("grant_type", "refresh_token"), new("refresh_token", refreshToken.Reveal())], cancellationToken);

    /// <summary>Client credentials flow: the app as its Run-As user. Gives no refresh token; works at a My Domain address only.</summary>
    public Task<TokenAnswer> ClientCredentialsAsync(OAuthApp app, CancellationToken cancellationToken) =>
        TokenAsync(app, OAuthStep.ClientCredentials, [new("grant_type", "client_credentials")], cancellationToken);

    /// <summary>JWT bearer flow: the app signs that it speaks as a user. Gives no refresh token.</summary>
    /// <param name="privateKey">PEM, RSA.</param>
    /// <exception cref="InvalidInputException">Not such a key.</exception>
    public Task<TokenAnswer> JwtBearerAsync(OAuthApp app, string username, SecretText privateKey, CancellationToken cancellationToken) => TokenAsync(
        new OAuthApp(app.LoginUrl, app.ConsumerKey, null), OAuthStep.JwtBearer,
        [new("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), new("assertion", JwtAssertion.Sign(app, username, privateKey, time).Reveal())], cancellationToken);

    /// <summary>Begins the device flow: a code that somebody types at Salesforce. Salesforce's own parameters, not those of RFC 8628.</summary>
    public async Task<DeviceCode> StartDeviceAsync(OAuthApp app, CancellationToken cancellationToken)
    {
        var (status, body, contentType, _) = await SendAsync(Post(new Uri(app.LoginUrl, "/services/oauth2/token"),
            [new("response_type", "device_code"), new("client_id", app.ConsumerKey), new("scope", Scopes)]), cancellationToken);
        if (status != HttpStatusCode.OK) throw ErrorClassifier.OAuth(OAuthStep.Device, app.LoginUrl, status, body, contentType);
        try
        {
            using var document = JsonDocument.Parse(body);
            return DeviceCode.Read(document.RootElement, time.GetUtcNow());
        }
        catch (JsonException)
        {
            throw SalesforceException.Unexpected(app.LoginUrl.Host, "it gave no device code");
        }
    }

    /// <summary>Asks whether somebody has typed the code and allowed it.</summary>
    /// <exception cref="SalesforceException">Denied, too old, or the flow is off.</exception>
    public async Task<DevicePoll> PollDeviceAsync(OAuthApp app, SecretText deviceCode, CancellationToken cancellationToken)
    {
        try
        {
            return new DevicePoll.Granted(await TokenAsync(app, OAuthStep.Device, [new("grant_type", "device"), new("code", deviceCode.Reveal())], cancellationToken));
        }
        catch (SalesforceException early) when (early.ErrorCode is "authorization_pending" or "slow_down")
        {
            return new DevicePoll.Waiting(early.ErrorCode == "slow_down");
        }
    }

    /// <summary>Whether the login host knows the app and takes its secret: asks with a refresh token that nobody has. Gives no access and changes nothing.</summary>
    /// <exception cref="SalesforceException">It does not, or says something else.</exception>
    public async Task ProbeAppAsync(OAuthApp app, CancellationToken cancellationToken)
    {
        try
        {
            await TokenAsync(app, OAuthStep.Refresh, [new("grant_type", "refresh_token"), new("refresh_token", "a-refresh-token-that-nobody-has")], cancellationToken);
        }
        catch (SalesforceException known) when (known.ErrorCode == "invalid_grant")
        {
            // The app is looked at before the token: what is refused is the token.
        }
    }

    /// <summary>Whether the login host would begin the web server flow with this callback address: looks at the first page and goes no further.</summary>
    /// <exception cref="SalesforceException">It would not: the app is not known, not installed or blocked, or does not have the address.</exception>
    public async Task ProbeCallbackAsync(OAuthApp app, string callbackUrl, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(new HttpRequestMessage(HttpMethod.Get, AuthorizeAddress(app, callbackUrl, "orgtap-setup-check", Pkce.New())), cancellationToken);
        // Salesforce tells what is wrong with an app in the body, on a page of its own, or at the callback address.
        var told = answer.Location is { } location && location.Query.Contains("error=", StringComparison.Ordinal) ? location.Query.TrimStart('?') : null;
        if (told is null && (int)answer.Status is >= 200 and < 400 && !answer.Body.StartsWith("error=", StringComparison.Ordinal)) return;
        throw ErrorClassifier.OAuth(OAuthStep.Authorize, app.LoginUrl, told is null ? answer.Status : HttpStatusCode.BadRequest, told ?? answer.Body, answer.ContentType);
    }

    /// <summary>True for the addresses that many orgs share; some flows work at an org's own address only.</summary>
    public static bool IsSharedLoginHost(Uri loginUrl) => loginUrl.Host is "login.salesforce.com" or "test.salesforce.com";

    /// <summary>Ends a grant; a refresh token takes its access tokens with it. A token that is dead already is fine.</summary>
    public async Task RevokeAsync(Uri loginUrl, SecretText token, CancellationToken cancellationToken)
    {
        var (status, body, contentType, _) = await SendAsync(Post(new Uri(loginUrl, "/services/oauth2/revoke"), [new("token", token.Reveal())]), cancellationToken);
        if ((int)status is >= 200 and < 300) return;
        var failure = ErrorClassifier.OAuth(OAuthStep.Revoke, loginUrl, status, body, contentType);
        if (failure.ErrorCode is not ("invalid_token" or "unsupported_token_type")) throw failure;
    }

    /// <param name="identityUrl">From the token answer, already checked against the address policy.</param>
    /// <exception cref="SalesforceException">Permission, where the app's scopes do not include it.</exception>
    public async Task<Identity> IdentityAsync(Uri identityUrl, SecretText accessToken, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, identityUrl);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken.Reveal());
        request.Headers.Accept.ParseAdd("application/json");
        var (status, body, contentType, _) = await SendAsync(request, cancellationToken);
        if (status != HttpStatusCode.OK) throw ErrorClassifier.OAuth(OAuthStep.Identity, identityUrl, status, body, contentType);
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return SalesforceId.To18(root.Text("organization_id")) is { } org && SalesforceId.To18(root.Text("user_id")) is { } user
                ? new Identity(new OrgId(org), user, root.Text("username") ?? root.Text("preferred_username"), root.Text("display_name"), root.Flag("active") ?? true)
                : throw new JsonException("The answer names no org or no user.");
        }
        catch (JsonException broken)
        {
            throw SalesforceException.Unexpected("the user", broken.Message, broken);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<TokenAnswer> TokenAsync(OAuthApp app, OAuthStep step, List<KeyValuePair<string, string>> form, CancellationToken cancellationToken)
    {
        form.Add(new("client_id", app.ConsumerKey));
        if (app.ConsumerSecret is { IsEmpty: false } secret) form.Add(new("client_secret", secret.Reveal()));
        var (status, body, contentType, _) = await SendAsync(Post(new Uri(app.LoginUrl, "/services/oauth2/token"), form), cancellationToken);
        if (status != HttpStatusCode.OK)
        {
            var failure = ErrorClassifier.OAuth(step, app.LoginUrl, status, body, contentType);
            throw failure.ErrorCode == "invalid_client" && failure.Kind == FailureKind.InvalidInput && app.ConsumerSecret is not { IsEmpty: false } ? ErrorClassifier.WithoutSecret(app.LoginUrl, failure) : failure;
        }
        try
        {
            using var document = JsonDocument.Parse(body);
            return TokenAnswer.Read(document.RootElement);
        }
        catch (JsonException broken)
        {
            // The inner exception is left out: a parser may quote what it read, and that may be a token.
            throw SalesforceException.Unexpected(app.LoginUrl.Host, broken is { Path: null } ? broken.Message : "the token endpoint did not answer in JSON");
        }
    }

    private async Task<Answer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var sent = request;
        using var timeout = new CancellationTokenSource(AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync(either.Token), response.Content.Headers.ContentType?.MediaType,
                response.Headers.Location is { } to ? new Uri(request.RequestUri!, to) : null);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw ErrorClassifier.Transport(request.RequestUri!.Host, failure);
        }
    }

    private static HttpRequestMessage Post(Uri address, IEnumerable<KeyValuePair<string, string>> form)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Accept.ParseAdd("application/json");
        return request;
    }

    private sealed record Answer(HttpStatusCode Status, string Body, string? ContentType, Uri? Location);

    private static string Encode(IEnumerable<KeyValuePair<string, string>> query) =>
        string.Join('&', query.Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}"));
}
