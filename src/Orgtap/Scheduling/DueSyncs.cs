using Microsoft.Extensions.Logging;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Syncs;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>
/// Starts the syncs whose time has come: by each connection's update frequency, and as its error card announces (<em>we retry at …</em>, <em>we resume about …</em>). What is due is computed from the
/// control store each time, so a restart, a pause, a changed setting or a repair in between is seen, and times that were missed collapse to one sync.
/// </summary>
public sealed partial class DueSyncs(ConnectionStore connections, SelectionStore selections, RunStore runs, SyncJobs jobs, TimeProvider time, ILogger<DueSyncs> logger)
{
    /// <summary>How often it is looked; a sync begins no later than this behind its time.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>Who started such a run, as its history names it.</summary>
    public const string Actor = "scheduler";

    /// <summary>How often a scheduled sync also compares all Ids, and reads formulas again.</summary>
    public static readonly TimeSpan ReconcileEvery = TimeSpan.FromDays(7), RefreshEvery = TimeSpan.FromDays(1);

    /// <returns>How many syncs were started.</returns>
    public async Task<int> StartAsync(CancellationToken cancellationToken)
    {
        var (started, now) = (0, time.GetUtcNow());
        var history = await runs.LastStartsAsync(cancellationToken);
        foreach (var connection in await connections.ListAsync(cancellationToken))
        {
            var past = history.GetValueOrDefault(connection.Id) ?? RunStarts.None;
            if (NextAt(connection, past.Last) is not { } due || due > now) continue;
            // Nothing chosen yet, or nothing left: whoever did that sees it on the page.
            if ((await selections.GetAsync(connection.Id, cancellationToken)).Count == 0) continue;
            try
            {
                if (await jobs.StartAsync(connection.Id, new SyncWish(PurposeOf(past, connection, now), []), Actor, cancellationToken) is not StartOutcome.Started run) continue;
                started++;
                Begun(connection.Name, run.RunId);
            }
            catch (InvalidInputException refusal)
            {
                NotBegun(connection.Name, refusal.Message);
            }
        }
        return started;
    }

    /// <summary>When the connection syncs next by itself. Pure.</summary>
    /// <param name="lastStart">When its newest run began; null: there was none.</param>
    /// <returns>Null: not by itself.</returns>
    public static DateTimeOffset? NextAt(Connection connection, DateTimeOffset? lastStart)
    {
        if (!connection.SyncEnabled || connection.OrgId is null) return null;
        // Until somebody authorizes it again, every sync would only ask in vain.
        if (connection.Problem is { Kind: FailureKind.ReauthorizationRequired }) return null;
        var scheduled = connection.Frequency.NextAfter(lastStart ?? connection.CreatedAt, connection.Id);
        return connection.Problem switch
        {
            // The quota's stop ends when it says, not sooner.
            { Kind: FailureKind.QuotaExhausted, RetryAt: { } resumes } => resumes,
            { RetryAt: { } retry } when scheduled is null || retry < scheduled => retry,
            _ => scheduled,
        };
    }

    /// <summary>What a sync that is due does besides. Pure.</summary>
    internal static RunPurpose PurposeOf(RunStarts past, Connection connection, DateTimeOffset now) =>
        past.Last is null ? RunPurpose.Sync
        : now - (past.LastReconcile ?? connection.CreatedAt) >= ReconcileEvery ? RunPurpose.Reconcile
        : now - (past.LastRefresh ?? connection.CreatedAt) >= RefreshEvery ? RunPurpose.Refresh
        : RunPurpose.Sync;

    [LoggerMessage(7001, LogLevel.Information, "{Connection} is due: run {RunId}")]
    private partial void Begun(string connection, RunId runId);

    [LoggerMessage(7002, LogLevel.Information, "{Connection} is due and not synced: {Reason}")]
    private partial void NotBegun(string connection, string reason);
}

/// <summary>The job that looks for syncs that are due.</summary>
[DisallowConcurrentExecution]
public sealed class DueSyncsJob(DueSyncs due) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) => await due.StartAsync(cancellationToken);
}
