using FsCheck;
using FsCheck.Fluent;
using Orgtap.Quota;
using Orgtap.Salesforce;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Quota;

public sealed class OrgUseProperties
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(Environment.GetEnvironmentVariable("ORGTAP_SOAK") == "1" ? 1_000_000 : 100_000);

    private static readonly DateTimeOffset Start = new(2026, 6, 1, 8, 0, 0, TimeSpan.Zero);

    private sealed record Case(int Threshold, int Maximum, int Start, int[] Steps);

    private static readonly Gen<Case> Cases =
        from threshold in Gen.Choose(1, 100)
        from maximum in Gen.Choose(1, 60)
        from start in Gen.Choose(0, 60)
        from steps in Gen.Choose(0, 999).ArrayOf(60)
        select new Case(threshold, maximum, start, steps);

    /// <summary>
    /// Three processes with two connections, in any order of starting calls, of the org counting them, of answers overtaking each other, of answers without a word
    /// about use, of others' calls in small and large jumps, of processes that die with calls under way, and of time. Only a probe, after a quarter of an hour without
    /// news and with nothing else under way, may go out beyond the threshold.
    /// </summary>
    [Fact]
    public void Never_starts_a_call_when_known_use_and_calls_under_way_of_all_processes_have_reached_the_threshold() => Prop.ForAll(Cases.ToArbitrary(), input =>
    {
        var (use, now, heardAt) = (new OrgUse(), Start, Start);
        long used = input.Start, known = -1;
        var stop = Math.Ceiling(input.Maximum * input.Threshold / 100m);
        var underWay = new List<Call>();
        foreach (var step in input.Steps)
        {
            var (choice, which) = (step / 10, step % 10);
            if (choice < 50)
            {
                var process = "process" + (which % 3);
                (use, var decision) = use.Reserve(process, which % 2 == 0 ? "one" : "two", input.Threshold, now);
                underWay.RemoveAll(call => call.Dead && now - call.HeardAt >= OrgUse.Silence);
                if (decision is not QuotaDecision.Grant grant) continue;
                var mayFindOut = underWay.Count == 0 && (known < 0 || now - heardAt >= TimeSpan.FromMinutes(15));
                if (known + underWay.Count >= stop && !mayFindOut) return false;
                if (known < 0 && underWay.Count > 0) return false;
                Heard(process);
                underWay.Add(new Call(process, grant.StartedAfter, ++used) { HeardAt = now });
            }
            else if (choice < 88 && underWay.FindAll(call => !call.Dead) is { Count: > 0 } alive)
            {
                var call = alive[step % alive.Count];
                underWay.Remove(call);
                heardAt = now;
                Heard(call.Process);
                var silent = which == 9;
                if (!silent) known = Math.Max(known, call.Answer);
                use = use.Settle(call.Process, call.StartedAfter, silent ? null : new ApiUseHeader(call.Answer, input.Maximum), now);
            }
            else if (choice < 93)
            {
                used += which == 0 ? input.Maximum / 3 : 1;
            }
            else if (choice < 95)
            {
                // Dies: nothing of it is heard again.
                foreach (var call in underWay.Where(call => call.Process == "process" + (which % 3))) call.Dead = true;
            }
            else
            {
                // As long as it lives, a process is heard of in time: its calls end, or the next one begins.
                now = now.AddMinutes(1 + which);
                use = underWay.Where(call => !call.Dead).Select(call => call.Process).Distinct().ToList().Aggregate(use, (next, process) => KeptAlive(next, process));
            }
        }

        return true;

        void Heard(string process)
        {
            foreach (var call in underWay.Where(call => call.Process == process && !call.Dead)) call.HeardAt = now;
        }

        OrgUse KeptAlive(OrgUse next, string process)
        {
            Heard(process);
            return next with { UnderWay = next.UnderWay.SetItem(process, next.UnderWay[process] with { HeardAt = now }) };
        }
    }).Check(Thorough);

    /// <summary>Where nobody else calls, the org's own count never passes the threshold, however many workers of however many processes there are; the first call found out.</summary>
    [Fact]
    public void Alone_the_org_is_never_taken_beyond_the_threshold() => Prop.ForAll(Cases.ToArbitrary(), input =>
    {
        var use = new OrgUse();
        long used = input.Start;
        var allowed = Math.Max(used + 1, (long)Math.Ceiling(input.Maximum * input.Threshold / 100m));
        List<Call> underWay = [];
        foreach (var step in input.Steps)
        {
            var process = "process" + (step % 3);
            if (step < 600)
            {
                (use, var decision) = use.Reserve(process, "one", input.Threshold, Start);
                if (decision is not QuotaDecision.Grant grant) continue;
                if (++used > allowed) return false;
                underWay.Add(new Call(process, grant.StartedAfter, used));
            }
            else if (underWay.Count > 0)
            {
                var call = underWay[step % underWay.Count];
                underWay.Remove(call);
                use = use.Settle(call.Process, call.StartedAfter, new ApiUseHeader(call.Answer, input.Maximum), Start);
            }
        }

        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));

    /// <summary>A guard that stops for ever would also never overshoot: under the threshold calls are granted, one after another.</summary>
    [Fact]
    public void Under_the_threshold_nothing_is_refused() => Prop.ForAll(Cases.ToArbitrary(), input =>
    {
        var use = new OrgUse();
        var stop = Math.Ceiling(input.Maximum * input.Threshold / 100m);
        for (long used = 0; used < stop; used++)
        {
            (use, var decision) = use.Reserve("process", "one", input.Threshold, Start);
            if (decision is not QuotaDecision.Grant grant) return false;
            use = use.Settle("process", grant.StartedAfter, new ApiUseHeader(used + 1, input.Maximum), Start);
        }

        return use.Reserve("process", "one", input.Threshold, Start).Decision is QuotaDecision.Deny;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Fact]
    public void What_a_clock_noted_that_was_hours_ahead_stops_nobody_and_keeps_no_dead_process_alive()
    {
        var ahead = Start + TimeSpan.FromHours(5);
        var stopped = new OrgUse().Observe(new ApiUseHeader(800, 1000), ahead);
        Assert.IsType<QuotaDecision.Deny>(stopped.Reserve("process", "one", 80, ahead).Decision);
        Assert.IsType<QuotaDecision.Grant>(stopped.Reserve("process", "one", 80, Start).Decision);
        // Found out anew, it holds as long as ever.
        var looked = stopped.Reserve("process", "one", 80, Start) is var (next, _) ? next.Settle("process", 0, new ApiUseHeader(800, 1000), Start) : null!;
        Assert.IsType<QuotaDecision.Deny>(looked.Reserve("process", "one", 80, Start + TimeSpan.FromMinutes(14)).Decision);

        Assert.IsType<QuotaDecision.Deny>(new OrgUse().LimitReached(ahead).Reserve("process", "one", 80, ahead).Decision);
        Assert.IsType<QuotaDecision.Grant>(new OrgUse().LimitReached(ahead).Reserve("process", "one", 80, Start).Decision);

        // The only call, of a process that died; whoever is there need not wait for it.
        var dead = new OrgUse().Reserve("dead", "one", 80, ahead).Next;
        Assert.IsType<QuotaDecision.Wait>(dead.Reserve("alive", "one", 80, ahead).Decision);
        Assert.IsType<QuotaDecision.Grant>(dead.Reserve("alive", "one", 80, Start).Decision);
    }

    [Fact]
    public void The_calls_of_a_process_that_is_not_heard_of_are_taken_as_counted()
    {
        var use = new OrgUse().Observe(new ApiUseHeader(795, 1000), Start);
        for (var i = 0; i < 5; i++) use = use.Reserve("dead", "one", 80, Start).Next;
        Assert.IsType<QuotaDecision.Wait>(use.Reserve("alive", "one", 80, Start).Decision);
        (use, var decision) = use.Reserve("alive", "one", 80, Start + OrgUse.Silence);
        Assert.Equal(800, Assert.IsType<QuotaDecision.Deny>(decision).Denied.Used);
        Assert.Equal(0, use.Reserved);
        // It wakes up: its call ends, and what that answer says is learned.
        Assert.Equal((796L, 0L), Seen(use.Settle("dead", 6, new ApiUseHeader(796, 1000), Start + OrgUse.Silence)));

        static (long, long) Seen(OrgUse use) => (use.Used, use.Reserved);
    }

    private sealed class Call(string process, long startedAfter, long answer)
    {
        public string Process => process;

        public long StartedAfter => startedAfter;

        public long Answer => answer;

        public bool Dead { get; set; }

        public DateTimeOffset HeardAt { get; set; }
    }
}
