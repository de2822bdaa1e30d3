using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;
using Orgtap.Storage;

namespace Orgtap.Authorization;

/// <summary>Connects orgs and lets go of them. A connect that fails stores nothing; one that succeeds has been tried against the org's API.</summary>
/// <param name="transport">For the calls that are made before a connection exists; see <see cref="Transport"/>.</param>
public sealed partial class OrgConnector(
    ControlStore store, ConnectionStore connections, GrantStore grants, AccessTokens tokens, OAuthClient oauth, AddressPolicy addresses, HttpMessageHandler transport,
    ISecretCipher cipher, AuditLog audit, TimeProvider time, ILogger<OrgConnector> logger)
{
    private readonly AuthorizationDrafts _drafts = new(store, cipher, time);

    /// <summary>Connects with user name and password: token, identity, org; stored at once or not at all.</summary>
    /// <exception cref="OrgtapException">What is wrong, in words for whoever typed it.</exception>
    public async Task<Connection> ConnectAsync(ConnectRequest request, string actor, CancellationToken cancellationToken)
    {
        var login = await CheckAsync(request, AuthorizationFlow.Password, cancellationToken);
        if (string.IsNullOrWhiteSpace(request.Username) || request.Password is not { IsEmpty: false })
            throw new InvalidInputException("The username-password flow needs a user name and a password.", "Give both, or use the web server flow.");
        var answer = await oauth.PasswordAsync(AppOf(request, login), request.Username, request.Password, request.SecurityToken, cancellationToken);
        return await AcceptAsync(request, login, answer, actor, cancellationToken);
    }

    /// <summary>Begins the web server flow: the browser goes to the address, signs in and comes back to the callback address within an hour.</summary>
    public async Task<AuthorizationStart> StartAsync(ConnectRequest request, string actor, CancellationToken cancellationToken)
    {
        var login = await CheckAsync(request, AuthorizationFlow.WebServer, cancellationToken);
        if (!Uri.TryCreate(request.CallbackUrl, UriKind.Absolute, out var callback) || callback.Scheme is not ("https" or "http"))
            throw new InvalidInputException("The web server flow needs Orgtap's own callback address.", "Set the public address of this installation.");
        var pkce = Pkce.New();
        var (state, browser) = await _drafts.AddAsync(request, actor, pkce, cancellationToken);
        return new AuthorizationStart(OAuthClient.AuthorizeAddress(AppOf(request, login), request.CallbackUrl!, state, pkce), browser);
    }

    /// <summary>Ends the web server flow with what came to the callback address.</summary>
    /// <exception cref="OrgtapException">Denied, too old, another browser, or Salesforce's own error: the message is for the admin who sees it.</exception>
    public async Task<Connection> CompleteAsync(
        string state, string? code, string? error, string? errorDescription, SecretText browserSecret, CancellationToken cancellationToken)
    {
        var (request, actor, pkce) = await _drafts.TakeAsync(state, browserSecret, cancellationToken);
        var login = addresses.CheckLogin(request.LoginUrl);
        if (!string.IsNullOrEmpty(error)) throw ErrorClassifier.OAuthCallback(login, error, errorDescription);
        if (string.IsNullOrEmpty(code))
            throw new InvalidInputException("Salesforce sent neither an authorization nor a reason.", "Start the authorization again.");
        var answer = await oauth.ExchangeAsync(AppOf(request, login), request.CallbackUrl!, new SecretText(code), pkce, cancellationToken);
        if (answer.RefreshToken is null)
        {
            await RevokeAsync(login, answer.AccessToken, request.Name);
            throw new OrgtapException(FailureKind.Permission, "Salesforce gave no refresh token, so the access would end within hours.",
                "Setup > External Client App Manager > the app > Settings: add the scope \"Perform requests at any time (refresh_token)\"; then start again.");
        }

        return await AcceptAsync(request, login, answer, actor, cancellationToken);
    }

    /// <summary>Revokes the grant at Salesforce as far as it can be reached, then forgets the connection.</summary>
    public async Task RemoveAsync(Connection connection, string actor, CancellationToken cancellationToken)
    {
        var grant = await grants.FindAsync(connection.Id, cancellationToken);
        var revoked = (grant?.RefreshToken ?? grant?.AccessToken) is not { } token || await RevokeAsync(connection.LoginUrl, token, connection.Name);
        await connections.RemoveAsync(connection.Id, cancellationToken);
        tokens.Forget(connection.Id);
        await audit.WriteAsync(actor, "connection.removed", connection.Name, revoked ? null : "the grant could not be revoked at Salesforce", cancellationToken);
    }

    private async Task<Uri> CheckAsync(ConnectRequest request, AuthorizationFlow flow, CancellationToken cancellationToken)
    {
        if (request.Flow != flow) throw new ArgumentException($"This begins the {flow} flow.", nameof(request));
        if (string.IsNullOrWhiteSpace(request.ConsumerKey))
            throw new InvalidInputException("The consumer key of the app is missing.",
                "Copy it from Setup > External Client App Manager > the app > Settings > Consumer Key and Secret.");
        if (request.QuotaThresholdPercent is < 1 or > 100)
            throw new InvalidInputException($"An API quota threshold of {request.QuotaThresholdPercent} % is not possible.", "Give a number from 1 to 100.");
        if (await connections.FindAsync(request.Name, cancellationToken) is not null)
            throw new InvalidInputException($"A connection called {request.Name} exists already.", "Choose another name, or remove that connection first.");
        return addresses.CheckLogin(request.LoginUrl);
    }

    private async Task<Connection> AcceptAsync(ConnectRequest request, Uri login, TokenAnswer answer, string actor, CancellationToken cancellationToken)
    {
        try
        {
            var instance = addresses.CheckFromServer(answer.InstanceUrl ?? login, login);
            var identityUrl = addresses.CheckFromServer(answer.IdentityUrl ?? throw NoOrg(), login);
            var identity = await IdentifyAsync(answer, identityUrl, cancellationToken);
            var org = await AskOrgAsync(answer.AccessToken, instance, cancellationToken);
            if (org is not null && org.Id != identity.OrgId) throw NoOrg();
            var id = ConnectionId.New();
            var app = new ConsumerApp(Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), request.Name, request.ConsumerKey, request.ConsumerSecret, request.CallbackUrl);
            var connection = new Connection(id, request.Name, login, request.Flow, app.Id, identity.OrgId, org?.Name, instance,
                identity.Username ?? request.Username, true, request.QuotaThresholdPercent, null, null, time.GetUtcNow());
            var grant = new Grant(id, 1, answer.AccessToken, answer.RefreshToken, request.Password, request.SecurityToken, instance, identityUrl, answer.Scope,
                answer.IssuedAt ?? time.GetUtcNow());
            await connections.AddAsync(connection, app, transaction => grants.ReplaceAsync(transaction, grant), cancellationToken);
            await audit.WriteAsync(actor, "connection.created", request.Name,
                $"org {identity.OrgId}, user {connection.Username ?? identity.UserId}, flow {request.Flow}", cancellationToken);
            return connection;
        }
        catch
        {
            // A grant that nobody keeps must not stay alive at Salesforce.
            await RevokeAsync(login, answer.RefreshToken ?? answer.AccessToken, request.Name);
            throw;
        }
    }

    private async Task<Identity> IdentifyAsync(TokenAnswer answer, Uri identityUrl, CancellationToken cancellationToken)
    {
        try
        {
            var identity = await oauth.IdentityAsync(identityUrl, answer.AccessToken, cancellationToken);
            return answer.OrgId is { } named && named != identity.OrgId ? throw NoOrg() : identity;
        }
        catch (SalesforceException refused) when (refused.Kind == FailureKind.Permission && answer is { OrgId: not null, UserId: not null })
        {
            // The app lacks the scope for the identity service; the address itself names org and user.
            return new Identity(answer.OrgId.Value, answer.UserId!, null, null, true);
        }
    }

    // One counted call: it shows that the token is good for the API before anything is stored. Null where the user may not see the org's own record.
    private async Task<OrganizationFacts?> AskOrgAsync(SecretText token, Uri instance, CancellationToken cancellationToken)
    {
        using var clients = new OrgClients(
            _ => new OneTokenHandler(token) { InnerHandler = new RetryHandler(time) { InnerHandler = new SharedHandler(transport) } }, addresses, time);
        try
        {
            return await clients.Open(default, instance, new CallCounter()).OrganizationAsync(cancellationToken);
        }
        catch (SalesforceException hidden) when (hidden.Kind == FailureKind.SchemaChanged)
        {
            return null;
        }
    }

    private async Task<bool> RevokeAsync(Uri login, SecretText token, string name)
    {
        try
        {
            await oauth.RevokeAsync(login, token, CancellationToken.None);
            return true;
        }
        catch (OrgtapException failure)
        {
            NotRevoked(name, failure.Kind, failure.Detail);
            return false;
        }
    }

    private static OAuthApp AppOf(ConnectRequest request, Uri login) => new(login, request.ConsumerKey, request.ConsumerSecret);

    private static SalesforceException NoOrg() => SalesforceException.Unexpected("the org", "the token does not say which org it is for");

    [LoggerMessage(1211, LogLevel.Warning, "The grant of {Connection} could not be revoked at Salesforce: {Kind} ({Detail})")]
    private partial void NotRevoked(string connection, FailureKind kind, string? detail);

    private sealed class OneTokenHandler(SecretText token) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (!OrgRequest.IsVersionList(request.RequestUri)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
            return base.SendAsync(request, cancellationToken);
        }
    }

    // The transport outlives this chain of handlers, which would dispose it.
    private sealed class SharedHandler(HttpMessageHandler inner) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _inner = new(inner, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            _inner.SendAsync(request, cancellationToken);
    }
}
