using FsCheck;
using FsCheck.Fluent;
using Orgtap.Quota;
using Orgtap.Salesforce;
using Orgtap.Tests.Salesforce;

namespace Orgtap.Tests.Quota;

public sealed class OrgLedgerProperties
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(3000);

    private sealed record Case(int Threshold, int Maximum, int Start, int[] Steps);

    private static readonly Gen<Case> Cases =
        from threshold in Gen.Choose(1, 100)
        from maximum in Gen.Choose(1, 60)
        from start in Gen.Choose(0, 60)
        from steps in Gen.Choose(0, 99).ArrayOf(150)
        select new Case(threshold, maximum, start, steps);

    /// <summary>
    /// Any order of starting calls, of the org counting them, of answers overtaking each other, of answers without a word about use, of others' calls and
    /// of time. Only a probe, after a quarter of an hour without news and with nothing else under way, may go out beyond the threshold.
    /// </summary>
    [Fact]
    public void Never_starts_a_call_when_known_use_and_calls_under_way_have_reached_the_threshold() => Prop.ForAll(Cases.ToArbitrary(), input =>
    {
        var time = new ManualTime();
        var ledger = new OrgLedger(time);
        long used = input.Start, known = -1;
        var stop = Math.Ceiling(input.Maximum * input.Threshold / 100m);
        var heardAt = time.GetUtcNow();
        List<(Reservation Call, long Answer)> underWay = [];
        foreach (var step in input.Steps)
        {
            if (step < 50)
            {
                if (ledger.TryReserve(step % 2 == 0 ? "one" : "two", input.Threshold).Decision is not ReservationResult.Granted granted) continue;
                var mayFindOut = underWay.Count == 0 && (known < 0 || time.GetUtcNow() - heardAt >= TimeSpan.FromMinutes(15));
                if (known + underWay.Count >= stop && !mayFindOut) return false;
                if (known < 0 && underWay.Count > 0) return false;
                underWay.Add((granted.Reservation, ++used));
            }
            else if (step < 92 && underWay.Count > 0)
            {
                var index = step % underWay.Count;
                var (call, answer) = underWay[index];
                underWay.RemoveAt(index);
                heardAt = time.GetUtcNow();
                if (step % 10 == 9)
                {
                    call.Dispose();
                }
                else
                {
                    known = Math.Max(known, answer);
                    call.Settle(new ApiUseHeader(answer, input.Maximum));
                }
            }
            else if (step < 97)
            {
                used++;
            }
            else
            {
                time.Advance(TimeSpan.FromMinutes(step - 90));
            }
        }

        return true;
    }).Check(Thorough);

    /// <summary>Where nobody else calls, the org's own count never passes the threshold, however many workers there are; the first call found out.</summary>
    [Fact]
    public void Alone_the_org_is_never_taken_beyond_the_threshold() => Prop.ForAll(Cases.ToArbitrary(), input =>
    {
        var ledger = new OrgLedger(new ManualTime());
        long used = input.Start;
        var stop = Math.Ceiling(input.Maximum * input.Threshold / 100m);
        var allowed = Math.Max(used + 1, (long)stop);
        List<(Reservation Call, long Answer)> underWay = [];
        foreach (var step in input.Steps)
        {
            if (step < 60 && ledger.TryReserve("one", input.Threshold).Decision is ReservationResult.Granted granted)
            {
                if (++used > allowed) return false;
                underWay.Add((granted.Reservation, used));
            }
            else if (underWay.Count > 0)
            {
                var (call, answer) = underWay[step % underWay.Count];
                underWay.RemoveAt(step % underWay.Count);
                call.Settle(new ApiUseHeader(answer, input.Maximum));
            }
        }

        return true;
    }).Check(Thorough);

    /// <summary>A guard that stops for ever would also never overshoot: under the threshold calls are granted, one after another.</summary>
    [Fact]
    public void Under_the_threshold_nothing_is_refused() => Prop.ForAll(Cases.ToArbitrary(), input =>
    {
        var ledger = new OrgLedger(new ManualTime());
        var stop = Math.Ceiling(input.Maximum * input.Threshold / 100m);
        for (long used = 0; used < stop; used++)
        {
            if (ledger.TryReserve("one", input.Threshold).Decision is not ReservationResult.Granted granted) return false;
            granted.Reservation.Settle(new ApiUseHeader(used + 1, input.Maximum));
        }

        return ledger.TryReserve("one", input.Threshold).Decision is ReservationResult.Denied;
    }).Check(Thorough);
}
