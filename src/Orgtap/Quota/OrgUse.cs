using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Orgtap.Salesforce;

namespace Orgtap.Quota;

/// <summary>
/// What is known of one org's calls and which are under way, in all processes; shared by all connections to the org. A value: each step is a pure function, so
/// that it is the same in memory and in a database that several processes share. Never grants a call when known use and calls under way have reached the
/// threshold. Knowledge that stopped somebody is good for 15 minutes; then one call goes out to find out anew.
/// </summary>
internal sealed record OrgUse
{
    /// <summary>How long a stop lasts before it is looked at again.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(15);

    /// <summary>A process that was not heard of for so long is dead, or as good as; the calls it had under way are taken as counted.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(2);

    // Salesforce's window: what was seen longer ago says nothing.
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    // A moment further ahead was noted by a clock that was wrong, and binds nobody. More than clocks of machines that work together ever differ: two that took each other for wrong would look behind a stop by turns.
    private static readonly TimeSpan Tolerance = TimeSpan.FromHours(1);

    // A stopped connection goes on when use has fallen this many points under its threshold.
    private const int PointsUnder = 2;

    /// <summary>By everybody, as Salesforce said last, and what was sent since without an answer that says.</summary>
    public long Used { get; init; }

    /// <summary>Zero: nothing is known.</summary>
    public long Maximum { get; init; }

    /// <summary>When Salesforce said so, UTC.</summary>
    public DateTimeOffset ObservedAt { get; init; }

    /// <summary>When a call last ended, whatever it said.</summary>
    public DateTimeOffset LookedAt { get; init; }

    /// <summary>When Salesforce last refused a call because the org's own limit is reached.</summary>
    public DateTimeOffset? LimitReachedAt { get; init; }

    /// <summary>Answers that were heard, counted; tells which call began after which answer.</summary>
    public long Answers { get; init; }

    /// <summary>The answer that <see cref="Used"/> is from.</summary>
    public long KnownSince { get; init; }

    /// <summary>Calls granted and not ended, by process.</summary>
    public ImmutableDictionary<string, CallsUnderWay> UnderWay { get; init; } = ImmutableDictionary<string, CallsUnderWay>.Empty;

    /// <summary>Connections that are stopped at their threshold.</summary>
    public ImmutableHashSet<string> Stopped { get; init; } = [];

    [JsonIgnore]
    public bool IsKnown => Maximum > 0;

    [JsonIgnore]
    public long Reserved => UnderWay.Values.Sum(calls => calls.Count);

    /// <summary>What an earlier process learned, where it still says something.</summary>
    public OrgUse Restored(KnownUse earlier, DateTimeOffset now) => IsKnown || earlier.Maximum <= 0 || now - earlier.ObservedAt >= Window ? this
        : this with { Used = earlier.Used, Maximum = earlier.Maximum, ObservedAt = earlier.ObservedAt, LookedAt = earlier.ObservedAt };

    /// <summary>Asks for one call.</summary>
    /// <param name="process">Whose call it will be.</param>
    /// <param name="thresholdPercent">Of the org's limit, 1 to 100.</param>
    public (OrgUse Next, QuotaDecision Decision) Reserve(string process, string connection, int thresholdPercent, DateTimeOffset now)
    {
        var use = WithoutDead(now);
        if (use.LimitReachedAt is { } reachedAt && !IsOver(reachedAt, LookAgain, now) && !use.IsKnown)
            return (use, new QuotaDecision.Deny(new ReservationResult.Denied(reachedAt + LookAgain, 0, 0, 0)));
        if (!use.IsKnown || now - use.ObservedAt >= Window) return use.FindOut(process, now);

        var stop = use.Calls(thresholdPercent);
        var goOn = use.Stopped.Contains(connection) ? use.Calls(Math.Max(thresholdPercent - PointsUnder, 1)) : stop;
        if (use.Used + use.Reserved < goOn) return (use with { Stopped = use.Stopped.Remove(connection) }).Grant(process, now);

        // Only known use stops a connection; calls under way end, and then it is asked again.
        if (use.Used < goOn) return (use, QuotaDecision.Wait.ForAnAnswer);
        use = use with { Stopped = use.Stopped.Add(connection) };
        var until = use.LookedAt + LookAgain;
        return IsOver(use.LookedAt, LookAgain, now) ? use.FindOut(process, now) : (use, new QuotaDecision.Deny(new ReservationResult.Denied(until, use.Used, use.Maximum, stop)));
    }

