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
public sealed partial class DueSyncs(ConnectionStore connections, SelectionStore selections, RunStore runs, SyncJobs jobs, JobStates states, TimeProvider time, ILogger<DueSyncs> logger)
{
    /// <summary>How often it is looked; a sync begins no later than this behind its time.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>Who started such a run, as its history names it.</summary>
    public const string Actor = "scheduler";

    /// <returns>How many syncs were started.</returns>
    public async Task<int> StartAsync(CancellationToken cancellationToken)
    {
        await jobs.GoOnAsync(cancellationToken);
        var (started, now) = (0, time.GetUtcNow());
        var (history, decisions) = (await runs.LastStartsAsync(cancellationToken), await states.AllAsync(cancellationToken));
        foreach (var connection in await connections.ListAsync(cancellationToken))
        {
            var past = history.GetValueOrDefault(connection.Id) ?? RunStarts.None;
            if (DueOf(connection, past, decisions, now) is not { } kind) continue;
            // Nothing chosen yet, or nothing left: whoever did that sees it on the page.
            if ((await selections.GetAsync(connection.Id, cancellationToken)).Count == 0) continue;
            try
            {
                if (await jobs.StartAsync(connection.Id, new SyncWish(kind.Purpose(), []), Actor, cancellationToken) is not StartOutcome.Started run) continue;
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

    /// <summary>Makes syncs due at once that the end of the process interrupted; a connection with a problem of its own keeps that.</summary>
    public async Task GoOnAsync(IEnumerable<ConnectionId> interrupted, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var id in interrupted)
            if (await connections.FindAsync(id, cancellationToken) is { SyncEnabled: true, Problem: null })
                await connections.SetProblemAsync(id, new Problem(FailureKind.Transient, Turn.We, "Orgtap ended while a sync was under way. Everything it had committed is kept.", "The sync goes on by itself.", now, now, null), cancellationToken);
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

    /// <summary>When one of the connection's jobs runs next by itself. Pure.</summary>
    /// <returns>Null: not by itself, or not before the sync is started again.</returns>
    public static DateTimeOffset? NextAt(JobKind kind, Connection connection, RunStarts past, JobDecisions decisions)
    {
        if (decisions.IsStopped(connection.Id, JobKind.Sync) || decisions.IsStopped(connection.Id, kind)) return null;
        var sync = NextAt(connection, past.Last);
        if (kind == JobKind.Sync) return sync;
        // Nothing to keep honest before the first load, and nothing by itself where nobody wants that.
        if (sync is null || past.Last is null || connection.Frequency.NextAfter(connection.CreatedAt, connection.Id) is null) return null;
        var last = kind == JobKind.Deletes ? past.LastReconcile : past.LastRefresh;
        var next = decisions.FrequencyOf(connection.Id, kind).NextAfter(last ?? connection.CreatedAt, connection.Id);
        // What holds the sync up holds up everything that asks the org.
        return connection.Problem is { RetryAt: { } retry } && next < retry ? retry : next;
    }

    /// <summary>The job that has to run now; null: none. What does more goes first, because it brings the tables up to date as well. Pure.</summary>
    internal static JobKind? DueOf(Connection connection, RunStarts past, JobDecisions decisions, DateTimeOffset now)
    {
        // What was noted while a clock was wrong does not bind until that clock would have been right.
        past = past.Until(now);
        if (connection.Problem is { RetryAt: not null } problem && problem.Since > now + RunStarts.Tolerance) connection = connection with { Problem = problem with { RetryAt = now } };
        foreach (var kind in (ReadOnlySpan<JobKind>)[JobKind.Deletes, JobKind.FormulaRefresh, JobKind.Sync])
            if (NextAt(kind, connection, past, decisions) is { } due && due <= now) return kind;
        return null;
    }

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
