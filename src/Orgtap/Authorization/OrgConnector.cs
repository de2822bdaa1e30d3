using Microsoft.Extensions.Logging;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;
using Orgtap.Storage;

namespace Orgtap.Authorization;

/// <summary>Connects orgs and lets go of them. A connect that fails stores nothing; one that succeeds has been tried against the org's API.</summary>
/// <param name="transport">For the calls that are made before a connection exists; see <see cref="Transport"/>.</param>
/// <param name="meter">Sees those of them that Salesforce counts.</param>
public sealed class OrgConnector(
    ControlStore store, ConnectionStore connections, GrantStore grants, AccessTokens tokens, OAuthClient oauth, AddressPolicy addresses, HttpMessageHandler transport, TrialMeter meter,
    ISecretCipher cipher, Revocations revocations, AuditLog audit, TimeProvider time)
{
    private readonly AuthorizationDrafts _drafts = new(store, cipher, time);
    private readonly SharedAppStore _apps = new(store, cipher, time);
    private readonly GrantTrial _trial = new(oauth, addresses, new TokenTrial(transport, meter, addresses, time));

    /// <summary>Connects by a flow without a person: token, identity, org; stored at once or not at all.</summary>
    /// <exception cref="OrgtapException">What is wrong, in words for whoever typed it.</exception>
    public async Task<Connection> ConnectAsync(ConnectRequest request, string actor, CancellationToken cancellationToken)
    {
        (request, _) = await request.WithAppAsync(_apps, cancellationToken);
        var login = await CheckAsync(request, cancellationToken);
        return await AcceptAsync(new PendingAuthorization(request, actor), login, await AskAsync(request, cancellationToken), static (_, _) => Task.CompletedTask, cancellationToken);
    }

    /// <summary>Asks for a token by a flow without a person, and stores nothing.</summary>
    public Task<TokenAnswer> AskAsync(ConnectRequest request, CancellationToken cancellationToken) => UnattendedSignIn.AskAsync(
        oauth, AppOf(request, addresses.CheckLogin(request.LoginUrl)), request.PrivateKey, request.Flow, request.Username, request.Password, request.SecurityToken, cancellationToken);

    /// <summary>Begins the web server flow for a new connection: the browser goes to the address, signs in and comes back to the callback address within an hour.</summary>
    public Task<AuthorizationStart> StartAsync(ConnectRequest request, string actor, CancellationToken cancellationToken) => StartAsync(new PendingAuthorization(request, actor), cancellationToken);

    /// <summary>Begins the web server flow.</summary>
    /// <param name="pending">What is to become of what the browser brings.</param>
    public async Task<AuthorizationStart> StartAsync(PendingAuthorization pending, CancellationToken cancellationToken)
    {
        var (request, _) = await pending.Request.WithAppAsync(_apps, cancellationToken);
        pending = pending with { Request = request };
        if (request.Flow != AuthorizationFlow.WebServer) throw new ArgumentException("This begins the web server flow.", nameof(pending));
        var login = pending.Connection is null ? await CheckAsync(request, cancellationToken) : addresses.CheckLogin(request.LoginUrl);
        if (!Uri.TryCreate(request.CallbackUrl, UriKind.Absolute, out var callback) || callback.Scheme is not ("https" or "http"))
            throw new InvalidInputException("The web server flow needs Orgtap's own callback address.", "Set the public address of this installation.");
        var pkce = Pkce.New();
        var (state, browser) = await _drafts.AddAsync(pending, pkce, cancellationToken);
        return new AuthorizationStart(OAuthClient.AuthorizeAddress(AppOf(request, login), request.CallbackUrl!, state, pkce), browser);
    }

    /// <summary>
    /// Looks, before a browser is sent to Salesforce with an app that was just typed, whether Salesforce knows its key, its secret and our callback address. It would say so on a page of its own, from which nobody comes back, or only
    /// behind the sign-in.
    /// </summary>
    /// <exception cref="SalesforceException">One of these is wrong. What else Salesforce may have to say comes later.</exception>
    public async Task ProbeAsync(ConnectRequest request, CancellationToken cancellationToken)
    {
        (request, _) = await request.WithAppAsync(_apps, cancellationToken);
        var app = AppOf(request, addresses.CheckLogin(request.LoginUrl));
        try
        {
            await oauth.ProbeCallbackAsync(app, request.CallbackUrl!, cancellationToken);
            await oauth.ProbeAppAsync(app, cancellationToken);
        }
        catch (SalesforceException other) when (other.ErrorCode is not ("invalid_client_id" or "redirect_uri_mismatch" or "invalid_client" or "invalid_client_credentials") || other.Kind != FailureKind.InvalidInput)
        {
        }
    }

    /// <summary>Ends the web server flow of a new connection with what came to the callback address.</summary>
    /// <exception cref="OrgtapException">Denied, too old, another browser, or Salesforce's own error: the message is for the admin who sees it.</exception>
    public async Task<Connection> CompleteAsync(
        string state, string? code, string? error, string? errorDescription, SecretText browserSecret, CancellationToken cancellationToken)
    {
        var (pending, pkce) = await TakeAsync(state, browserSecret, cancellationToken);
        if (pending.Connection is not null) throw new InvalidOperationException("An authorization of a connection that exists ends elsewhere.");
        return await AcceptAsync(pending, await ExchangeAsync(pending.Request, pkce, code, error, errorDescription, cancellationToken), static (_, _) => Task.CompletedTask, cancellationToken);
    }

    /// <summary>Takes what was begun out: once, and only for the browser that began it.</summary>
    public Task<(PendingAuthorization Pending, Pkce Pkce)> TakeAsync(string state, SecretText browserSecret, CancellationToken cancellationToken) => _drafts.TakeAsync(state, browserSecret, cancellationToken);

    /// <summary>Turns what came to the callback address into tokens, and stores nothing.</summary>
    public async Task<TokenAnswer> ExchangeAsync(ConnectRequest request, Pkce pkce, string? code, string? error, string? errorDescription, CancellationToken cancellationToken)
    {
        var login = addresses.CheckLogin(request.LoginUrl);
        if (!string.IsNullOrEmpty(error)) throw ErrorClassifier.OAuthCallback(login, error, errorDescription);
        if (string.IsNullOrEmpty(code))
            throw new InvalidInputException("Salesforce sent neither an authorization nor a reason.", "Start the authorization again.");
        var answer = await oauth.ExchangeAsync(AppOf(request, login), request.CallbackUrl!, new SecretText(code), pkce, cancellationToken);
        if (answer.RefreshToken is not null) return answer;
        await revocations.EndAsync(request.Name, login, answer.AccessToken);
        throw new OrgtapException(FailureKind.Permission, "Salesforce gave no refresh token, so the access would end within hours.",
            "Setup > External Client App Manager > the app > Settings: add the scope \"Perform requests at any time (refresh_token)\"; then start again.");
    }

    /// <summary>Makes a connection of tokens that somebody was given for it; if anything is wrong, ends them at Salesforce.</summary>
    /// <param name="together">Writes what must be stored with the connection or not at all.</param>
    public Task<Connection> AcceptAsync(
        PendingAuthorization pending, TokenAnswer answer, Func<System.Data.Common.DbTransaction, Connection, Task> together, CancellationToken cancellationToken) =>
        AcceptAsync(pending, addresses.CheckLogin(pending.Request.LoginUrl), answer, together, cancellationToken);

    /// <summary>Forgets the connection and ends its grant at Salesforce, now or as soon as it can be reached.</summary>
    public async Task RemoveAsync(Connection connection, string actor, CancellationToken cancellationToken)
    {
        var grant = await grants.FindAsync(connection.Id, cancellationToken);
        // Written down first: a grant that is forgotten alive could never be ended.
        var revocation = grant?.Revocable is { } token
            ? await store.WriteAsync(transaction => revocations.AddAsync(transaction, connection.Name, connection.LoginUrl, token), cancellationToken)
            : null;
        await connections.RemoveAsync(connection.Id, cancellationToken);
        tokens.Forget(connection.Id);
        await revocations.EndDueAsync(CancellationToken.None);
        var left = revocation is not null && await revocations.IsWaitingAsync(revocation, CancellationToken.None);
        await audit.WriteAsync(actor, "connection.removed", connection.Name, left ? "its access could not be revoked at Salesforce yet; it is tried again" : null, cancellationToken);
    }

    private async Task<Uri> CheckAsync(ConnectRequest request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.ConsumerKey))
            throw new InvalidInputException("The consumer key of the app is missing.",
                "Copy it from Setup > External Client App Manager > the app > Settings > Consumer Key and Secret.");
        if (request.QuotaThresholdPercent is < 1 or > 100)
            throw new InvalidInputException($"An API quota threshold of {request.QuotaThresholdPercent} % is not possible.", "Give a number from 1 to 100.");
        if (await connections.FindAsync(request.Name, cancellationToken) is not null)
            throw new InvalidInputException($"A connection called {request.Name} exists already.", "Choose another name, or remove that connection first.");
        return addresses.CheckLogin(request.LoginUrl);
    }

    private async Task<Connection> AcceptAsync(
        PendingAuthorization pending, Uri login, TokenAnswer answer, Func<System.Data.Common.DbTransaction, Connection, Task> together, CancellationToken cancellationToken)
    {
        var request = pending.Request;
        try
        {
            var id = ConnectionId.New();
            var tried = await _trial.TryAsync(login, answer, id, cancellationToken);
            var app = (await request.WithAppAsync(_apps, cancellationToken)).App
                ?? new ConsumerApp(Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), request.Name, request.ConsumerKey, request.ConsumerSecret, request.CallbackUrl) { PrivateKey = request.PrivateKey };
            var connection = new Connection(id, request.Name, login, request.Flow, app.Id, tried.Identity.OrgId, tried.OrgName, tried.Instance,
                tried.Identity.Username ?? request.Username, true, request.QuotaThresholdPercent, null, null, time.GetUtcNow())
            {
                Edition = tried.Org?.Edition, IsSandbox = tried.Org?.IsSandbox, AuthorizedBy = pending.Actor, AuthorizedAt = time.GetUtcNow(),
            };
            var grant = tried.GrantFor(id, answer, request, pending.Actor, time);
            await connections.AddAsync(connection, app, async transaction =>
            {
                await grants.ReplaceAsync(transaction, grant);
                await together(transaction, connection);
            }, cancellationToken);
            await audit.WriteAsync(pending.Actor, "connection.created", request.Name,
                $"{tried.OrgName ?? "org"} ({tried.Identity.OrgId}), as {connection.Username ?? tried.Identity.UserId}, by {request.Flow.Words()}", cancellationToken);
            return connection;
        }
        catch
        {
            // A grant that nobody keeps must not stay alive at Salesforce.
            await revocations.EndAsync(request.Name, login, answer.RefreshToken ?? answer.AccessToken);
            throw;
        }
    }

    private static OAuthApp AppOf(ConnectRequest request, Uri login) => new(login, request.ConsumerKey, request.ConsumerSecret);
}
