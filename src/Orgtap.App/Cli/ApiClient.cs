using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orgtap.App.Api;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary>Speaks to the HTTP API of another Orgtap, over a socket in the data directory or over the network, and turns its problems back into what they were.</summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    // Planning a large org asks it for many counts.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly HttpClient _http;

    private ApiClient(HttpMessageHandler handler, Uri server, string where)
    {
        _http = new HttpClient(handler) { BaseAddress = new Uri(server, "/api/v1/"), Timeout = Patience };
        Where = where;
    }

    /// <summary>The other one, for people.</summary>
    public string Where { get; }

    /// <param name="text">The value of <c>--server</c>.</param>
    /// <exception cref="InvalidInputException">No address, a plain one over the network, or no token.</exception>
    public static ApiClient OverNetwork(string text, SecretText? token)
    {
        var server = Composition.InstallationSettings.PublicAddressOf(text, "--server")!;
        if (server.Scheme == "http" && !server.IsLoopback)
            throw new InvalidInputException($"{server} is not encrypted: everybody on the way could read the token.", "Use https.");
        if (token is null) throw new InvalidInputException("--server needs an API token.", "Make one there with `orgtap users token` and set ORGTAP_TOKEN to it.");
        var client = new ApiClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }, server, server.AbsoluteUri);
        client._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        return client;
    }

    /// <param name="path">See <see cref="LocalSocket"/>.</param>
    /// <param name="where">The owner, for people.</param>
    public static ApiClient OverSocket(string path, string where) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    }, new Uri("http://localhost/"), where);

    public async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var response = await SendCheckedAsync(method, path, body, cancellationToken);
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken) ?? throw new JsonException("null");
        }
        catch (JsonException failure)
        {
            throw new OrgtapException(FailureKind.Defect, $"{Where} answered with something else than was expected.", "Check that both are of the same version.", failure.Message, failure);
        }
    }

    public async Task SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var response = await SendCheckedAsync(method, path, body, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendCheckedAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Json) };
        try
        {
            var response = await _http.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode) return response;
            using (response) throw await FailureOfAsync(response, cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            throw new OrgtapException(FailureKind.Transient, $"{Where} cannot be reached.", "Check that it still runs, then try again. What it had committed is kept.", failure.Message, failure);
        }
        catch (TaskCanceledException slow) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OrgtapException(FailureKind.Transient, $"{Where} did not answer within {Patience.TotalMinutes:0} minutes.", "Look at its runs, then try again.", null, slow);
        }
    }

    private async Task<OrgtapException> FailureOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ProblemAnswer? problem = null;
        try
        {
            if (response.Content.Headers.ContentType?.MediaType == "application/problem+json") problem = await response.Content.ReadFromJsonAsync<ProblemAnswer>(Json, cancellationToken);
        }
        catch (JsonException)
        {
            // Then the status has to do.
        }
        return (int)response.StatusCode switch
        {
            401 => new InvalidInputException($"{Where} does not know this API token.", "Make one there with `orgtap users token` and set ORGTAP_TOKEN to it."),
            403 => new InvalidInputException($"{Where} does not allow this: by the role of the token's user, or by the token's scopes.", "Use the token of somebody who may, with the scope for it."),
            _ when problem?.Title is { } title => new OrgtapException(problem.Kind ?? FailureKind.InvalidInput, title, problem.NextStep ?? problem.Detail ?? "See its log.", problem.Salesforce),
            var status => new OrgtapException(FailureKind.Defect, $"{Where} answered with status {status}.", "Check that it is an Orgtap of the same version."),
        };
    }

    /// <summary>What <see cref="Web.Errors.ErrorPages"/> writes.</summary>
    private sealed record ProblemAnswer(string? Title, string? Detail, string? NextStep, FailureKind? Kind, string? Salesforce);
}
