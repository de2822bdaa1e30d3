using System.Net;
using System.Net.Http.Headers;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Authorization;

/// <summary>
/// Outermost handler of a connection's pipeline: sends the access token, to the org's own host and no other, and after a refusal asks once for
/// a new one. A refusal of the new one is the grant's end, not a reason to ask again.
/// </summary>
public sealed class AuthorizationHandler(AccessTokens tokens, ConnectionId connection) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (OrgRequest.IsVersionList(request.RequestUri)) return await base.SendAsync(request, cancellationToken);

        var token = await tokens.GetAsync(connection, null, cancellationToken);
        try
        {
            return await SendWithAsync(request, token, cancellationToken);
        }
        catch (SalesforceException refused) when (refused.Kind == FailureKind.StaleToken)
        {
            token = await tokens.GetAsync(connection, token, cancellationToken);
        }

        try
        {
            return await SendWithAsync(request, token, cancellationToken);
        }
        catch (SalesforceException refused) when (refused.Kind == FailureKind.StaleToken)
        {
            throw new SalesforceException(FailureKind.ReauthorizationRequired, "Salesforce refuses even a new access token.",
                "Setup > Users > the user > Login History shows the reason; then authorize the connection again.",
                refused.StatusCode, refused.ErrorCode, refused.Detail, refused);
        }
    }

    private async Task<HttpResponseMessage> SendWithAsync(HttpRequestMessage request, AccessToken token, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!;
        if (!AddressPolicy.SameHost(address, token.InstanceUrl))
        {
            // The org has moved since the request was built for its old host. Anything else must not see the token.
            if (!request.Options.TryGetValue(OrgRequest.Pinned, out var pinned) || !AddressPolicy.SameHost(address, pinned))
                throw new OrgtapException(FailureKind.Defect,
                    $"A request for {address.Host} was stopped: the connection belongs to {token.InstanceUrl.Host}.", "Report this.");
            request.RequestUri = new Uri(token.InstanceUrl, address.PathAndQuery);
            request.Options.Set(OrgRequest.Pinned, token.InstanceUrl);
        }

        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value.Reveal());
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized) return response;
        using (response) throw await ErrorClassifier.ReadAsync(response, cancellationToken);
    }
}
