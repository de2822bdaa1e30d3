using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Salesforce;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

/// <summary>The installation's own API calls to an org for one purpose.</summary>
/// <param name="Connection">By name; one that is gone: its id.</param>
/// <param name="Purpose">What for, e.g. Sync.</param>
/// <param name="Interface">Through which of Salesforce's interfaces, e.g. Bulk.</param>
/// <param name="Calls">In the last 24 hours.</param>
public sealed record OwnCallsDocument(string Connection, CallPurpose Purpose, ApiKind Interface, long Calls);

/// <summary>What a frequency would cost.</summary>
/// <param name="Every">As it is set, e.g. 15m.</param>
/// <param name="SharePercent">Of the org's calls of a day; absent while its limit is unknown.</param>
/// <param name="IsNow">It is the one in use.</param>
/// <param name="Fits">The most frequent one that leaves the org's calls alone.</param>
public sealed record FrequencyDocument(string Every, string Words, long CallsADay, double? SharePercent, bool IsNow, bool Fits)
{
    /// <summary>Of every frequency with an interval, from often to seldom. Pure.</summary>
    public static IReadOnlyList<FrequencyDocument> ListOf(long callsPerSync, ConnectionOverview overview)
    {
        var costs = SettingsChange.CostsOf(callsPerSync, SyncForecast.HourlyOf(overview.Selection.Count), overview.Use?.Maximum);
        var fitting = SettingsChange.Fitting(costs, overview.Use, overview.Connection.QuotaThresholdPercent);
        return [.. costs.Select(cost => new FrequencyDocument(cost.Frequency.Text, cost.Frequency.Words, cost.CallsADay, cost.SharePercent, cost.Frequency.Text == overview.Connection.Frequency.Text, cost == fitting))];
    }
}

/// <summary>A sync's cost as it was foretold, and as it was.</summary>
public sealed record ForetoldRunDocument(long Run, DateTimeOffset StartedAt, long Expected, long Made);

/// <summary>What a connection's calls are, were foretold to be, and would be. Costs no call.</summary>
/// <param name="Use">Of the whole org; absent while nothing is known.</param>
/// <param name="Own">By all connections to the org, most first.</param>
/// <param name="CallsPerSync">Of a sync of changes.</param>
/// <param name="IsMeasured">It is the middle of the latest such syncs; else, before the first, the least one can take.</param>
/// <param name="CallsPerHour">Of an hour's first sync, besides: whether tables and fields have changed.</param>
/// <param name="Foretold">Newest first.</param>
/// <param name="ErrorPercent">The middle one of the differences between foretold and made; absent while there is none.</param>
public sealed record CallsDocument(
    ApiUseDocument? Use, IReadOnlyList<OwnCallsDocument> Own, long CallsPerSync, bool IsMeasured, IReadOnlyList<FrequencyDocument> Frequencies, long CallsPerHour, IReadOnlyList<ForetoldRunDocument> Foretold, double? ErrorPercent);

/// <summary>Says of a connection's API calls what page, verb and endpoint alike show.</summary>
public sealed class CallsDesk(QuotaGuard quota, ConnectionStore connections, RunStore runs, OverviewReader overviews, SettingsChange settings)
{
    private const int Runs = 20;

    public async Task<CallsDocument> OfAsync(Connection connection, CancellationToken cancellationToken)
    {
        var overview = await overviews.OfAsync(connection, cancellationToken);
        var names = (await connections.ListAsync(cancellationToken)).ToDictionary(each => each.Id, each => each.Name);
        var own = connection.OrgId is { } org ? await quota.OwnCallsAsync(org, cancellationToken) : [];
        var (perSync, measured) = await settings.CallsPerSyncAsync(overview, cancellationToken);
        var foretold = (await runs.ListAsync(connection.Id, Runs, cancellationToken)).Where(run => run is { Outcome: RunOutcome.Completed, ExpectedCalls: not null })
            .Select(run => new ForetoldRunDocument(run.Id.Value, run.StartedAt, run.ExpectedCalls!.Value, run.ApiCalls)).ToList();
        return new CallsDocument(
            ApiUseDocument.Of(overview),
            [.. own.Select(calls => new OwnCallsDocument(names.GetValueOrDefault(calls.Connection, calls.Connection.Value), calls.Purpose, calls.Kind, calls.Calls))],
            perSync, measured, FrequencyDocument.ListOf(perSync, overview), SyncForecast.HourlyOf(overview.Selection.Count),
            foretold, ErrorOf(foretold));
    }

    /// <summary>The middle one of the differences, in percent of what was made. Pure.</summary>
    public static double? ErrorOf(IReadOnlyList<ForetoldRunDocument> foretold)
    {
        var errors = foretold.Where(run => run.Made > 0).Select(run => 100.0 * Math.Abs(run.Expected - run.Made) / run.Made).Order().ToList();
        return errors.Count == 0 ? null : errors[errors.Count / 2];
    }
}
