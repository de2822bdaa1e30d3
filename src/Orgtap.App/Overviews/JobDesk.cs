using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Storage;

namespace Orgtap.App.Overviews;

/// <summary>A job's last run, as JSON.</summary>
/// <param name="ApiCalls">What it cost; absent: it makes none, or they are not counted by run.</param>
public sealed record LastJobRunDocument(DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string Outcome, long? Run, long? ApiCalls);

/// <summary>A scheduled job as JSON, in the HTTP API and with <c>--json</c>.</summary>
/// <param name="Connection">Absent: it belongs to the installation.</param>
/// <param name="WaitsFor">What it waits for, when it is held.</param>
/// <param name="Frequency">As it is set; absent: it cannot be.</param>
public sealed record JobDocument(
    string? Connection, string Job, string Name, string Does, JobActivity State, string? WaitsFor, LastJobRunDocument? LastRun, DateTimeOffset? NextRun, string Often, string? Frequency, DateTimeOffset? StoppedAt, string? StoppedBy)
{
    public static JobDocument Of(ScheduledJob job) => new(job.Connection?.Name, job.Kind.Word(), job.Kind.Name(), job.Does, job.Activity, job.Held,
        job.Last is { } last ? new LastJobRunDocument(last.StartedAt, last.EndedAt, last.Words, last.Run?.Value, last.ApiCalls) : null, job.Next, job.Often, job.Frequency?.Text, job.StoppedAt, job.StoppedBy);
}

/// <summary>What becomes of a restart, as JSON.</summary>
public sealed record RestartDocument(int Jobs, IReadOnlyList<RestartStep> Steps);

/// <summary>Scheduled jobs, for page, verb and endpoint alike.</summary>
public sealed class JobDesk(ScheduledJobs jobs, ConnectionStore connections, JobRestarts restarts, AuditLog audit)
{
    /// <param name="connection">Only of this one; null: all, and the installation's.</param>
    public async Task<IReadOnlyList<JobDocument>> ListAsync(string? connection, CancellationToken cancellationToken)
    {
        if (connection is not null) await connections.GetAsync(connection, cancellationToken);
        return [.. (await jobs.ListAsync(cancellationToken)).Where(job => connection is null || string.Equals(job.Connection?.Name, connection, StringComparison.OrdinalIgnoreCase)).Select(JobDocument.Of)];
    }

    public async Task<JobDocument> StopAsync(string? connection, string job, string actor, CancellationToken cancellationToken)
    {
        var (found, kind) = (await FindAsync(connection, cancellationToken), JobKinds.Parse(job));
        await jobs.StopAsync(found, kind, actor, cancellationToken);
        await audit.WriteAsync(actor, "job.stopped", found?.Name ?? "orgtap", kind.Name(), cancellationToken);
        return await GetAsync(found, kind, cancellationToken);
    }

    /// <param name="here">This process runs jobs.</param>
    public async Task<JobDocument> StartAsync(string? connection, string job, bool here, string actor, CancellationToken cancellationToken)
    {
        var (found, kind) = (await FindAsync(connection, cancellationToken), JobKinds.Parse(job));
        await jobs.StartAsync(found, kind, actor, here, cancellationToken);
        await audit.WriteAsync(actor, "job.started", found?.Name ?? "orgtap", kind.Name(), cancellationToken);
        return await GetAsync(found, kind, cancellationToken);
    }

    public async Task<JobDocument> SetFrequencyAsync(string connection, string job, string frequency, string actor, CancellationToken cancellationToken)
    {
        var (found, kind, parsed) = (await connections.GetAsync(connection, cancellationToken), JobKinds.Parse(job), UpdateFrequency.Parse(frequency));
        await jobs.SetFrequencyAsync(found, kind, parsed, cancellationToken);
        await audit.WriteAsync(actor, "job.scheduled", found.Name, $"{kind.Name()}: {parsed.Words}", cancellationToken);
        return await GetAsync(found, kind, cancellationToken);
    }

    /// <summary>Restarts what runs now, in the background.</summary>
    public async Task<RestartDocument> RestartAsync(string actor, CancellationToken cancellationToken)
    {
        var count = await jobs.RestartAsync(actor, cancellationToken);
        await audit.WriteAsync(actor, "jobs.restarted", "orgtap", count == 1 ? "1 job" : $"{count} jobs", cancellationToken);
        return new RestartDocument(count, restarts.ProgressOfAll);
    }

    /// <summary>Ends a restart behind the job that is stopped at this moment.</summary>
    public RestartDocument EndRestart()
    {
        restarts.EndAll();
        return Restart();
    }

    /// <summary>How far the last restart is.</summary>
    public RestartDocument Restart() => new(restarts.ProgressOfAll.Count, restarts.ProgressOfAll);

    private async Task<Connection?> FindAsync(string? connection, CancellationToken cancellationToken) => connection is null ? null : await connections.GetAsync(connection, cancellationToken);

    private async Task<JobDocument> GetAsync(Connection? connection, JobKind kind, CancellationToken cancellationToken) =>
        (await jobs.ListAsync(cancellationToken)).FirstOrDefault(job => job.Kind == kind && job.Connection?.Id == connection?.Id) is { } job ? JobDocument.Of(job)
            // Conversations that are off have no job to show.
            : new JobDocument(connection?.Name, kind.Word(), kind.Name(), "", JobActivity.Held, "for conversations to be set up", null, null, "", null, null, null);
}
