using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Bulk.V1;

/// <summary>The org's Bulk API 1.0 query jobs; they vanish after seven days. Thread-safe.</summary>
internal sealed class AsyncJobs(OrgStore store, SoqlEngine soql, SpoolShelf shelf, FaultPlan faults, TimeProvider time, Oldness oldness, TimeSpan delay)
{
    private const long RenderedAtOnce = 20_000;
    private static readonly TimeSpan Life = TimeSpan.FromDays(7);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, AsyncJob> _jobs = [];
    private long _lastJob = 1_000_000;
    private long _lastBatch;

    /// <exception cref="AsyncRefusal">The object does not exist, or the Bulk API does not take it.</exception>
    public AsyncJob Create(AsyncJobRequest request, string userId, string version)
    {
        if (store.Schema.Find(request.SObject) is not { } type) throw new AsyncRefusal("InvalidJob", $"InvalidEntity : Entity '{request.SObject}' does not exist.");
        if (!type.BulkSupported || oldness.NoBulk.Contains(type.Name, StringComparer.OrdinalIgnoreCase))
            throw new AsyncRefusal("InvalidEntity", $"Entity '{type.Name}' is not supported by the Bulk API.");
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var old in _jobs.Values.Where(job => now - job.Created >= Life).ToArray())
            {
                _jobs.Remove(old.Id);
                foreach (var batch in old.Batches)
                    if (batch.Slot is { } slot) shelf.Release(slot);
            }
            var job = new AsyncJob(SalesforceId.Text("750", ++_lastJob), request with { SObject = type.Name }, userId, version, now);
            _jobs.Add(job.Id, job);
            return job;
        }
    }

    /// <exception cref="AsyncRefusal">There is no such job.</exception>
    public AsyncJob Find(string id)
    {
        lock (_gate)
            return SalesforceId.Normalize(id) is { } whole && _jobs.TryGetValue(whole, out var job) && time.GetUtcNow() - job.Created < Life ? job : throw AsyncRefusal.InvalidJob(id);
    }

    /// <summary>Adds a query to a job, with PK chunking as many batches as it has chunks beside it.</summary>
    /// <returns>The batch of the query as it came.</returns>
    public AsyncBatch Add(AsyncJob job, string query, string path)
    {
        job.CheckOpen();
        if (job.Request.ChunkSize is not { } size) return AddOne(job, query, path);
        var original = new AsyncBatch(NextId(), job, query, time.GetUtcNow(), delay) { IsOriginal = true };
        job.Add(original);
        IReadOnlyList<string> chunks;
        try
        {
            chunks = [.. PkChunks.Of(query, store.Rows(job.Request.SObject), size)];
        }
        catch (SoqlException)
        {
            // Told by the one batch that fails.
            chunks = [query];
        }
        foreach (var chunk in chunks) AddOne(job, chunk, path);
        return original;
    }

    private AsyncBatch AddOne(AsyncJob job, string query, string path)
    {
        var effects = faults.Take(new FaultTarget("POST", path, job.Request.SObject), effect => effect is FaultEffect.FailBulkJob or FaultEffect.StickBulkJob);
        var (prepared, slot, problem) = Prepare(job, query);
        if (effects is [FaultEffect.FailBulkJob fail, ..]) problem = fail.ErrorMessage ?? "InternalServerError : Retried more than 15 times";
        var batch = new AsyncBatch(NextId(), job, query, time.GetUtcNow(), delay) { Query = prepared, Slot = slot, Sticks = effects is [FaultEffect.StickBulkJob, ..] };
        job.Add(batch);
        if (problem is not null) batch.FailedBy(problem);
        else if (slot!.IsRendered || slot.RowCount <= RenderedAtOnce) Render(batch);
        else ThreadPool.UnsafeQueueUserWorkItem(static work => work.Jobs.Render(work.Batch), (Jobs: this, Batch: batch), preferLocal: false);
        return batch;
    }

    private (PreparedQuery?, SpoolShelf.Slot?, string? Problem) Prepare(AsyncJob job, string query)
    {
        PreparedQuery prepared;
        try
        {
            prepared = soql.Prepare(query, job.Request.Operation == "queryAll");
        }
        catch (SoqlException wrong)
        {
            return (null, null, $"InvalidBatch : Failed to process query: {wrong.ErrorCode}: {wrong.Message}");
        }
        if (prepared.From.Name != job.Request.SObject) return (null, null, $"InvalidBatch : Query object {prepared.From.Name} does not match the job's object {job.Request.SObject}");
        if (soql.BulkRefusal(prepared) is { } refusal)
            return (null, null, $"{(refusal.ErrorCode == "API_ERROR" ? "InvalidBatch : Failed to process query: FUNCTIONALITY_NOT_ENABLED" : refusal.ErrorCode)} : {refusal.Message}");
        return (prepared, shelf.Hold(prepared, new CsvDialect(CrLf: oldness.CrLf, QuoteAll: !oldness.UnquotedCsv, ShortIds: oldness.ShortIds, DecimalZeroes: oldness.DecimalZeroes)), null);
    }

    private void Render(AsyncBatch batch)
    {
        try
        {
            _ = batch.Slot!.Spool;
            batch.RenderedAt(time.GetUtcNow());
        }
        catch (OperationCanceledException)
        {
            // The org is closing; nobody asks for the batch again.
        }
        catch (Exception cause) when (cause is IOException or InvalidOperationException or ArgumentException)
        {
            batch.FailedBy("InternalServerError : " + cause.Message);
        }
    }

    private string NextId() => SalesforceId.Text("751", Interlocked.Increment(ref _lastBatch));
}
