using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Jobs;

/// <summary>
/// Fields of AsyncApexJob. The first rows stand for the scheduled triggers and stay queued; the others are runs, which are queued, prepared, processed and completed
/// as the clock moves on; one run in sixteen fails.
/// </summary>
internal sealed class JobRunRules(JobRules triggers, Func<string, ObjectRows?> rowsOf, Func<ObjectRows, string, BoundField> bind, TimeProvider time)
{
    private static readonly string[] Types = ["BatchApex", "Queueable", "Future", "BatchApexWorker"];

    public ValueRule For(FieldType field, string aspect) => new RowTimeRule(field, row => aspect switch
    {
        "JobType" => Trigger(row) is null ? Types[row.Ordinal % Types.Length] : "ScheduledApex",
        "CronTriggerId" => Trigger(row) is { } trigger ? SalesforceId.Text("08e", trigger) : null,
        "ApexClassId" => rowsOf("ApexClass") is { BaseCount: > 0 } classes ? SalesforceId.Text(classes.KeyPrefix, Schedulable(row.Ordinal % classes.BaseCount)) : null,
        "MethodName" => Trigger(row) is null && row.Ordinal % Types.Length == 2 ? "runLater" : null,
        "Status" => Status(row),
        "ExtendedStatus" => Status(row) == "Failed" ? "First error: Apex CPU time limit exceeded" : null,
        "NumberOfErrors" => Status(row) == "Failed" ? 1L : 0L,
        "TotalJobItems" => Trigger(row) is null ? Items(row) : 0L,
        "JobItemsProcessed" => Trigger(row) is null ? Processed(row) : 0L,
        "CompletedDate" => Status(row) is "Completed" or "Failed" ? Whole(Created(row) + RunTime(row)) : null,
        _ => throw new InvalidOperationException($"no aspect {aspect}"),
    }, derived: aspect is "Status" or "ExtendedStatus" or "NumberOfErrors" or "TotalJobItems" or "JobItemsProcessed" or "CompletedDate");

    private string Status(RowRef row)
    {
        if (row.Overlay?.Values.TryGetValue("Status", out var set) == true && set is string status) return status;
        if (IsScheduled(row)) return "Queued";
        var age = time.GetUtcNow() - Created(row);
        if (age < TimeSpan.FromSeconds(2)) return "Queued";
        if (age < TimeSpan.FromSeconds(5)) return "Preparing";
        if (age < RunTime(row)) return "Processing";
        return Hash.Mix(row.Hash) % 16 == 3 ? "Failed" : "Completed";
    }

    private long Processed(RowRef row)
    {
        var share = (time.GetUtcNow() - Created(row)) / RunTime(row);
        return share >= 1 ? Items(row) : (long)(Items(row) * Math.Max(0, share));
    }

    private bool IsScheduled(RowRef row) => row.Overlay is { Inserted: true } overlay ? overlay.Values.TryGetValue("JobType", out var type) && type is "ScheduledApex" : Trigger(row) is not null;

    private long? Trigger(RowRef row) => row.Overlay is { Inserted: true } ? null : triggers.TriggerOf(row.Ordinal);

    private DateTimeOffset Created(RowRef row) => DateTimeOffset.FromUnixTimeMilliseconds(bind(row.Rows, "CreatedDate").Read(row, new Scratch()).Bits);

    private static long Items(RowRef row) => 1 + (long)(Hash.Mix(row.Hash ^ 5) % 200);

    private static TimeSpan RunTime(RowRef row) => TimeSpan.FromSeconds(20 + (long)(Hash.Mix(row.Hash ^ 7) % 70));

    private static long Schedulable(long apexClass) => JobRules.IsSchedulable(apexClass) ? apexClass : apexClass - 1;

    private static DateTimeOffset Whole(DateTimeOffset at) => DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds());
}
