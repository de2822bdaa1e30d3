using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Salesforce;
using Orgtap.Salesforce.Bulk;

namespace Orgtap.Extraction;

/// <summary>Loads through a Bulk API 2.0 query job (product C1).</summary>
/// <param name="orgTime">The org's clock, which says when its jobs were made.</param>
public sealed partial class BulkExtractor(SalesforceClient client, ByteBudget budget, OrgCapabilities org, ExtractionOptions options, TimeProvider time, TimeProvider orgTime, ILogger<BulkExtractor> logger)
    : IExtractor
{
    public async IAsyncEnumerable<Page> ReadAsync(ExtractionPlan plan, Checkpoint from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (load, pageRows) = (from, (int?)null);
        while (true)
        {
            var position = load.Position as BulkPosition;
            if (position is null || !IsBehindLastPage(position))
            {
                if (load.Position is BulkIntention intention) await new OrphanedJobs(client, logger).DeleteAsync(plan.SObject, intention, cancellationToken);
                var job = position is null ? null : await FindAsync(position, cancellationToken);
                for (var attempt = 1; job?.State != BulkJobState.JobComplete; attempt++)
                {
                    if (job is null)
                    {
                        load = load with { Position = new BulkIntention(LoadSteps.WholeMilliseconds(orgTime.GetUtcNow())), Expected = null };
                        yield return Loads.Begin(load);
                        job = await client.Bulk.CreateAsync(LoadQuery.Slice(plan, load).ToString(), includeDeleted: true, cancellationToken);
                        position = new BulkPosition(job.Id, job.ApiVersion, null, []);
                        load = load with { Position = position };
                        // Committed before anything else, so that a crash goes on with this job instead of paying for another.
                        yield return Loads.Begin(load);
                    }
                    var ended = await new BulkJobWaiter(client.Bulk, options.JobPatience, time, logger).WaitAsync(job, cancellationToken);
                    if (ended?.State == BulkJobState.JobComplete)
                    {
                        job = ended;
                        break;
                    }
                    JobLost(job.Id, plan.SObject, ended?.State.ToString() ?? "gone", ended?.ErrorMessage);
                    if (attempt == 2) throw ExtractionFailures.JobFailed(plan.SObject, ended?.State.ToString() ?? "deleted", ended?.ErrorMessage);
                    job = null;
                }

                load = load with { Expected = load.Slice == 0 ? job!.NumberRecordsProcessed : load.ExpectedBefore + job!.NumberRecordsProcessed };
                // Where the slice before came to smaller pages, Salesforce's own list is of no use.
                var listed = pageRows is null ? await ListAsync(plan, job, position!.Next, cancellationToken) : null;
                var reader = new BulkPageReader(client.Bulk, plan.Schema, budget, options, job.Id, job.ApiVersion);
                var pages = new BulkPages(reader, budget, options);
                await foreach (var (page, next) in pages.ReadAsync(listed, position!.Next, pageRows ?? plan.PageRows, plan.ParallelPages, cancellationToken))
                {
                    position = next is null ? position with { Next = null, PagesCommitted = [position.Next ?? ""] } : position with { Next = next };
                    yield return new Page(page.Batches, load with { Position = position }, page.Counts, page.Rejected);
                }
                pageRows = pages.Chosen ?? pageRows;
            }

            load = load with { Position = position };
            if (load.Slice >= (load.Cuts?.Count ?? 0)) break;
            load = load with { Slice = load.Slice + 1, Position = null, ExpectedBefore = load.Expected };
            yield return Loads.NextSlice(load);
            await DeleteAsync(position!, cancellationToken);
        }
        yield return Loads.End(load);
        await DeleteAsync((BulkPosition)load.Position!, cancellationToken);
    }

    /// <summary>Behind the last page there is no locator; the last page committed stands for it.</summary>
    private static bool IsBehindLastPage(BulkPosition position) => position is { Next: null, PagesCommitted.Count: > 0 };

    /// <returns>Null if Salesforce no longer has the job, or it did not succeed.</returns>
    private async Task<BulkJob?> FindAsync(BulkPosition position, CancellationToken cancellationToken)
    {
        try
        {
            var job = await client.Bulk.GetAsync(position.JobId, position.ApiVersion, cancellationToken);
            return job.State is BulkJobState.Failed or BulkJobState.Aborted ? null : job;
        }
        catch (BulkJobGoneException)
        {
            return null;
        }
        catch (SalesforceException refused) when (refused.Kind == FailureKind.Permission)
        {
            // A job of a user who authorized before.
            return null;
        }
    }

    /// <returns>The locators from the given one on; null where they are not known beforehand or one page is all there is.</returns>
    private async Task<IReadOnlyList<string?>?> ListAsync(ExtractionPlan plan, BulkJob job, string? next, CancellationToken cancellationToken)
    {
        if (plan.ParallelPages < 2 || org.ResultPages == false || (job.NumberRecordsProcessed ?? plan.EstimatedRows ?? 0) <= plan.PageRows) return null;
        var locators = await client.Bulk.ResultPageLocatorsAsync(job.Id, job.ApiVersion, cancellationToken);
        org.ResultPages = locators is not null;
        if (locators is not { Count: > 0 }) return null;
        if (next is null) return locators;
        // A job that was read page by page so far stands at a locator of another kind; it goes on like that.
        var rest = locators.SkipWhile(locator => locator != next).ToList();
        return rest.Count == 0 ? null : rest;
    }

    private async Task DeleteAsync(BulkPosition position, CancellationToken cancellationToken)
    {
        try
        {
            await client.Bulk.DeleteAsync(position.JobId, position.ApiVersion, cancellationToken);
        }
        catch (OrgtapException failure)
        {
            // Salesforce deletes it after 7 days anyway; the load is complete and must not fail for this.
            NotDeleted(position.JobId, failure.Message, failure.Detail);
        }
    }

    [LoggerMessage(4102, LogLevel.Warning, "Bulk job {JobId} of {SObject} is {State}: {Reason}")]
    private partial void JobLost(string jobId, string sobject, string state, string? reason);

    [LoggerMessage(4103, LogLevel.Information, "Bulk job {JobId} was not deleted: {Reason} {Detail}")]
    private partial void NotDeleted(string jobId, string reason, string? detail);
}
