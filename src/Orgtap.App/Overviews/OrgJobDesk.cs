using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce.Jobs;
using Orgtap.Scheduling;
using Orgtap.Storage;

namespace Orgtap.App.Overviews;

/// <summary>A job inside an org as JSON, in the HTTP API and with <c>--json</c>.</summary>
/// <param name="Id">What it is stopped and started by.</param>
/// <param name="SalesforceState">In Salesforce's words; absent: the org no longer has it.</param>
/// <param name="WhyNot">Why it can be neither stopped nor started from here; absent: it can.</param>
public sealed record OrgJobDocument(
    string Id, string Name, OrgJobGroup Group, string Does, string? ClassName, OrgJobActivity State, string? SalesforceState, DateTimeOffset? LastRun, string? Outcome, DateTimeOffset? NextRun, string? Often,
    DateTimeOffset? StoppedAt, string? StoppedBy, bool CanStop, bool CanStart, string? WhyNot)
{
    public static OrgJobDocument Of(OrgJob job) => new(job.Id, job.Name, job.Group, job.Does, job.ClassName, job.Activity, job.State, job.Last, job.LastWords, job.Next, job.Often, job.StoppedAt, job.StoppedBy, job.CanStop, job.CanStart, job.WhyNot);
}

/// <summary>What a connection's org showed of its jobs, as JSON.</summary>
/// <param name="SeenAt">How old the list is.</param>
/// <param name="ApiCalls">What the look cost.</param>
/// <param name="Package">Whether the org has the Apex that stops and starts jobs: Installed, Missing, NoAccess or Silent.</param>
/// <param name="NotShown">What of the org's jobs could not be seen, and why; absent: nothing.</param>
/// <param name="IsCut">The org has more jobs than are listed.</param>
public sealed record OrgJobsDocument(string Connection, DateTimeOffset SeenAt, long ApiCalls, string Package, string? NotShown, bool IsCut, IReadOnlyList<OrgJobDocument> Jobs)
{
    public static OrgJobsDocument Of(Connection connection, OrgJobList list) => new(connection.Name, list.Seen.SeenAt, list.Seen.ApiCalls, list.Seen.Package.GetType().Name,
        list.Seen.RunsRefused is { } refused ? $"{refused.Message} {refused.NextStep}" : null, list.Seen.IsCut, [.. list.Jobs.Select(OrgJobDocument.Of)]);
}

/// <summary>What stopping or starting an org job came to, as JSON.</summary>
/// <param name="Id">After a start, the Id it has now.</param>
/// <param name="Changed">False: it was so already, and nothing was sent to the org.</param>
public sealed record OrgJobChangeDocument(string Connection, string Id, string Name, OrgJobActivity State, bool Changed, DateTimeOffset? NextRun, string? Often);

/// <summary>Jobs inside the orgs, for page, verb and endpoint alike.</summary>
public sealed class OrgJobDesk(OrgJobs jobs, AuditLog audit)
{
    /// <param name="again">Looks anew; otherwise the last look of this process will do.</param>
    public async Task<OrgJobList> ListAsync(Connection connection, bool again, CancellationToken cancellationToken) =>
        (again ? null : await jobs.LastAsync(connection, cancellationToken)) ?? await jobs.LookAsync(connection, cancellationToken);

    /// <returns>Null: nobody has looked.</returns>
    public Task<OrgJobList?> LastAsync(Connection connection, CancellationToken cancellationToken) => jobs.LastAsync(connection, cancellationToken);

    public async Task<OrgJobChangeDocument> StopAsync(Connection connection, string job, string actor, CancellationToken cancellationToken)
    {
        var change = await TriedAsync(() => jobs.StopAsync(connection, job, actor, cancellationToken), actor, "org-job.stop-sent", connection, job);
        if (change.Changed) await audit.WriteAsync(actor, "org-job.stopped", connection.Name, $"{change.Name} ({change.Id})", CancellationToken.None);
        return new OrgJobChangeDocument(connection.Name, change.Id, change.Name, change.Id.StartsWith("707", StringComparison.Ordinal) ? OrgJobActivity.Ended : OrgJobActivity.Stopped, change.Changed, null, null);
    }

    public async Task<OrgJobChangeDocument> StartAsync(Connection connection, string job, string actor, CancellationToken cancellationToken)
    {
        var change = await TriedAsync(() => jobs.StartAsync(connection, job, cancellationToken), actor, "org-job.start-sent", connection, job);
        if (change.Changed) await audit.WriteAsync(actor, "org-job.started", connection.Name, $"{change.Name} ({change.Id})", CancellationToken.None);
        var now = change.Schedule is { } schedule ? OrgJobRules.Of(schedule, new JobsPackage.Missing()) : null;
        return new OrgJobChangeDocument(connection.Name, change.Id, change.Name, now?.Activity ?? OrgJobActivity.Waiting, change.Changed, now?.Next, now?.Often);
    }

    // What was sent and had no answer may have been done: the log says who sent it.
    private async Task<OrgJobChange> TriedAsync(Func<Task<OrgJobChange>> change, string actor, string action, Connection connection, string job)
    {
        try
        {
            return await change();
        }
        catch (OrgJobNotKnownException)
        {
            await audit.WriteAsync(actor, action, connection.Name, $"{job.Trim()}: no answer came", CancellationToken.None);
            throw;
        }
    }
}
