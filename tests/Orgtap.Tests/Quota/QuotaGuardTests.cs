using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Salesforce;
using Orgtap.Storage;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Quota;

public abstract class QuotaGuardTests(StoreDatabase database) : IAsyncLifetime
{
    private static readonly OrgId Org = new("00D000000000001EAA");
    private static readonly ConnectionId One = new("one"), Two = new("two");

    private readonly string _folder = Directory.CreateTempSubdirectory("orgtap-test").FullName;
    private readonly ManualTime _time = new();
    private ControlStore _store = null!;
    private QuotaGuard _guard = null!;

    public async ValueTask InitializeAsync()
    {
        _store = await database.OpenAsync(_folder, _time);
        _guard = new QuotaGuard(_store, _time);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_store is null) return;
        await _guard.DisposeAsync();
        await _store.DisposeAsync();
        await database.DeleteAsync(_folder);
    }

    [Fact]
    public async Task Stops_at_the_threshold_and_not_before()
    {
        await _guard.ObserveAsync(Org, new ApiUseHeader(798, 1000), default);
        await (await GrantedAsync()).SettleAsync(new ApiUseHeader(799, 1000));
        await (await GrantedAsync()).SettleAsync(new ApiUseHeader(800, 1000));
        var denied = Assert.IsType<ReservationResult.Denied>(await ReserveAsync());
        Assert.Equal((800L, 1000L, 800L, _time.GetUtcNow() + TimeSpan.FromMinutes(15)), (denied.Used, denied.Maximum, denied.Threshold, denied.Until));
    }

    [Fact]
    public async Task Calls_under_way_count()
    {
        await _guard.ObserveAsync(Org, new ApiUseHeader(798, 1000), default);
        var first = await GrantedAsync();
        await using var second = await GrantedAsync();
        var third = ReserveAsync();
        Assert.False(third.IsCompleted);
        await first.SettleAsync(new ApiUseHeader(700, 1000));
        Assert.IsType<ReservationResult.Granted>(await third);
    }

    [Fact]
    public async Task With_nothing_known_one_call_goes_first()
    {
        var first = await GrantedAsync();
        var others = Enumerable.Range(0, 5).Select(_ => ReserveAsync()).ToList();
        Assert.All(others, other => Assert.False(other.IsCompleted));
        await first.SettleAsync(new ApiUseHeader(900, 1000));
        Assert.All(await Task.WhenAll(others), other => Assert.IsType<ReservationResult.Denied>(other));
    }

    [Fact]
    public async Task An_org_that_tells_nothing_is_asked_one_call_at_a_time()
    {
        await (await GrantedAsync()).SettleAsync(null);
        await using var second = await GrantedAsync();
        var third = ReserveAsync();
        Assert.False(third.IsCompleted);
        await second.DisposeAsync();
        Assert.IsType<ReservationResult.Granted>(await third);
    }

    [Fact]
    public async Task After_a_quarter_of_an_hour_one_probe_goes_out()
    {
        await _guard.ObserveAsync(Org, new ApiUseHeader(850, 1000), default);
        Assert.IsType<ReservationResult.Denied>(await ReserveAsync());
        _time.Advance(TimeSpan.FromMinutes(15));
        var probe = await GrantedAsync();
        var other = ReserveAsync();
        Assert.False(other.IsCompleted);
        await probe.SettleAsync(new ApiUseHeader(851, 1000));
        Assert.IsType<ReservationResult.Denied>(await other);
        Assert.IsType<ReservationResult.Denied>(await ReserveAsync());
    }

    [Fact]
    public async Task Goes_on_when_use_has_fallen_two_points_under_the_threshold()
    {
        await _guard.ObserveAsync(Org, new ApiUseHeader(800, 1000), default);
        Assert.IsType<ReservationResult.Denied>(await ReserveAsync());
        await _guard.ObserveAsync(Org, new ApiUseHeader(780, 1000), default);
        Assert.IsType<ReservationResult.Denied>(await ReserveAsync());
        await _guard.ObserveAsync(Org, new ApiUseHeader(779, 1000), default);
        Assert.IsType<ReservationResult.Granted>(await ReserveAsync());
    }

    [Fact]
    public async Task Two_connections_share_the_use_and_have_their_own_thresholds()
    {
        await _guard.ObserveAsync(Org, new ApiUseHeader(850, 1000), default);
        Assert.IsType<ReservationResult.Denied>(await ReserveAsync());
        Assert.IsType<ReservationResult.Granted>(await _guard.ReserveAsync(Org, Two, 90, default));
    }

    [Fact]
    public async Task The_orgs_own_refusal_stops_everybody()
    {
        await (await GrantedAsync()).SettleAsync(null);
        var until = await _guard.LimitReachedAsync(Org, default);
        Assert.Equal(until, Assert.IsType<ReservationResult.Denied>(await _guard.ReserveAsync(Org, Two, 100, default)).Until);
        await _guard.ObserveAsync(Org, new ApiUseHeader(999, 1000), default);
        await _guard.LimitReachedAsync(Org, default);
        Assert.IsType<ReservationResult.Denied>(await _guard.ReserveAsync(Org, Two, 100, default));
    }

    [Fact]
    public async Task An_answer_that_was_overtaken_does_not_lower_what_is_known()
    {
        await _guard.ObserveAsync(Org, new ApiUseHeader(10, 1000), default);
        var slow = await GrantedAsync();
        var fast = await GrantedAsync();
        await fast.SettleAsync(new ApiUseHeader(50, 1000));
        await slow.SettleAsync(new ApiUseHeader(11, 1000));
        Assert.Equal(50, (await _guard.UseAsync(Org, default))!.Used);
        await (await GrantedAsync()).SettleAsync(new ApiUseHeader(12, 1000));
        Assert.Equal(12, (await _guard.UseAsync(Org, default))!.Used);
    }

    [Fact]
    public async Task What_is_known_outlives_the_process()
    {
        _guard.CountCall(Org, One, CallPurpose.Sync, ApiKind.Query);
        _guard.CountCall(Org, Two, CallPurpose.Sync, ApiKind.Query);
        await _guard.ObserveAsync(Org, new ApiUseHeader(850, 1000), default);
        await _guard.DisposeAsync();
        _guard = new QuotaGuard(_store, _time);
        Assert.IsType<ReservationResult.Denied>(await ReserveAsync());
        _guard.CountCall(Org, One, CallPurpose.Sync, ApiKind.Query);
        Assert.Equal(new ApiUse(850, 1000, 3, _time.GetUtcNow()), await _guard.UseAsync(Org, default));
        _time.Advance(TimeSpan.FromHours(25));
        Assert.Equal(0, (await _guard.UseAsync(Org, default))!.Own);
    }

    [Fact]
    public async Task Own_calls_are_told_apart_by_connection_purpose_and_interface()
    {
        _guard.CountCall(Org, One, CallPurpose.Sync, ApiKind.Bulk);
        await _guard.SaveIfDueAsync(default);
        _guard.CountCall(Org, One, CallPurpose.Sync, ApiKind.Bulk);
        _guard.CountCall(Org, Two, CallPurpose.TokenCheck, ApiKind.Limits);
        _guard.CountCall(new OrgId("00D000000000002EAA"), One, CallPurpose.Sync, ApiKind.Bulk);
        Assert.Equal([new OwnCalls(One, CallPurpose.Sync, ApiKind.Bulk, 2), new OwnCalls(Two, CallPurpose.TokenCheck, ApiKind.Limits, 1)], await _guard.OwnCallsAsync(Org, default));
        _time.Advance(TimeSpan.FromHours(25));
        Assert.Empty(await _guard.OwnCallsAsync(Org, default));
    }

    private async Task<long> StoredAsync()
    {
        await using var db = await _store.ConnectAsync(default);
        await using var command = db.CreateCommand();
        command.CommandText = "SELECT used FROM api_use";
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private Task<ReservationResult> ReserveAsync() => _guard.ReserveAsync(Org, One, 80, default);

    private async Task<Reservation> GrantedAsync() => Assert.IsType<ReservationResult.Granted>(await ReserveAsync()).Reservation;

    /// <summary>A file has one process, which may write behind; in PostgreSQL every step is written (<see cref="SharedLedgerTests"/>).</summary>
    public sealed class OnSqlite() : QuotaGuardTests(StoreDatabase.Sqlite)
    {
        [Fact]
        public async Task Writes_at_most_once_a_second_but_for_a_jump()
        {
            await _guard.ObserveAsync(Org, new ApiUseHeader(100, 1000), default);
            await _guard.SaveIfDueAsync(default);
            await _guard.ObserveAsync(Org, new ApiUseHeader(105, 1000), default);
            await _guard.SaveIfDueAsync(default);
            Assert.Equal(100, await StoredAsync());
            await _guard.ObserveAsync(Org, new ApiUseHeader(111, 1000), default);
            await _guard.SaveIfDueAsync(default);
            Assert.Equal(111, await StoredAsync());
            await _guard.ObserveAsync(Org, new ApiUseHeader(112, 1000), default);
            _time.Advance(TimeSpan.FromSeconds(1));
            await _guard.SaveIfDueAsync(default);
            Assert.Equal(112, await StoredAsync());
        }
    }

    public sealed class OnPostgres() : QuotaGuardTests(StoreDatabase.Postgres);
}
