using Orgtap.Primitives;
using Polly;
using Polly.Retry;

namespace Orgtap.Salesforce;

/// <summary>
/// Repeats single requests that change nothing (GETs, and POSTs marked <see cref="OrgRequest.Repeatable"/>) when the failure is transient: a few tries,
/// with jitter. The other level of retry is the whole table, in the run loop. Leaves every failure as a classified exception, so nothing above
/// reads status codes; 2xx and 304 pass.
/// </summary>
public sealed class RetryHandler : DelegatingHandler
{
    /// <summary>Tries in all.</summary>
    public const int MaximumAttempts = 4;

    // SOQL may run 120 s on the server before it answers; the body then gets as long again.
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(150);

    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<HttpResponseMessage> _retries;

    public RetryHandler(TimeProvider time)
    {
        _time = time;
        _retries = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                // A lost locator stays lost: the question has to be asked anew.
                ShouldHandle = static arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is OrgtapException { Kind: FailureKind.Transient } and not SalesforceException { ErrorCode: "INVALID_QUERY_LOCATOR" }),
                MaxRetryAttempts = MaximumAttempts - 1,
                Delay = TimeSpan.FromMilliseconds(500),
                MaxDelay = TimeSpan.FromSeconds(10),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .Build();
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var repeatable = request.Method == HttpMethod.Get || (request.Options.TryGetValue(OrgRequest.Repeatable, out var marked) && marked);
        return repeatable
            ? _retries.ExecuteAsync(static async (state, token) => await state.Handler.AttemptAsync(state.Request, token),
                (Handler: this, Request: request), cancellationToken).AsTask()
            : AttemptAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> AttemptAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(HeadersTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        HttpResponseMessage? response = null;
        try
        {
            response = await base.SendAsync(request, either.Token);
            response.RequestMessage ??= request;
            timeout.CancelAfter(HeadersTimeout);
            if (!response.IsSuccessStatusCode && response.StatusCode != System.Net.HttpStatusCode.NotModified)
                throw await ErrorClassifier.ReadAsync(response, either.Token);
            if (!request.Options.TryGetValue(OrgRequest.StreamsBody, out var streams) || !streams)
                await response.Content.LoadIntoBufferAsync(either.Token);
            return response;
        }
        catch (Exception failure)
        {
            response?.Dispose();
            if (failure is HttpRequestException or IOException
                || (failure is OperationCanceledException && timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested))
                throw ErrorClassifier.Transport(request.RequestUri?.Host ?? "Salesforce", failure);
            throw;
        }
    }
}
