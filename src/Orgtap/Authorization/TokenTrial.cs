using System.Net.Http.Headers;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Authorization;

/// <summary>Speaks to an org with an access token that is not stored, and perhaps never will be: to look at what it is good for before anything changes.</summary>
/// <param name="transport">See <see cref="Transport"/>; outlives this.</param>
public sealed class TokenTrial(HttpMessageHandler transport, AddressPolicy addresses, TimeProvider time)
{
    /// <summary>Lets <paramref name="look"/> use a client for the token.</summary>
    /// <param name="instance">Already checked; the token goes nowhere else.</param>
    public async Task<T> WithAsync<T>(SecretText token, Uri instance, Func<SalesforceClient, Task<T>> look)
    {
        using var clients = new OrgClients(
            _ => new OneTokenHandler(token) { InnerHandler = new RetryHandler(time) { InnerHandler = new SharedHandler(transport) } }, addresses, time);
        return await look(clients.Open(default, instance, new CallCounter()));
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
