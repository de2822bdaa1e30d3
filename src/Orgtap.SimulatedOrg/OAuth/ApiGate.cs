using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>Whether a valid session may use the API.</summary>
internal sealed class ApiGate(OrgUsers users, ConnectedApps apps, OrgSettings settings)
{
    /// <exception cref="RestException">It may not: 401 or 403, in Salesforce's words.</exception>
    public void Check(Session session)
    {
        var policies = settings.Policies;
        if (!session.AllowsApi || policies.ApiAccessControl && apps.Find(session.ClientId) is not { Allowlisted: true }) throw RestException.NoApiScope();
        if (!policies.RestApi) throw new RestException(StatusCodes.Status403Forbidden, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.");
        if (users.ById(session.UserId) is { ApiEnabled: false }) throw new RestException(StatusCodes.Status403Forbidden, "API_CURRENTLY_DISABLED", "API is disabled for this User");
    }
}
