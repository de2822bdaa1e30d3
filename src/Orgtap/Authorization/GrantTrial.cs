using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Salesforce.OAuth;

namespace Orgtap.Authorization;

/// <summary>What a new token turned out to be good for.</summary>
/// <param name="Instance">Where the org's API is; checked.</param>
/// <param name="Org">Null where the user may not see the org's own record.</param>
public sealed record TriedGrant(Uri Instance, Uri IdentityUrl, Identity Identity, OrgFacts? Org)
{
    public string? OrgName => Org?.Name;

    public Grant GrantFor(ConnectionId id, TokenAnswer answer, ConnectRequest request, string grantedBy, TimeProvider time) => new(
        id, 1, answer.AccessToken, answer.RefreshToken, request.Password, request.SecurityToken, Instance, IdentityUrl, answer.Scope, answer.IssuedAt ?? time.GetUtcNow())
    {
        GrantedAt = time.GetUtcNow(), GrantedBy = grantedBy,
    };
}

/// <summary>Finds out, before anything is stored, which org and which user a new token is for, and whether the API takes it.</summary>
internal sealed class GrantTrial(OAuthClient oauth, AddressPolicy addresses, TokenTrial trial)
{
    /// <exception cref="OrgtapException">It is good for nothing; says why.</exception>
    /// <param name="connection">The one that is authorized, again or for the first time.</param>
    public async Task<TriedGrant> TryAsync(Uri login, TokenAnswer answer, ConnectionId connection, CancellationToken cancellationToken)
    {
        var instance = addresses.CheckFromServer(answer.InstanceUrl ?? login, login);
        var identityUrl = addresses.CheckFromServer(answer.IdentityUrl ?? throw NoOrg(), login);
        var identity = await IdentifyAsync(answer, identityUrl, cancellationToken);
        var org = await trial.WithAsync(answer.AccessToken, instance, identity.OrgId, connection, client => AskOrgAsync(client, cancellationToken));
        return org is null || org.Id == identity.OrgId ? new TriedGrant(instance, identityUrl, identity, org is null ? null : new OrgFacts(org.Name, org.OrganizationType, org.IsSandbox)) : throw NoOrg();
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
    private static async Task<OrganizationFacts?> AskOrgAsync(SalesforceClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await client.OrganizationAsync(cancellationToken);
        }
        catch (SalesforceException hidden) when (hidden.Kind == FailureKind.SchemaChanged)
        {
            return null;
        }
    }

    private static SalesforceException NoOrg() => SalesforceException.Unexpected("the org", "the token does not say which org it is for");
}
