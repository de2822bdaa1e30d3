using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;

namespace Orgtap.Authorization;

/// <summary>
/// Gives out access tokens; one renewal at a time for each connection, however many callers were refused and in however many processes. A new token, and a rotated refresh token
/// above all, is stored before anybody uses it: Salesforce has killed the old one by then.
/// </summary>
public sealed partial class AccessTokens(
    GrantStore grants, ConnectionStore connections, OAuthClient oauth, AddressPolicy addresses, Revocations revocations, TimeProvider time, ILogger<AccessTokens> logger) : IDisposable
{
    // A refused renewal is not repeated for every waiter: repeated wrong passwords lock the user out.
    private static readonly TimeSpan RefusalHolds = TimeSpan.FromMinutes(5);

    /// <summary>Longer than the login host is waited for, so that a renewal under way is never taken for an abandoned one.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<ConnectionId, Holder> _holders = new();
    private readonly string _renewer = Guid.NewGuid().ToString("N");

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
            while (true)
            {
                var grant = await grants.FindAsync(id, cancellationToken) ?? throw NotAuthorized();
                if (grant.AccessToken is { } stored && new AccessToken(stored, grant.InstanceUrl, grant.Version) is var kept && IsNewer(kept, rejected))
                    return holder.Token = kept;
                if (holder.Refusal is { } refusal && refusal.Version == grant.Version && time.GetUtcNow() < refusal.Until) throw Again(refusal.Failure);
                switch (await grants.BeginRenewalAsync(id, grant.Version, _renewer, Lease, cancellationToken))
                {
                    case RenewalTurn.Mine:
                        return holder.Token = await RenewAsync(holder, grant, false);
                    case RenewalTurn.MineAfterAbandoned:
                        return holder.Token = await RenewAsync(holder, grant, true);
                    case RenewalTurn.Others:
                        // Another process renews it; what it stores is for us too.
                        await Task.Delay(LookAgain, time, cancellationToken);
                        break;
                }
            }
        }
        finally
        {
            holder.Refreshing.Release();
        }
    }

    /// <summary>Renews now, whether or not the present token still works: shows that the credentials are good.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<AccessToken> ProveAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        // What was refused before is asked again: somebody may have mended it.
        if (_holders.TryGetValue(id, out var holder)) holder.Refusal = null;
        var grant = await grants.FindAsync(id, cancellationToken) ?? throw NotAuthorized();
        return await GetAsync(id, new AccessToken(new SecretText(""), grant.InstanceUrl, grant.Version), cancellationToken);
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
    private async Task<AccessToken> RenewAsync(Holder holder, Grant grant, bool afterAbandoned)
    {
        var connection = await connections.FindAsync(grant.ConnectionId, CancellationToken.None) ?? throw NotAuthorized();
        try
        {
            var app = await connections.GetAppAsync(connection.AppId, CancellationToken.None);
            var answer = await AskAsync(app, connection, grant, afterAbandoned);
            if (answer.OrgId is { } org && connection.OrgId is { } own && org != own)
                throw new OrgtapException(FailureKind.ReauthorizationRequired,
                    $"Salesforce answered with access to another org than that of {connection.Name}; it was not used.",
                    "Authorize the connection again, as a user of its own org.", $"expected {own}, got {org}");
            var instance = answer.InstanceUrl is { } named ? addresses.CheckFromServer(named, grant.InstanceUrl) : grant.InstanceUrl;
            if (!await grants.RenewAsync(grant.ConnectionId, grant.Version, answer, instance, CancellationToken.None))
                return await ReplacedMeanwhileAsync(connection, answer);
            if (!AddressPolicy.SameHost(instance, grant.InstanceUrl))
                await connections.SetInstanceUrlAsync(grant.ConnectionId, instance, CancellationToken.None);
            holder.Refusal = null;
            Renewed(connection.Name);
            Tell(connection, "renewed");
            return new AccessToken(answer.AccessToken, instance, grant.Version + 1);
        }
        catch (Exception failure)
        {
            var passes = failure is OrgtapException { Kind: FailureKind.Transient };
            Tell(connection, passes ? "no answer" : "refused");
            await grants.EndRenewalAsync(grant.ConnectionId, _renewer, cutShort: passes);
            if (failure is OrgtapException refused && !passes)
            {
                holder.Refusal = new Refusal(grant.Version, time.GetUtcNow() + RefusalHolds, refused);
                Refused(connection.Name, refused.Kind, refused.Detail);
            }
            throw;
        }
    }

    private static void Tell(Connection connection, string outcome) =>
        Telemetry.Renewals.Add(1, new KeyValuePair<string, object?>("connection", connection.Name), new KeyValuePair<string, object?>("outcome", outcome));

    private async Task<TokenAnswer> AskAsync(ConsumerApp app, Connection connection, Grant grant, bool afterAbandoned)
    {
        var speaker = new OAuthApp(connection.LoginUrl, app.ConsumerKey, app.ConsumerSecret);
        if (UnattendedSignIn.Is(connection.Flow))
            return await UnattendedSignIn.AskAsync(oauth, speaker, app.PrivateKey, connection.Flow, connection.Username, grant.Password, grant.SecurityToken, CancellationToken.None);
        if (grant.RefreshToken is not { } refresh)
            throw new OrgtapException(FailureKind.ReauthorizationRequired,
                $"The access of {connection.Name} has ended and cannot be renewed: Salesforce gave no refresh token.",
                "Setup > External Client App Manager > the app > Settings: add \"Perform requests at any time (refresh_token)\"; then authorize the connection again.");
        try
        {
            return await oauth.RefreshAsync(speaker, refresh, CancellationToken.None);
        }
        catch (SalesforceException refused) when (afterAbandoned && refused is { Kind: FailureKind.ReauthorizationRequired, ErrorCode: "invalid_grant" })
        {
            throw new SalesforceException(FailureKind.ReauthorizationRequired,
                "The authorization is no longer valid. An earlier renewal was cut short: Salesforce has replaced the old key, and the new one never reached Orgtap.",
                "Authorize the connection again. Nothing that was copied is lost.", refused.StatusCode, refused.ErrorCode, refused.Detail, refused);
        }
    }

    // Somebody authorized again while the renewal was under way: the newer grant is the one to use, and what we just got must not stay alive.
    private async Task<AccessToken> ReplacedMeanwhileAsync(Connection connection, TokenAnswer answer)
    {
        if (answer.RefreshToken is { } rotated) await revocations.EndAsync(connection.Name, connection.LoginUrl, rotated);
        return await grants.FindAsync(connection.Id, CancellationToken.None) is { AccessToken: { } token } grant
            ? new AccessToken(token, grant.InstanceUrl, grant.Version)
            : throw NotAuthorized();
    }

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