    /// <summary>A granted call has ended.</summary>
    /// <param name="startedAfter">Of the grant.</param>
    /// <param name="header">What the answer said of the org's use; null: nothing, so the call is taken as counted.</param>
    public OrgUse Settle(string process, long startedAfter, ApiUseHeader? header, DateTimeOffset now)
    {
        var use = Release(process, now);
        if (header is not { } seen) return use.Counted(1) with { LookedAt = now };
        // Answers overtake each other: a lower number only counts if its call began after the higher one was seen.
        return seen.Used >= use.Used || startedAfter >= use.KnownSince || !use.IsKnown ? use.Observe(seen, now) : use with { ObservedAt = now, LookedAt = now };
    }

    /// <summary>A granted call has ended that Salesforce did not count.</summary>
    public OrgUse Release(string process, DateTimeOffset now) => UnderWay.TryGetValue(process, out var calls)
        ? this with { UnderWay = calls.Count > 1 ? UnderWay.SetItem(process, new CallsUnderWay(calls.Count - 1, now)) : UnderWay.Remove(process) }
        : this;

    /// <summary>A reading that is newer than all before.</summary>
    public OrgUse Observe(ApiUseHeader header, DateTimeOffset now) =>
        this with { Used = header.Used, Maximum = header.Maximum, ObservedAt = now, LookedAt = now, Answers = Answers + 1, KnownSince = Answers + 1 };

    /// <summary>Salesforce has refused a call because the org's limit is reached.</summary>
    public OrgUse LimitReached(DateTimeOffset now)
    {
        var use = this with { LimitReachedAt = now };
        return IsKnown ? use.Observe(new ApiUseHeader(Math.Max(Used, Maximum), Maximum), now) : use;
    }

    private static bool IsOver(DateTimeOffset since, TimeSpan span, DateTimeOffset now) => now - since >= span || since - now > Tolerance;

    private long Calls(int percent) => (Maximum * percent + 99) / 100;

    private OrgUse Counted(long calls) => this with { Used = Used + calls, Answers = Answers + 1, KnownSince = Answers + 1 };

    // A dead process's calls may have reached Salesforce: from calls under way they become calls made, so the sum that the threshold is held against stays.
    private OrgUse WithoutDead(DateTimeOffset now)
    {
        var dead = UnderWay.Where(entry => IsOver(entry.Value.HeardAt, Silence, now)).ToList();
        return dead.Count == 0 ? this : (this with { UnderWay = UnderWay.RemoveRange(dead.Select(entry => entry.Key)) }).Counted(dead.Sum(entry => entry.Value.Count));
    }

    // One call goes out; whoever else asks waits for its answer.
    private (OrgUse, QuotaDecision) FindOut(string process, DateTimeOffset now) => Reserved == 0 ? Grant(process, now) : (this, QuotaDecision.Wait.ForAnAnswer);

    private (OrgUse, QuotaDecision) Grant(string process, DateTimeOffset now) =>
        (this with { UnderWay = UnderWay.SetItem(process, new CallsUnderWay((UnderWay.GetValueOrDefault(process)?.Count ?? 0) + 1, now)) }, new QuotaDecision.Grant(Answers));
}

/// <summary>Calls of one process.</summary>
/// <param name="HeardAt">When it last began or ended one, UTC.</param>
internal sealed record CallsUnderWay(long Count, DateTimeOffset HeardAt);

/// <summary>What <see cref="OrgUse.Reserve"/> decides.</summary>
internal abstract record QuotaDecision
{
    /// <param name="StartedAfter">How many answers had been heard when the call was granted.</param>
    public sealed record Grant(long StartedAfter) : QuotaDecision;

    public sealed record Deny(ReservationResult.Denied Denied) : QuotaDecision;

    /// <summary>Ask again when a call has ended.</summary>
    public sealed record Wait : QuotaDecision
    {
        public static readonly Wait ForAnAnswer = new();
    }
}
