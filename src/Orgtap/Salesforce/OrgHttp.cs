using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Orgtap.Salesforce;

/// <summary>Sends one org's requests through its pipeline and reads answers. Shared by the client and its Bulk part.</summary>
internal sealed class OrgHttp(
    HttpMessageInvoker pipeline, Uri instanceUrl, AddressPolicy addresses, CallCounter counter, TimeSpan idleTimeout, OrgClock clock)
{
    public Uri InstanceUrl => instanceUrl;

    /// <summary>Brings an address from a server to a path at the pinned host, or refuses it.</summary>
    /// <exception cref="Primitives.OrgtapException">Another host.</exception>
    public string PathAtPinnedHost(string address, string subject)
    {
        if (!Uri.TryCreate(address, UriKind.RelativeOrAbsolute, out var uri)) throw SalesforceException.Unexpected(subject, "it names a next page that is no address");
        // A path alone parses as a file address on some systems.
        if (uri.IsAbsoluteUri && uri.Scheme != Uri.UriSchemeFile)
        {
            var absolute = addresses.CheckFromServer(uri, instanceUrl);
            return AddressPolicy.SameHost(absolute, instanceUrl)
                ? absolute.PathAndQuery
                : throw SalesforceException.Unexpected(subject, $"its next page is on another host, {absolute.Host}");
        }

        return address.StartsWith('/') && !address.StartsWith("//", StringComparison.Ordinal)
            ? address
            : throw SalesforceException.Unexpected(subject, "it names a next page that is no path");
    }

    public HttpRequestMessage Request(HttpMethod method, string path, string subject)
    {
        var request = new HttpRequestMessage(method, new Uri(instanceUrl, path));
        request.Headers.UserAgent.ParseAdd("Orgtap");
        request.Options.Set(OrgRequest.Counter, counter);
        request.Options.Set(OrgRequest.Subject, subject);
        request.Options.Set(OrgRequest.Pinned, instanceUrl);
        return request;
    }

    /// <summary>Answers 2xx or 304; everything else leaves as a classified exception.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await pipeline.SendAsync(request, cancellationToken);
        clock.Hear(response);
        response.RequestMessage ??= request;
        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified) return response;
        using (response) throw await ErrorClassifier.ReadAsync(response, cancellationToken);
    }

    /// <summary>A body that is small enough to hold: JSON, counted.</summary>
    public async Task<(JsonDocument Document, long Bytes)> JsonAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var sent = request;
        var subject = OrgRequest.SubjectOf(request);
        request.Headers.Accept.ParseAdd("application/json");
        using var response = await SendAsync(request, cancellationToken);
        await using var body = await OpenBodyAsync(response, subject, cancellationToken);
        try
        {
            var document = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return (document, body.BytesRead);
        }
        catch (JsonException broken)
        {
            throw SalesforceException.Garbled(subject, string.Create(CultureInfo.InvariantCulture, $"a body of {body.BytesRead} bytes that is no JSON"), broken);
        }
    }

    public Task<(JsonDocument Document, long Bytes)> GetJsonAsync(string path, string subject, CancellationToken cancellationToken) =>
        JsonAsync(Request(HttpMethod.Get, path, subject), cancellationToken);

    public async Task<MeasuredStream> OpenBodyAsync(HttpResponseMessage response, string subject, CancellationToken cancellationToken) =>
        new(await response.Content.ReadAsStreamAsync(cancellationToken), counter, idleTimeout, clock, subject);
}
