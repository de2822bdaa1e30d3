using System.Globalization;
using System.Net;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Quota;

/// <summary>
/// Sits directly above the network, so that it sees every call, repeated ones too: reserves before sending, learns from the answer, counts. What Salesforce
/// does not count passes.
/// </summary>
/// <param name="whose">Asked for each call: a changed threshold holds from the next call on.</param>
/// <exception cref="QuotaStopException">The connection's threshold or the org's own limit is reached.</exception>
public sealed class MeteredHandler(QuotaGuard guard, Func<CancellationToken, ValueTask<MeteredCalls>> whose) : DelegatingHandler
{
    /// <summary>For a connection's own calls: up to its threshold.</summary>
    public MeteredHandler(QuotaGuard guard, ConnectionStore connections, ConnectionId id)
        : this(guard, async cancellationToken => await connections.FindAsync(id, cancellationToken) is { OrgId: { } org } connection
            ? new MeteredCalls(org, id, connection.QuotaThresholdPercent, connection.Name)
            : throw new OrgtapException(FailureKind.ReauthorizationRequired, "The connection is not authorized.", "Authorize it."))
    {
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (OrgRequest.IsUncounted(request.RequestUri)) return await base.SendAsync(request, cancellationToken);
        var calls = await whose(cancellationToken);
        var decision = await guard.ReserveAsync(calls.Org, calls.Connection, calls.ThresholdPercent, cancellationToken);
        if (decision is not ReservationResult.Granted { Reservation: var reservation }) throw Stop(calls, (ReservationResult.Denied)decision);
        await using (reservation)
        {
            HttpResponseMessage? response = null;
            try
            {
                response = await base.SendAsync(request, cancellationToken);
                response.RequestMessage ??= request;
                var use = ApiUseHeader.Of(response.Headers);
                // A session that ended during a stop must not spoil the probe: such a refusal says nothing of the org's use, and Salesforce does not count it.
                if (response.StatusCode == HttpStatusCode.Unauthorized && use is null) await reservation.ReleaseAsync();
                else Count(request, calls);
                await reservation.SettleAsync(use);
                if (use is { } told) Telemetry.Used(calls.Org, told.Used, told.Maximum);
                Telemetry.Calls.Add(1, new KeyValuePair<string, object?>("connection", calls.Name), new KeyValuePair<string, object?>("status", (int)response.StatusCode));
                if (response.StatusCode == HttpStatusCode.Forbidden) await ThrowIfLimitReachedAsync(calls.Org, response, cancellationToken);
                await guard.SaveIfDueAsync(cancellationToken);
                return response;
            }
            catch
            {
                // Without an answer it may have arrived all the same.
                if (response is null) Count(request, calls);
                response?.Dispose();
                throw;
            }
        }
    }

    private void Count(HttpRequestMessage request, MeteredCalls calls)
    {
        request.Options.TryGetValue(OrgRequest.Counter, out var counter);
        counter?.AddCall();
        guard.CountCall(calls.Org, calls.Connection, counter?.Purpose ?? CallPurpose.Lookup, OrgRequest.KindOf(request.RequestUri));
    }

    private async Task ThrowIfLimitReachedAsync(OrgId org, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var refused = await ErrorClassifier.ReadAsync(response, cancellationToken);
        if (refused is { Kind: FailureKind.QuotaExhausted, ErrorCode: "REQUEST_LIMIT_EXCEEDED" })
            throw new QuotaStopException(refused.Message, await guard.LimitReachedAsync(org, cancellationToken), refused.Detail);
    }

    private static QuotaStopException Stop(MeteredCalls calls, ReservationResult.Denied denied) => new(
        denied.Maximum == 0
            ? "The org has used all of its API calls of the last 24 hours."
            : string.Create(CultureInfo.InvariantCulture,
                $"The org has used {denied.Used:N0} of its {denied.Maximum:N0} API calls of the last 24 hours; "
                + $"{calls.Name} stops at {denied.Threshold:N0} ({calls.ThresholdPercent} %)."),
        denied.Until);
}

/// <summary>Whose calls are metered.</summary>
/// <param name="ThresholdPercent">Of the org's daily calls by everybody; no call begins once they are reached. 1 to 100.</param>
/// <param name="Name">For people, where they are stopped.</param>
public sealed record MeteredCalls(OrgId Org, ConnectionId Connection, int ThresholdPercent, string Name);
