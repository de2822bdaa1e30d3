using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;

namespace Orgtap.Authorization;

/// <summary>
/// Gives out access tokens; one refresh at a time for each connection, however many callers were refused. A new token, and a rotated refresh token
/// above all, is stored before anybody uses it: Salesforce has killed the old one by then.
/// </summary>
public sealed partial class AccessTokens(
    GrantStore grants, ConnectionStore connections, OAuthClient oauth, AddressPolicy addresses, TimeProvider time, ILogger<AccessTokens> logger) : IDisposable
{
    // A refused refresh is not repeated for every waiter: repeated wrong passwords lock the user out.
    private static readonly TimeSpan RefusalHolds = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<ConnectionId, Holder> _holders = new();

    /// <param name="rejected">The token Salesforce answered 401 to; null on a first call.</param>
    /// <exception cref="OrgtapException">ReauthorizationRequired or Permission: the grant is no longer good. Transient: the login host does not answer.</exception>
    public async ValueTask<AccessToken> GetAsync(ConnectionId id, AccessToken? rejected, CancellationToken cancellationToken)
    {
        var holder = _holders.GetOrAdd(id, static _ => new Holder());
        if (holder.Token is { } held && IsNewer(held, rejected)) return held;

        await holder.Refreshing.WaitAsync(cancellationToken);
        try
        {
            // The one before may have refreshed already: N refused callers, one token request.
            if (holder.Token is { } fresh && IsNewer(fresh, rejected)) return fresh;
            var grant = await grants.FindAsync(id, cancellationToken) ?? throw NotAuthorized();
            if (grant.AccessToken is { } stored && new AccessToken(stored, grant.InstanceUrl, grant.Version) is var kept && IsNewer(kept, rejected))
                return holder.Token = kept;
            if (holder.Refusal is { } refusal && refusal.Version == grant.Version && time.GetUtcNow() < refusal.Until) throw Again(refusal.Failure);
            return holder.Token = await RenewAsync(holder, grant);
        }
        finally
        {
            holder.Refreshing.Release();
        }
    }

    /// <summary>Forgets what is held in memory, after the grant was replaced or the connection removed.</summary>
    public void Forget(ConnectionId id)
    {
        if (_holders.TryGetValue(id, out var holder)) (holder.Token, holder.Refusal) = (null, null);
    }

    public void Dispose()
    {
        foreach (var holder in _holders.Values) holder.Refreshing.Dispose();
    }

    // Not cancelled by a caller who leaves: an answer that is not read would take a rotated refresh token with it. The client's own time-out ends it.
    private async Task<AccessToken> RenewAsync(Holder holder, Grant grant)
    {
        var connection = await connections.FindAsync(grant.ConnectionId, CancellationToken.None) ?? throw NotAuthorized();
        var app = await connections.GetAppAsync(connection.AppId, CancellationToken.None);
        try
        {
            var answer = await AskAsync(new OAuthApp(connection.LoginUrl, app.ConsumerKey, app.ConsumerSecret), connection, grant);
            if (answer.OrgId is { } org && connection.OrgId is { } own && org != own)
                throw new OrgtapException(FailureKind.ReauthorizationRequired,
                    $"Salesforce answered with access to another org than that of {connection.Name}; it was not used.",
                    "Authorize the connection again, as a user of its own org.", $"expected {own}, got {org}");
            var instance = answer.InstanceUrl is { } named ? addresses.CheckFromServer(named, grant.InstanceUrl) : grant.InstanceUrl;
            if (!await grants.RenewAsync(grant.ConnectionId, grant.Version, answer, instance, CancellationToken.None))
                return await ReplacedMeanwhileAsync(grant.ConnectionId);
            if (!AddressPolicy.SameHost(instance, grant.InstanceUrl))
                await connections.SetInstanceUrlAsync(grant.ConnectionId, instance, CancellationToken.None);
            holder.Refusal = null;
            Renewed(connection.Name);
            return new AccessToken(answer.AccessToken, instance, grant.Version + 1);
        }
        catch (OrgtapException refused) when (refused.Kind != FailureKind.Transient)
        {
            holder.Refusal = new Refusal(grant.Version, time.GetUtcNow() + RefusalHolds, refused);
            Refused(connection.Name, refused.Kind, refused.Detail);
            throw;
        }
    }

    private Task<TokenAnswer> AskAsync(OAuthApp app, Connection connection, Grant grant) => grant switch
    {
        { RefreshToken: { } refresh } => oauth.RefreshAsync(app, refresh, CancellationToken.None),
        { Password: { } password } when connection.Username is { } username =>
            oauth.PasswordAsync(app, username, password, grant.SecurityToken, CancellationToken.None),
        _ => throw new OrgtapException(FailureKind.ReauthorizationRequired,
            $"The access of {connection.Name} has ended and cannot be renewed: Salesforce gave no refresh token.",
            "Setup > External Client App Manager > the app > Settings: add \"Perform requests at any time (refresh_token)\"; then authorize the connection again."),
    };

    // Somebody authorized again while the refresh was under way: the newer grant is the one to use.
    private async Task<AccessToken> ReplacedMeanwhileAsync(ConnectionId id) =>
        await grants.FindAsync(id, CancellationToken.None) is { AccessToken: { } token } grant
            ? new AccessToken(token, grant.InstanceUrl, grant.Version)
            : throw NotAuthorized();

    private static bool IsNewer(AccessToken token, AccessToken? rejected) => rejected is null || token.Version > rejected.Version;

    private static OrgtapException NotAuthorized() => new(FailureKind.ReauthorizationRequired, "The connection is not authorized.", "Authorize it.");

    private static OrgtapException Again(OrgtapException refusal) => new(refusal.Kind, refusal.Message, refusal.NextStep, refusal.Detail, refusal);

    [LoggerMessage(1201, LogLevel.Information, "New access token for {Connection}")]
    private partial void Renewed(string connection);

    [LoggerMessage(1202, LogLevel.Warning, "No new access token for {Connection}: {Kind} ({Detail})")]
    private partial void Refused(string connection, FailureKind kind, string? detail);

    private sealed class Holder
    {
        public SemaphoreSlim Refreshing { get; } = new(1, 1);

        public volatile AccessToken? Token;

        public volatile Refusal? Refusal;
    }

    private sealed record Refusal(long Version, DateTimeOffset Until, OrgtapException Failure);
}
