using System.Net;
using System.Runtime.ExceptionServices;
using Orgtap.Salesforce;

namespace Orgtap.Extraction;

/// <summary>What a REST load does when Salesforce finds a query too long, too slow or too large, or has lost its next page: it asks for less, or once more.</summary>
internal sealed class RestTrouble(SalesforceClient client, ExtractionPlan plan, OrgCapabilities org, IdSpan span)
{
    private const int MostLocatorsLost = 3;

    private int _locatorsLost;
    private (string First, string Last)? _range;

    /// <summary>Where a Bulk job can take over, a query that is too long or too slow is left to it.</summary>
    public static bool CanMend(ExtractionPlan plan, SalesforceException refusal) =>
        refusal.ErrorCode is "INVALID_QUERY_LOCATOR" or "OPERATION_TOO_LARGE" || (plan.RestOnly && (refusal.ErrorCode == "QUERY_TIMEOUT" || IsTooLong(refusal)));

    public static bool IsTooLong(SalesforceException refusal) => refusal.StatusCode is HttpStatusCode.RequestUriTooLong or HttpStatusCode.RequestHeaderFieldsTooLarge;

    /// <summary>A page was read.</summary>
    public void Progress() => _locatorsLost = 0;

    /// <summary>Prepares the next question after one that was refused.</summary>
    /// <exception cref="Primitives.OrgtapException">There is no other way of asking.</exception>
    public async Task MendAsync(SalesforceException refusal, CancellationToken cancellationToken)
    {
        if (IsTooLong(refusal))
        {
            if (!org.ShortenQueries()) throw ExtractionFailures.QueryTooLong(plan.SObject, refusal);
        }
        else if (refusal.ErrorCode == "INVALID_QUERY_LOCATOR")
        {
            // The question is asked anew, behind the last row.
            if (++_locatorsLost > MostLocatorsLost) ExceptionDispatchInfo.Throw(refusal);
        }
        else
        {
            _range ??= await RangeAsync(refusal, cancellationToken);
            if (_range is { } range && span.Narrow(range)) return;
            if (refusal.ErrorCode == "QUERY_TIMEOUT") throw ExtractionFailures.TooSlow(plan.SObject, refusal);
            ExceptionDispatchInfo.Throw(refusal);
        }
    }

    private async Task<(string, string)?> RangeAsync(SalesforceException refusal, CancellationToken cancellationToken)
    {
        try
        {
            return await client.IdRangeAsync(plan.SObject, cancellationToken);
        }
        catch (SalesforceException same) when (same.ErrorCode == refusal.ErrorCode)
        {
            return null;
        }
    }
}
