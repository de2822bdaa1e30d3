using System.Text;

namespace Orgtap.SimulatedOrg.Data.Jobs;

/// <summary>A refusal by the Apex runtime, e.g. <c>System.AsyncException: …</c>.</summary>
public sealed class ApexException(string message) : Exception(message);

/// <summary>Starts and stops scheduled Apex, and lets it run: when the clock has passed a fire time, a run is in AsyncApexJob. Thread-safe.</summary>
public sealed class OrgJobs
{
    private const int MostScheduled = 100;
    private const int MostRunsAtOnce = 500;
    private readonly OrgStore _store;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private DateTimeOffset _seen;
    private long _nextDue;

    internal OrgJobs(OrgStore store, TimeProvider time)
    {
        (_store, _time) = (store, time);
        _seen = time.GetUtcNow();
    }

    /// <summary>Classes that exist and can be scheduled, by name.</summary>
    internal bool? IsSchedulable(string className) => ClassId(className) is var (_, ordinal) ? JobRules.IsSchedulable(ordinal) : null;

    /// <summary>As <c>System.schedule</c>: a new trigger with its detail, and a queued AsyncApexJob.</summary>
    /// <returns>The CronTrigger's Id.</returns>
    /// <exception cref="ApexException">The name is taken, the expression is wrong or never fires, or 100 jobs are scheduled.</exception>
    internal string Schedule(string name, string expression, string className, string userId)
    {
        lock (_gate)
        {
            CheckSchedule(name, expression, [], []);
            var now = new Dictionary<string, object?> { ["CreatedById"] = userId };
            var detail = _store.Insert("CronJobDetail", new Dictionary<string, object?> { ["Name"] = name, ["JobType"] = "7" });
            var zone = _store.Read("User", userId)?["TimeZoneSidKey"] as string ?? "UTC";
            var trigger = _store.Insert("CronTrigger", new Dictionary<string, object?>(now)
            {
                ["CronJobDetailId"] = detail, ["CronExpression"] = expression, ["TimeZoneSidKey"] = zone, ["OwnerId"] = userId,
            });
            _store.Insert("AsyncApexJob", new Dictionary<string, object?>(now) { ["JobType"] = "ScheduledApex", ["ApexClassId"] = ClassId(className)!.Value.Id, ["CronTriggerId"] = trigger });
            _nextDue = 0;
            return trigger;
        }
    }

    /// <inheritdoc cref="Schedule"/>
    /// <param name="taken">Names that the same block of Apex schedules as well.</param>
    /// <param name="freed">Names that it aborts before.</param>
    internal void CheckSchedule(string name, string expression, IReadOnlyCollection<string> taken, IReadOnlyCollection<string> freed)
    {
        if (Names().Except(freed).Concat(taken).Contains(name, StringComparer.OrdinalIgnoreCase))
            throw new ApexException($"System.AsyncException: The Apex job named \"{name}\" is already scheduled for execution.");
        CronExpression cron;
        try
        {
            cron = new CronExpression(expression);
        }
        catch (FormatException wrong)
        {
            throw new ApexException("System.StringException: " + wrong.Message);
        }
        if (cron.Next(_time.GetUtcNow(), TimeZoneInfo.Utc) is null)
            throw new ApexException($"System.AsyncException: Based on configured schedule, the given trigger '{name}' will never fire.");
        if (Triggers().Count(trigger => trigger.IsApex) + taken.Count - freed.Count >= MostScheduled)
            throw new ApexException("System.LimitException: You have exceeded the maximum number (100) of Apex scheduled jobs.");
    }

    /// <summary>As <c>System.abortJob</c>: a trigger vanishes with its detail; a job that has not ended is aborted, what it has done stays.</summary>
    /// <param name="id">Of a CronTrigger or AsyncApexJob.</param>
    /// <exception cref="ApexException">There is none.</exception>
    internal void Abort(string id)
    {
        CheckAbort(id);
        lock (_gate)
        {
            var now = DateTimeOffset.FromUnixTimeSeconds(_time.GetUtcNow().ToUnixTimeSeconds());
            var aborted = new Dictionary<string, object?> { ["Status"] = "Aborted", ["CompletedDate"] = now };
            var trigger = id.StartsWith("08e", StringComparison.Ordinal) ? id : _store.Read("AsyncApexJob", id)!["CronTriggerId"] as string;
            if (trigger is null)
            {
                if (_store.Read("AsyncApexJob", id)!["Status"] is "Queued" or "Preparing" or "Processing" or "Holding") _store.Update("AsyncApexJob", id, aborted);
                return;
            }
            foreach (var job in Jobs(SalesforceId.Normalize(trigger)!)) _store.Update("AsyncApexJob", job, new Dictionary<string, object?>(aborted) { ["CronTriggerId"] = null });
            if (_store.Read("CronTrigger", trigger)?["CronJobDetailId"] is string detail) _store.HardDelete("CronJobDetail", detail);
            _store.HardDelete("CronTrigger", trigger);
        }
    }

