using System.Globalization;
using System.Net.Http.Headers;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Authorization;

/// <summary>Makes the handler that counts and reserves the calls of a trial in the org's ledger; stands directly above the network.</summary>
/// <param name="connection">The one that is authorized, again or for the first time.</param>
public delegate DelegatingHandler TrialMeter(OrgId org, ConnectionId connection);

/// <summary>Speaks to an org with an access token that is not stored, and perhaps never will be: to look at what it is good for before anything changes.</summary>
/// <param name="transport">See <see cref="Transport"/>; outlives this.</param>
/// <param name="meter">Sees every call that Salesforce counts.</param>
public sealed class TokenTrial(HttpMessageHandler transport, TrialMeter meter, AddressPolicy addresses, TimeProvider time)
{
    /// <summary>Lets <paramref name="look"/> use a client for the token.</summary>
    /// <param name="instance">Already checked; the token goes nowhere else.</param>
    /// <param name="org">Whose quota the calls are of; told by the identity service, which costs none.</param>
    /// <exception cref="OrgtapException">QuotaExhausted: the org has no call left to look with.</exception>
    public async Task<T> WithAsync<T>(SecretText token, Uri instance, OrgId org, ConnectionId connection, Func<SalesforceClient, Task<T>> look)
    {
        using var clients = new OrgClients(_ =>
        {
            var metered = meter(org, connection);
            metered.InnerHandler = new SharedHandler(transport);
            return new OneTokenHandler(token) { InnerHandler = new RetryHandler(time) { InnerHandler = metered } };
        }, addresses, time);
        try
        {
            return await look(clients.Open(connection, instance, new CallCounter(CallPurpose.Authorization)));
        }
        catch (QuotaStopException stop)
        {
            throw new OrgtapException(stop.Kind, stop.Message, $"Try again after {stop.Until.ToString("d MMMM, HH:mm", CultureInfo.InvariantCulture)} UTC, or let Setup > Company Information show what uses the calls.", stop.Detail, stop);
        }
    }

    /// <summary>The newest API version that the org and Orgtap know; asked without a token and not counted.</summary>
    public async Task<ApiVersion> VersionAsync(Uri instance, CancellationToken cancellationToken)
    {
        using var clients = new OrgClients(_ => new RetryHandler(time) { InnerHandler = new SharedHandler(transport) }, addresses, time);
        return await clients.Open(default, instance, new CallCounter(CallPurpose.Authorization)).VersionAsync(cancellationToken);
    }

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
