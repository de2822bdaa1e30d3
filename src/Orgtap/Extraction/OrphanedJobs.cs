using Microsoft.Extensions.Logging;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Bulk;

namespace Orgtap.Extraction;

/// <summary>
/// Deletes the job that a process may have made and died before it could write down. Salesforce tells of a job its creator, object, kind, form and time, but not
/// its query; only a job that is ours in all of these, made within minutes of the intention, is touched.
/// </summary>
internal sealed partial class OrphanedJobs(SalesforceClient client, ILogger logger)
{
    // The org's clock and ours differ, and a request may take its time before Salesforce begins with it.
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(1), Behind = TimeSpan.FromMinutes(5);

    public async Task DeleteAsync(string sobject, BulkIntention intention, CancellationToken cancellationToken)
    {
        try
        {
            var user = await client.UserIdAsync(cancellationToken);
            foreach (var job in await client.Bulk.ListAsync(cancellationToken))
            {
                if (!IsOurs(job, sobject, user, intention.At)) continue;
                if (!job.IsFinished) await client.Bulk.AbortAsync(job.Id, job.ApiVersion, cancellationToken);
                await client.Bulk.DeleteAsync(job.Id, job.ApiVersion, cancellationToken);
                Deleted(job.Id, sobject);
            }
        }
        catch (SalesforceException failure) when (failure.Kind is FailureKind.Unsupported or FailureKind.Permission or FailureKind.Defect)
        {
            // It would vanish after 7 days anyway; the load must not fail for this.
            NotLookedFor(sobject, failure.Message, failure.Detail);
        }
    }

    /// <summary>Pure.</summary>
    internal static bool IsOurs(BulkJob job, string sobject, string? user, DateTimeOffset intended) =>
        user is not null && string.Equals(job.CreatedById, user, StringComparison.Ordinal) && string.Equals(job.Object, sobject, StringComparison.OrdinalIgnoreCase)
        && job.Operation == "queryAll" && job.CreatedDate is { } made && made >= intended - Before && made <= intended + Behind;

    [LoggerMessage(4104, LogLevel.Information, "Bulk job {JobId} of {SObject} was made by a process that died; it is deleted")]
    private partial void Deleted(string jobId, string sobject);

    [LoggerMessage(4105, LogLevel.Information, "Bulk jobs of {SObject} that a dead process may have left were not looked for: {Reason} {Detail}")]
    private partial void NotLookedFor(string sobject, string reason, string? detail);
}
