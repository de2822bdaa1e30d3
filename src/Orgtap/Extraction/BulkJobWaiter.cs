using Microsoft.Extensions.Logging;
using Orgtap.Salesforce.Bulk;

namespace Orgtap.Extraction;

/// <summary>Waits until a Bulk job has ended. Every look costs a call, so they grow apart.</summary>
internal sealed partial class BulkJobWaiter(BulkQueryApi bulk, TimeSpan patience, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    // A job that takes that long will not be missed by minutes.
    private static readonly TimeSpan LongJob = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestDelayOfLongJob = TimeSpan.FromMinutes(5);

    /// <exception cref="Primitives.OrgtapException">Transient: it took longer than the patience allows.</exception>
    /// <returns>The ended job; null if Salesforce no longer has it.</returns>
    public async Task<BulkJob?> WaitAsync(BulkJob job, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            for (var delay = FirstDelay; !job.IsFinished; delay *= 2)
            {
                var elapsed = time.GetElapsedTime(started);
                if (elapsed > patience) throw new BulkJobStuckException(job.Object ?? "the table", job.Id);
                var longest = elapsed > LongJob ? LongestDelayOfLongJob : LongestDelay;
                if (delay > longest) delay = longest;
                await Task.Delay(delay, time, cancellationToken);
                job = await bulk.GetAsync(job.Id, job.ApiVersion, cancellationToken);
            }
        }
        catch (BulkJobGoneException)
        {
            return null;
        }
        JobEnded(job.Id, job.Object, job.State, job.NumberRecordsProcessed, time.GetElapsedTime(started));
        return job;
    }

    [LoggerMessage(4101, LogLevel.Information, "Bulk job {JobId} of {SObject} ended as {State} with {Records} records after {Elapsed}")]
    private partial void JobEnded(string jobId, string? sobject, BulkJobState state, long? records, TimeSpan elapsed);
}
