using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Rest;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Bulk;

/// <summary>
/// The org's query jobs. Small results are rendered while the job is created, so that a job without delay is complete at the first poll;
/// larger ones in the background. Jobs vanish seven days after their creation. Thread-safe.
/// </summary>
internal sealed class BulkJobs(SoqlEngine soql, SpoolShelf shelf, FaultPlan faults, TimeProvider time, Oldness oldness, TimeSpan delay)
{
    private const long RenderedAtOnce = 20_000;
    private static readonly TimeSpan Life = TimeSpan.FromDays(7);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, BulkJob> _jobs = [];
    private readonly Queue<DateTimeOffset> _today = new();
    private long _last;
    private long _dailyJobs = 10_000;
    private long _dailyKilobytes = 1_000_000_000;

    /// <summary>Jobs allowed per 24 hours. Default 10,000, Salesforce's.</summary>
    public long DailyJobs { get { lock (_gate) return _dailyJobs; } set { lock (_gate) _dailyJobs = value; } }

    /// <summary>Megabytes of results allowed per 24 hours. Default 976,562, Salesforce's.</summary>
    public long DailyStorageMegabytes { get { lock (_gate) return _dailyKilobytes >> 10; } set { lock (_gate) _dailyKilobytes = value << 10; } }

    /// <summary>Jobs created in the last 24 hours.</summary>
    public long CreatedToday { get { lock (_gate) { Age(); return _today.Count; } } }

    /// <summary>Results stored in the last 24 hours.</summary>
    public long MegabytesToday
    {
        get
        {
            lock (_gate)
                return _jobs.Values.Where(job => time.GetUtcNow() - job.Created < TimeSpan.FromDays(1) && job.Slot.IsRendered).Sum(job => job.Slot.Spool.Length) >> 20;
        }
    }

    /// <exception cref="RestException">The Bulk API does not take the query, or a daily limit is reached.</exception>
    /// <exception cref="SoqlException">The query is wrong.</exception>
    public BulkJob Create(RestCall call, string path)
    {
        var request = BulkJobRequest.Parse(call.Body);
        var query = soql.Prepare(request.Soql, request.IncludeDeleted);
        var sobject = query.From.Name;
        if (oldness.NoBulk.Contains(sobject, StringComparer.OrdinalIgnoreCase))
            throw new RestException(400, "INVALIDENTITY", $"Entity '{sobject}' is not supported by the Bulk API.");
        if (soql.BulkRefusal(query) is { } refusal) throw new RestException(400, refusal.ErrorCode, refusal.Message);
        if (CreatedToday >= DailyJobs)
            throw new RestException(400, "LIMIT_EXCEEDED", $"Max bulk v2 query jobs ({DailyJobs}) per 24 hrs has been reached");
        if (MegabytesToday >= DailyStorageMegabytes)
            throw new RestException(400, "LIMIT_EXCEEDED", $"Max bulk v2 query result size stored ({_dailyKilobytes}) kb per 24 hrs has been exceeded");
        var effects = faults.Take(new FaultTarget("POST", path, sobject), effect => effect is FaultEffect.FailBulkJob or FaultEffect.StickBulkJob);
        var slot = shelf.Hold(query, request.Dialect(oldness));
        BulkJob job;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _today.Enqueue(now);
            job = new BulkJob(SalesforceId.Text("750", ++_last), call.Session.UserId, call.Version, request, sobject, slot,
                effects.Count > 0 ? effects[0] : null, now, delay);
            _jobs.Add(job.Id, job);
        }
        if (slot.IsRendered || slot.RowCount <= RenderedAtOnce) Render(job);
        else ThreadPool.UnsafeQueueUserWorkItem(static work => work.Jobs.Render(work.Job), (Jobs: this, Job: job), preferLocal: false);
        return job;
    }

    /// <exception cref="RestException">No such job, or its seven days are over.</exception>
    public BulkJob Find(string id) => TryFind(id) ?? throw RestException.NotFound();

    public BulkJob? TryFind(string id)
    {
        lock (_gate)
        {
            Purge();
            return _jobs.GetValueOrDefault(id) ?? _jobs.Values.FirstOrDefault(job => job.Id.StartsWith(id, StringComparison.Ordinal) && id.Length == 15);
        }
    }

    /// <summary>All jobs, the oldest first.</summary>
    public IReadOnlyList<BulkJob> All { get { lock (_gate) { Purge(); return [.. _jobs.Values.OrderBy(job => job.Id, StringComparer.Ordinal)]; } } }

    public void Delete(BulkJob job)
    {
        lock (_gate)
            if (_jobs.Remove(job.Id)) shelf.Release(job.Slot);
    }

    private void Render(BulkJob job)
    {
        try
        {
            _ = job.Slot.Spool;
            job.RenderedAt(time.GetUtcNow());
        }
        catch (OperationCanceledException)
        {
            // The org is closing; nobody asks for the job again.
        }
        catch (Exception cause) when (cause is IOException or InvalidOperationException or ArgumentException)
        {
            job.BrokenBy(cause);
        }
    }

    private void Purge()
    {
        var now = time.GetUtcNow();
        foreach (var old in _jobs.Values.Where(job => now - job.Created >= Life).ToArray()) Delete(old);
    }

    private void Age()
    {
        var now = time.GetUtcNow();
        while (_today.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromDays(1)) _today.Dequeue();
    }
}
