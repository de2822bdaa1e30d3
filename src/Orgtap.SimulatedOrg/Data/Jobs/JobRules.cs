using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Data.Jobs;

/// <summary>Fields of CronTrigger, CronJobDetail, ApexClass and AsyncApexJob. What depends on time follows from the clock at the moment of reading.</summary>
internal sealed class JobRules(Func<string, ObjectRows?> rowsOf, Func<ObjectRows, string, BoundField> bind, TimeProvider time)
{
    /// <summary>Three of six triggers run Apex; the others are a flow, a dashboard and a report.</summary>
    private static readonly string[] JobTypes = ["7", "7", "7", "6", "3", "8"];
    private static readonly string[] Expressions =
        ["0 0 2 * * ?", "0 0 * * * ?", "0 30 6 ? * MON-FRI", "0 0 0 1 * ?", "0 15 10 ? * 6L", "0 45 23 L * ?", "0 0 0/6 * * ?", "0 5 4 ? 1,4,7,10 2#1"];
    private static readonly string[] ClassNames =
        ["NightlySync", "LeadScorer", "CaseEscalator", "InvoiceHelperController", "ContractReminder", "LongHaulExport", "DuplicateFinder", "AccountPageController"];

    public static bool IsApex(long trigger) => JobTypes[trigger % JobTypes.Length] == "7";

    /// <summary>Every fourth class is no <c>Schedulable</c>.</summary>
    public static bool IsSchedulable(long apexClass) => apexClass % 4 != 3;

    /// <summary>The base trigger that the AsyncApexJob at a place stands for; null for runs.</summary>
    public long? TriggerOf(long job)
    {
        var trigger = (job / 3 * JobTypes.Length) + (job % 3);
        return trigger < rowsOf("CronTrigger")!.BaseCount ? trigger : null;
    }

    public ValueRule For(FieldType field, string of, string aspect) => (of, aspect) switch
    {
        ("class", "Name") => new RowTimeRule(field, row => ClassName(row.Ordinal), derived: false),
        ("class", "Body") => new RowTimeRule(field, row => $"global class {ClassName(row.Ordinal)}{(IsSchedulable(row.Ordinal) ? " implements Schedulable { global void execute(SchedulableContext context) { } }" : " { }")}", derived: false),
        ("detail", "Name") => new RowTimeRule(field, row => $"{ClassName(row.Ordinal)} {row.Ordinal + 1}", derived: false),
        ("detail", "JobType") => new RowTimeRule(field, row => JobTypes[row.Ordinal % JobTypes.Length], derived: false),
        ("trigger", "CronExpression") => new RowTimeRule(field, row => IsLong(row.Ordinal) ? Expressions[1] : Expressions[Hash.Mix(row.Hash) % (ulong)Expressions.Length], derived: false),
        ("trigger", "StartTime") => new RowTimeRule(field, row => Date(row, "CreatedDate"), derived: true),
        ("trigger", "NextFireTime") => new RowTimeRule(field, row => IsPaused(row) ? null : Schedule(row).Next, derived: true),
        ("trigger", "PreviousFireTime") => new RowTimeRule(field, row => Schedule(row).Previous, derived: true),
        ("trigger", "TimesTriggered") => new RowTimeRule(field, row => Schedule(row).Times, derived: true),
        ("trigger", "State") => new RowTimeRule(field, State, derived: true),
        ("job", _) => new JobRunRules(this, rowsOf, bind, time).For(field, aspect),
        _ => throw new InvalidOperationException($"no aspect {of} {aspect}"),
    };

    /// <summary>How long a run of the trigger's job takes.</summary>
    public static TimeSpan RunTime(long trigger) => IsLong(trigger) ? TimeSpan.FromMinutes(100) : TimeSpan.FromSeconds(20 + (trigger % 7 * 10));

    /// <summary>One trigger in twelve was paused by somebody.</summary>
    public static bool IsPaused(in RowRef row) => row.Overlay is not { Inserted: true } && row.Ordinal % 12 == 9;

    /// <summary>One job of twelve runs every hour and takes longer: its next run finds it still going.</summary>
    private static bool IsLong(long trigger) => trigger % 12 == 1;

    private static string ClassName(long ordinal) => ClassNames[ordinal % ClassNames.Length] + (ordinal < ClassNames.Length ? "" : (ordinal / ClassNames.Length).ToString(System.Globalization.CultureInfo.InvariantCulture));

    private string State(RowRef row)
    {
        if (IsPaused(row)) return "PAUSED";
        var schedule = Schedule(row);
        var now = time.GetUtcNow();
        var runTime = RunTime(row.Ordinal);
        if (schedule.Previous is { } previous && now < previous + runTime)
        {
            if (schedule.BeforePrevious + runTime > now) return "BLOCKED";
            return now < previous.AddSeconds(1) ? "ACQUIRED" : "EXECUTING";
        }
        return schedule.Next is null ? "COMPLETE" : "WAITING";
    }

    private (DateTimeOffset? Next, DateTimeOffset? Previous, DateTimeOffset? BeforePrevious, long Times) Schedule(RowRef row)
    {
        var scratch = new Scratch();
        var cron = new CronExpression(System.Text.Encoding.UTF8.GetString(bind(row.Rows, "CronExpression").Read(row, scratch).Text));
        var zone = Zone(System.Text.Encoding.UTF8.GetString(bind(row.Rows, "TimeZoneSidKey").Read(row, scratch).Text));
        var since = Date(row, "StartTime") ?? Date(row, "CreatedDate")!.Value;
        var now = time.GetUtcNow();
        var previous = cron.Previous(now.AddTicks(1), since, zone);
        return (cron.Next(now, zone), previous, previous is { } last ? cron.Previous(last, since, zone) : null, cron.Count(since, now, zone));
    }

    private DateTimeOffset? Date(RowRef row, string name) =>
        bind(row.Rows, name).Read(row, new Scratch()) is { IsNull: false } cell ? DateTimeOffset.FromUnixTimeMilliseconds(cell.Bits) : null;

    /// <summary>UTC where the machine does not know the zone.</summary>
    internal static TimeZoneInfo Zone(string key) => TimeZoneInfo.TryFindSystemTimeZoneById(key, out var zone) ? zone : TimeZoneInfo.Utc;
}