    /// <inheritdoc cref="Abort"/>
    internal void CheckAbort(string id)
    {
        var sobject = id.StartsWith("08e", StringComparison.Ordinal) ? "CronTrigger" : id.StartsWith("707", StringComparison.Ordinal) ? "AsyncApexJob" : null;
        if (SalesforceId.Normalize(id) is null) throw new ApexException($"System.StringException: Invalid id: {id}");
        if (sobject is null || _store.Read(sobject, id) is null) throw new ApexException($"System.AsyncException: Invalid job id: {id}");
    }

    /// <summary>The name of a trigger's job.</summary>
    internal string? NameOf(string trigger) =>
        _store.Read("CronTrigger", trigger)?["CronJobDetailId"] is string detail ? _store.Read("CronJobDetail", detail)?["Name"] as string : null;

    /// <summary>Adds the runs whose time has come since the last call; at most the last 500.</summary>
    internal void CatchUp()
    {
        var now = _time.GetUtcNow();
        if (now.UtcTicks < Interlocked.Read(ref _nextDue)) return;
        lock (_gate)
        {
            if (now.UtcTicks < _nextDue) return;
            var due = new List<(DateTimeOffset At, string ClassId)>();
            var next = DateTimeOffset.MaxValue;
            foreach (var trigger in Triggers())
            {
                if (!trigger.IsApex || trigger.ClassId is null) continue;
                for (var at = trigger.Cron.Next(_seen, trigger.Zone); at <= now; at = trigger.Cron.Next(at.Value, trigger.Zone)) due.Add((at.Value, trigger.ClassId));
                if (trigger.Cron.Next(now, trigger.Zone) is { } upcoming && upcoming < next) next = upcoming;
            }
            foreach (var (at, classId) in due.OrderBy(run => run.At).TakeLast(MostRunsAtOnce))
                _store.Insert("AsyncApexJob", new Dictionary<string, object?> { ["JobType"] = "BatchApex", ["ApexClassId"] = classId, ["CreatedDate"] = at });
            _seen = now;
            Interlocked.Exchange(ref _nextDue, next.UtcTicks);
        }
    }

    private sealed record Trigger(bool IsApex, string? ClassId, CronExpression Cron, TimeZoneInfo Zone);

    private IEnumerable<Trigger> Triggers()
    {
        var classes = new Lazy<Dictionary<string, string?>>(() => _store.Truth("AsyncApexJob", ["CronTriggerId", "ApexClassId"], includeDeleted: true)
            .Where(row => row.Values[0] is not null).GroupBy(row => row.Values[0]!).ToDictionary(group => group.Key, group => group.First().Values[1]));
        var rows = _store.Rows("CronTrigger");
        foreach (var row in _store.Truth("CronTrigger", ["CronExpression", "TimeZoneSidKey", "CronJobDetailId", "State"], includeDeleted: true))
        {
            if (row.Values[3] is "PAUSED" or "DELETED") continue;
            var isApex = row.Values[2] is { } detail && _store.Read("CronJobDetail", detail)?["JobType"] is "7";
            yield return new Trigger(isApex, isApex ? classes.Value.GetValueOrDefault(row.Id) : null, new CronExpression(row.Values[0]!), JobRules.Zone(row.Values[1]!));
        }
    }

    private IEnumerable<string> Names() => _store.Truth("CronJobDetail", ["Name"], includeDeleted: true).Select(row => row.Values[0]!);

    private List<string> Jobs(string trigger) =>
        [.. _store.Truth("AsyncApexJob", ["CronTriggerId"], includeDeleted: true).Where(row => row.Values[0] == trigger).Select(row => row.Id)];

    private (string Id, long Ordinal)? ClassId(string name)
    {
        var rows = _store.Rows("ApexClass");
        foreach (var row in _store.Truth("ApexClass", ["Name"], includeDeleted: true))
            if (string.Equals(row.Values[0], name, StringComparison.OrdinalIgnoreCase)) return (row.Id, rows.Find(Encoding.ASCII.GetBytes(row.Id))!.Value);
        return null;
    }
}
