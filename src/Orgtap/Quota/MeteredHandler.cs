using System.Globalization;
using System.Net;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Quota;

/// <summary>
/// Sits directly above the network, so that it sees every call, repeated ones too: reserves before sending, learns from the answer, counts. Lists of
/// API versions pass, since Salesforce does not count them.
/// </summary>
/// <exception cref="QuotaStopException">The connection's threshold or the org's own limit is reached.</exception>
public sealed class MeteredHandler(QuotaGuard guard, ConnectionStore connections, ConnectionId connectionId) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (OrgRequest.IsVersionList(request.RequestUri)) return await base.SendAsync(request, cancellationToken);
        // Read for each call: a changed threshold holds from the next call on.
        if (await connections.FindAsync(connectionId, cancellationToken) is not { OrgId: { } org } connection)
            throw new OrgtapException(FailureKind.ReauthorizationRequired, "The connection is not authorized.", "Authorize it.");

        var decision = await guard.ReserveAsync(org, connectionId, connection.QuotaThresholdPercent, cancellationToken);
        if (decision is not ReservationResult.Granted { Reservation: var reservation }) throw Stop(connection, (ReservationResult.Denied)decision);
        using (reservation)
        {
            guard.CountCall(org, connectionId);
            if (request.Options.TryGetValue(OrgRequest.Counter, out var counter)) counter.AddCall();
            var response = await base.SendAsync(request, cancellationToken);
            try
            {
                response.RequestMessage ??= request;
                // A session that ended during a stop must not spoil the probe: such a refusal says nothing of the org's use.
                if (response.StatusCode == HttpStatusCode.Unauthorized && ApiUseHeader.Of(response.Headers) is null) reservation.Release();
                reservation.Settle(ApiUseHeader.Of(response.Headers));
                if (response.StatusCode == HttpStatusCode.Forbidden) await ThrowIfLimitReachedAsync(org, response, cancellationToken);
                await guard.SaveIfDueAsync(cancellationToken);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }

    private async Task ThrowIfLimitReachedAsync(OrgId org, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var refused = await ErrorClassifier.ReadAsync(response, cancellationToken);
        if (refused is { Kind: FailureKind.QuotaExhausted, ErrorCode: "REQUEST_LIMIT_EXCEEDED" })
            throw new QuotaStopException(refused.Message, guard.LimitReached(org), refused.Detail);
    }

    private static QuotaStopException Stop(Connection connection, ReservationResult.Denied denied) => new(
        denied.Maximum == 0
            ? "The org has used all of its API calls of the last 24 hours."
            : string.Create(CultureInfo.InvariantCulture,
                $"The org has used {denied.Used:N0} of its {denied.Maximum:N0} API calls of the last 24 hours; "
                + $"{connection.Name} stops at {denied.Threshold:N0} ({connection.QuotaThresholdPercent} %)."),
        denied.Until);
}
