using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Records;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

/// <summary>Settings of a connection that are to change.</summary>
/// <param name="SyncEnabled">Absent: stays as it is.</param>
/// <param name="UpdateFrequency">manual, weekly, daily, 12h … 5m, or cron:EXPRESSION@ZONE; absent: stays.</param>
/// <param name="QuotaThresholdPercent">1 to 100; absent: stays.</param>
public sealed record SettingsDocument(bool? SyncEnabled = null, string? UpdateFrequency = null, int? QuotaThresholdPercent = null);

/// <summary>What a frequency costs.</summary>
/// <param name="SharePercent">Of the org's day; null while its limit is unknown.</param>
public sealed record FrequencyCost(UpdateFrequency Frequency, long CallsADay, double? SharePercent);

/// <summary>Changes settings, for page and endpoint alike: everything is checked before anything is changed, and only what differs is written and audited.</summary>
public sealed class SettingsChange(ConnectionStore connections, RunStore runs, AuditLog audit)
{
    /// <exception cref="InvalidInputException">A value is not possible; nothing was changed.</exception>
    public async Task ApplyAsync(Connection connection, SettingsDocument wanted, string actor, CancellationToken cancellationToken)
    {
        var frequency = wanted.UpdateFrequency is { } text ? UpdateFrequency.Parse(text) : connection.Frequency;
        if (wanted.QuotaThresholdPercent is < 1 or > 100)
            throw new InvalidInputException($"An API quota threshold of {wanted.QuotaThresholdPercent} % is not possible.", "Give a whole number from 1 to 100.");
        if (wanted.SyncEnabled is { } enabled && enabled != connection.SyncEnabled)
        {
            await connections.SetSyncEnabledAsync(connection.Id, enabled, cancellationToken);
            await audit.WriteAsync(actor, enabled ? "connection.resumed" : "connection.paused", connection.Name, null, cancellationToken);
        }
        if (frequency.Text != connection.Frequency.Text)
        {
            await connections.SetFrequencyAsync(connection.Id, frequency, cancellationToken);
            await audit.WriteAsync(actor, "schedule.set", connection.Name, frequency.Words, cancellationToken);
        }
        if (wanted.QuotaThresholdPercent is { } percent && percent != connection.QuotaThresholdPercent)
        {
            await connections.SetQuotaThresholdAsync(connection.Id, percent, cancellationToken);
            await audit.WriteAsync(actor, "threshold.set", connection.Name, $"{percent} %", cancellationToken);
        }
    }

    /// <summary>Calls that one sync of changes takes, besides what is asked once an hour: the middle of the latest ones; while there was none, the least it can take.</summary>
    public async Task<(long Calls, bool IsMeasured)> CallsPerSyncAsync(ConnectionOverview overview, CancellationToken cancellationToken)
    {
        var calls = (await runs.ListAsync(overview.Connection.Id, 20, cancellationToken))
            .Where(run => run is { Outcome: RunOutcome.Completed, Purpose: RunPurpose.Sync } && run.Tables.All(table => table.Receipt?.Mode is not (LoadMode.Backfill or LoadMode.Columns)))
            .Select(run => run.ApiCalls).Order().ToList();
        var (tables, least) = (overview.Selection.Count, SyncForecast.LeastOf(overview.Selection.Count));
        // Whether a sync was the first of its hour is not known of it; no sync takes less than the least.
        return calls.Count == 0 ? (least, false) : (Math.Max(calls[calls.Count / 2] - SyncForecast.HourlyOf(tables), least), true);
    }

    /// <summary>The most frequent one that takes no more than a twentieth of the org's calls and, with what everybody else uses, stays under the threshold. Pure.</summary>
    /// <param name="costs">From often to seldom.</param>
    /// <param name="use">Null: unknown, and so is what fits.</param>
    public static FrequencyCost? Fitting(IReadOnlyList<FrequencyCost> costs, ApiUse? use, int thresholdPercent) => use is not { Maximum: > 0 } known ? null
        : costs.FirstOrDefault(cost => cost.CallsADay * 20 <= known.Maximum && Math.Max(known.Used - known.Own, 0) + cost.CallsADay < known.Maximum * thresholdPercent / 100);

    /// <summary>What each frequency with an interval would cost, from often to seldom. Pure.</summary>
    /// <param name="hourly">Calls of an hour's first sync that are not among <paramref name="callsPerSync"/>.</param>
    /// <param name="maximum">The org's daily limit; null: unknown.</param>
    public static IReadOnlyList<FrequencyCost> CostsOf(long callsPerSync, long hourly, long? maximum) =>
    [
        .. UpdateFrequency.Offered.Reverse().Where(offered => offered.Interval is not null).Select(offered =>
        {
            var calls = SyncForecast.PerDay(callsPerSync, hourly, offered.Interval!.Value);
            return new FrequencyCost(offered, calls, maximum is > 0 ? 100.0 * calls / maximum : null);
        }),
    ];
}
