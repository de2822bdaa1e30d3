using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Salesforce;
using Orgtap.Storage;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Quota;

/// <summary>Several processes on one control store in PostgreSQL: each has a guard and connections to the database of its own.</summary>
public sealed class SharedLedgerTests : IAsyncLifetime
{
    private static readonly OrgId Org = new("00D000000000001EAA");

    private readonly string _folder = Directory.CreateTempSubdirectory("orgtap-test").FullName;
    private readonly ManualTime _time = new();
    private readonly List<(ControlStore Store, QuotaGuard Guard)> _processes = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var (store, guard) in _processes)
        {
            await guard.DisposeAsync();
            await store.DisposeAsync();
        }
        await StoreDatabase.Postgres.DeleteAsync(_folder);
    }

    [Fact]
    public async Task Workers_of_four_processes_never_take_the_org_beyond_the_threshold()
    {
        var (used, most, gate) = (700L, 0L, new Lock());
        // No time passes, so nobody is silent for so long that he is taken for dead, however busy this machine is.
        var guards = await StartAsync(4, new StandingTime(_time.GetUtcNow()));
        await guards[0].ObserveAsync(Org, new ApiUseHeader(used, 1000), Stop);
        var denied = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 16), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Stop }, async (worker, stop) =>
        {
            while (true)
            {
                if (await guards[worker % 4].ReserveAsync(Org, new ConnectionId($"c{worker % 2}"), 80, stop) is not ReservationResult.Granted { Reservation: var reservation })
                {
                    Interlocked.Increment(ref denied);
                    return;
                }
                long answer;
                lock (gate) (answer, most) = (++used, Math.Max(most, used));
                await Task.Yield();
                await reservation.SettleAsync(new ApiUseHeader(answer, 1000));
            }
        });
        Assert.Equal((16, 800L), (denied, most));
    }

    [Fact]
    public async Task What_one_process_hears_stops_the_others_at_once_and_a_dead_ones_calls_are_taken_as_counted()
    {
        var guards = await StartAsync(2);
        await guards[0].ObserveAsync(Org, new ApiUseHeader(100, 1000), Stop);
        var call = Assert.IsType<ReservationResult.Granted>(await guards[1].ReserveAsync(Org, new ConnectionId("one"), 80, Stop)).Reservation;
        await call.SettleAsync(new ApiUseHeader(850, 1000));
        Assert.Equal(850, Assert.IsType<ReservationResult.Denied>(await guards[0].ReserveAsync(Org, new ConnectionId("one"), 80, Stop)).Used);

        await guards[0].ObserveAsync(Org, new ApiUseHeader(500, 1000), Stop);
        for (var i = 0; i < 5; i++) await guards[1].ReserveAsync(Org, new ConnectionId("one"), 80, Stop);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.IsType<ReservationResult.Granted>(await guards[0].ReserveAsync(Org, new ConnectionId("one"), 80, Stop));
        Assert.Equal(505, (await guards[0].UseAsync(Org, Stop))!.Used);
    }

    private async Task<IReadOnlyList<QuotaGuard>> StartAsync(int count, TimeProvider? time = null)
    {
        for (var i = 0; i < count; i++)
        {
            var store = await StoreDatabase.Postgres.OpenAsync(_folder, time ?? _time, Stop);
            _processes.Add((store, new QuotaGuard(store, time ?? _time)));
        }
        return [.. _processes.Select(process => process.Guard)];
    }

    /// <summary>It is always the same moment, and whoever waits looks again at once.</summary>
    private sealed class StandingTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : dueTime, period);
    }
}
