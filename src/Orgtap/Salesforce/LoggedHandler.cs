using Microsoft.Extensions.Logging;
using Orgtap.Primitives;

namespace Orgtap.Salesforce;

/// <summary>Tells the log of every call: method, path, status and time. Never of a query, a header or a body, which hold what people wrote, or secrets.</summary>
public sealed partial class LoggedHandler(ConnectionId connection, TimeProvider time, ILogger<LoggedHandler> logger) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            Called(connection, request.Method.Method, request.RequestUri?.AbsolutePath, (int)response.StatusCode, (long)time.GetElapsedTime(started).TotalMilliseconds);
            return response;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException)
        {
            NotCalled(connection, request.Method.Method, request.RequestUri?.AbsolutePath, failure.GetType().Name, (long)time.GetElapsedTime(started).TotalMilliseconds);
            throw;
        }
    }

    [LoggerMessage(1101, LogLevel.Information, "{Connection}: {Method} {Path} was answered with {Status} after {Milliseconds} ms")]
    private partial void Called(ConnectionId connection, string method, string? path, int status, long milliseconds);

    [LoggerMessage(1102, LogLevel.Information, "{Connection}: {Method} {Path} had no answer: {Failure} after {Milliseconds} ms")]
    private partial void NotCalled(ConnectionId connection, string method, string? path, string failure, long milliseconds);
}
