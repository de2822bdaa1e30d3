using Microsoft.Extensions.Logging;
using Orgtap.Connections;
using Orgtap.Primitives;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>
/// Keeps the promise of every error card that says <em>we retry at …</em> or <em>we resume about …</em>: starts a sync of each connection whose time has come.
/// The promise is read from the control store each time, so a restart, a pause or a repair in between is seen.
/// </summary>
public sealed partial class DueRetries(ConnectionStore connections, SyncJobs jobs, TimeProvider time, ILogger<DueRetries> logger)
{
    /// <summary>How often promises are looked at; they are kept no later than this.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>Who started such a run, as its history names it.</summary>
    public const string Actor = "scheduler";

    /// <returns>How many syncs were started.</returns>
    public async Task<int> StartAsync(CancellationToken cancellationToken)
    {
        var started = 0;
        foreach (var connection in await connections.ListAsync(cancellationToken))
        {
            if (connection is not { SyncEnabled: true, Problem.RetryAt: { } at } || at > time.GetUtcNow()) continue;
            try
            {
                if (await jobs.StartAsync(connection.Id, Actor, cancellationToken) is not StartOutcome.Started run) continue;
                started++;
                Retried(connection.Name, run.RunId);
            }
            catch (InvalidInputException refusal)
            {
                // E.g. everything was deselected meanwhile; whoever did that sees it on the page.
                NotRetried(connection.Name, refusal.Message);
            }
        }
        return started;
    }

    [LoggerMessage(7001, LogLevel.Information, "{Connection} is synced again as announced: run {RunId}")]
    private partial void Retried(string connection, RunId runId);

    [LoggerMessage(7002, LogLevel.Information, "{Connection} is not synced again: {Reason}")]
    private partial void NotRetried(string connection, string reason);
}

/// <summary>The job that looks at the promises.</summary>
[DisallowConcurrentExecution]
public sealed class DueRetriesJob(DueRetries retries) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) => await retries.StartAsync(cancellationToken);
}
