using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.Syncs;
using Orgtap.Tests.Replicas;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;
using Quartz;

namespace Orgtap.Tests.Syncs;

/// <summary>Two processes, each with an engine of its own, on one control store and one replica in PostgreSQL.</summary>
public sealed class SharedRunTests : IAsyncDisposable
{
    private static readonly string[] Tables = ["Account", "Contact", "Opportunity", "UserRole"];

    private readonly PostgresTestSchema _schema = new();

    private static CancellationToken Stop => SyncedOrg.Cancel;

    public ValueTask DisposeAsync() => _schema.DisposeAsync();

    [Fact]
    public async Task Tables_that_need_Bulk_jobs_are_loaded_by_whoever_has_time_and_the_run_counts_every_call()
    {
        await using var one = await StartAsync();
        await using var other = await one.BesideAsync();
        var helped = 0;
        await AtRequestAsync(one, path => path.EndsWith("/jobs/query", StringComparison.Ordinal), async _ => helped = await other.Runner.HelpAsync(Stop));
        var before = one.Host.Usage.Used;
        var run = await one.SyncAsync();

        Assert.Equal((RunOutcome.Completed, Verdict.Complete, 2), (run.Outcome, run.Verdict, helped));
        Assert.Equal(one.Host.Usage.Used - before, run.ApiCalls);
        await one.AssertExactAsync(Tables);
        // Nothing is left that anybody would be asked to help with.
        Assert.Equal(0, await other.Runner.HelpAsync(Stop));
    }

    [Fact]
    public async Task What_a_helper_has_begun_when_it_dies_goes_back_to_whoever_asked_for_help()
    {
        await using var one = await StartAsync();
        var other = await one.BesideAsync();
        await AtRequestAsync(one, path => path.EndsWith("/jobs/query", StringComparison.Ordinal), async _ =>
        {
            var (_, claim) = (await other.Runs.Claims.HelpAsync((await other.Runs.FindRunningAsync(other.Connection.Id, Stop))!.Id, Stop))!.Value;
            Assert.NotNull(await other.Runs.Claims.NextAsync(claim, Stop));
            await other.DisposeAsync();
        });
        var run = await one.SyncAsync();

        Assert.Equal(RunOutcome.Completed, run.Outcome);
        Assert.All(run.Tables, table => Assert.Equal(RunTableState.Done, table.State));
        await one.AssertExactAsync(Tables);
    }

    [Fact]
    public async Task What_a_helper_has_begun_when_it_freezes_is_taken_back_and_it_wakes_to_a_fence()
    {
        await using var one = await StartAsync();
        await using var other = await one.BesideAsync();
        var helping = new TaskCompletionSource<(RunClaim Claim, string Table)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await AtRequestAsync(one, path => path.EndsWith("/jobs/query", StringComparison.Ordinal), async _ =>
        {
            var (_, claimed) = (await other.Runs.Claims.HelpAsync((await other.Runs.FindRunningAsync(other.Connection.Id, Stop))!.Id, Stop))!.Value;
            helping.SetResult((claimed, (await other.Runs.Claims.NextAsync(claimed, Stop))!));
        });
        var syncing = one.SyncAsync();
        var (claim, frozen) = await helping.Task;
        // Its process lives, as its lock says, and as long as it beats it is waited for. Each look of whoever waits takes a second of the org's clock.
        await using (Beating(other, claim))
        {
            while ((await other.Runs.FindRunningAsync(other.Connection.Id, Stop))?.Tables.All(table => table.SObject == frozen || table.State == RunTableState.Done) != true) await Task.Yield();
            for (var later = one.Host.Clock.GetUtcNow() + 3 * HelperPulse.Patience; one.Host.Clock.GetUtcNow() < later;) await Task.Yield();
            Assert.False(syncing.IsCompleted);
        }
        var run = await syncing;

        Assert.Equal(RunOutcome.Completed, run.Outcome);
        Assert.All(run.Tables, table => Assert.Equal(RunTableState.Done, table.State));
        Assert.False(await other.Runs.SaveTableAsync(claim, new RunTable(frozen, RunTableState.Failed), Stop));
        await one.AssertExactAsync(Tables);
    }

    [Theory]
    [InlineData(1, 1, 20, false)]
    [InlineData(1, 1, 21, true)]
    [InlineData(1, 2, 21, false)]
    [InlineData(2, 1, 21, false)]
    public void A_helper_is_silent_when_its_beats_stand_still_for_longer_than_anybody_waits(long claim, long beats, int seconds, bool silent)
    {
        var time = new ManualTime();
        var pulse = new HelperPulse(time);
        Assert.False(pulse.IsSilent("Account", 1, 1));
        time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(silent, pulse.IsSilent("ACCOUNT", claim, beats));
    }

    [Fact]
    public async Task Whoever_takes_a_run_over_waits_for_the_helpers_of_the_one_before()
    {
        await using var one = await StartAsync();
        await using var third = await one.BesideAsync();
        var helper = await one.BesideAsync();
        var ended = (Run?)null;
        await AtRequestAsync(one, path => path.EndsWith("/jobs/query", StringComparison.Ordinal), async _ =>
        {
            var running = (await helper.Runs.FindRunningAsync(helper.Connection.Id, Stop))!;
            var (_, claim) = (await helper.Runs.Claims.HelpAsync(running.Id, Stop))!.Value;
            string[] helped = [(await helper.Runs.Claims.NextAsync(claim, Stop))!, (await helper.Runs.Claims.NextAsync(claim, Stop))!];
            await using var beating = Beating(helper, claim);
            var takingOver = third.Runner.ContinueAsync(running, Stop);
            while ((await helper.Runs.FindAsync(running.Id, Stop))!.Tables.Any(table => !helped.Contains(table.SObject) && table.State != RunTableState.Done)) await Task.Yield();
            Assert.False(takingOver.IsCompleted);
            Assert.Equal(RunOutcome.Running, (await helper.Runs.FindAsync(running.Id, Stop))!.Outcome);
            await beating.DisposeAsync();
            await helper.DisposeAsync();
            ended = await takingOver;
        });
        await one.SyncAsync();

        Assert.Equal((RunOutcome.Completed, Verdict.Complete), (ended!.Outcome, ended.Verdict));
        await one.AssertExactAsync(Tables);
    }

    [Fact]
    public async Task What_one_process_holds_no_other_gets_before_it_lets_go_or_dies()
    {
        await using var one = await StartAsync();
        var other = await one.BesideAsync();
        await using (await other.Store.HoldAsync("conversations of acme", Stop))
        {
            Assert.Null(await one.Store.HoldAsync("conversations of acme", Stop));
            await using var elsewhere = await one.Store.HoldAsync("conversations of globex", Stop);
            Assert.NotNull(elsewhere);
        }
        await using (var held = await one.Store.HoldAsync("conversations of acme", Stop)) Assert.NotNull(held);
        await other.DisposeAsync();
    }

    /// <summary>At the moment of a request that the first process makes (every one in the soak, every third else), another takes its run over because the first was silent for too long, does all of it, and the first wakes up.</summary>
    [Fact]
    public async Task Whoever_is_taken_over_at_any_moment_writes_nothing_more_and_harms_nothing()
    {
        var takenOver = 0;
        for (var request = 1; ; request += Environment.GetEnvironmentVariable("ORGTAP_SOAK") == "1" ? 1 : 3)
        {
            await using var schema = new PostgresTestSchema();
            await using var one = await StartAsync(schema);
            await using var other = await one.BesideAsync();
            var (seen, ended) = (0, (Run?)null);
            await AtRequestAsync(one, _ => ++seen == request, async _ =>
            {
                var running = (await other.Runs.FindRunningAsync(other.Connection.Id, Stop))!;
                ended = await other.Runner.ContinueAsync(running, Stop);
            });
            var run = await one.Runner.BeginAsync(one.Connection.Id, "test", SyncWish.Everything, Stop);
            var asSeenByTheFirst = await one.Runner.ContinueAsync(run, Stop);
            if (ended is null) break;

            takenOver++;
            Assert.True(ended.Outcome == RunOutcome.Completed, $"Request {request}: {ended.Outcome} {ended.Problem?.Message} {string.Join("; ", ended.Tables.Select(table => $"{table.SObject} {table.State} {table.Problem?.Message}"))}");
            Assert.Equal((ended.Id, RunOutcome.Completed), (asSeenByTheFirst.Id, asSeenByTheFirst.Outcome));
            Assert.Null((await one.Connections.GetAsync("acme", Stop)).Problem);
            // What the first committed behind the other's back, if anything, covers rows as the org has them.
            Assert.Equal(RunOutcome.Completed, (await other.SyncAsync()).Outcome);
            await one.AssertExactAsync(Tables);
        }

        Assert.True(takenOver >= 8, $"Only {takenOver} moments were found.");
    }

    [Fact]
    public async Task A_stop_that_was_asked_for_in_another_process_ends_the_run_between_two_pages()
    {
        await using var one = await StartAsync();
        await using var other = await one.BesideAsync();
        await AtRequestAsync(one, path => path.Contains("/results", StringComparison.Ordinal), async stopped =>
        {
            await other.Runs.Claims.AskToStopAsync(other.Connection.Id, one.Host.Clock.GetUtcNow(), Stop);
            while (!stopped.IsCancellationRequested)
            {
                one.Host.Clock.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
                Stop.ThrowIfCancellationRequested();
            }
        });
        var run = await one.SyncAsync();
        Assert.Equal((RunOutcome.Stopped, (Problem?)null), (run.Outcome, run.Problem));
        Assert.Contains(run.Tables, table => table.State == RunTableState.Held);

        one.Network = inner => inner;
        await one.OpenAsync();
        Assert.Equal(RunOutcome.Completed, (await one.SyncAsync()).Outcome);
        await one.AssertExactAsync(Tables);
    }

    [Fact]
    public async Task Of_two_processes_that_begin_at_once_one_is_told_of_the_other()
    {
        await using var one = await StartAsync();
        await using var other = await one.BesideAsync();
        var begun = await Task.WhenAll(new[] { one, other, one, other }.Select(async org =>
        {
            try
            {
                return (await org.Runner.BeginAsync(org.Connection.Id, "test", SyncWish.Everything, Stop)).Id.ToString();
            }
            catch (InvalidInputException refusal)
            {
                return refusal.Message;
            }
        }));
        var id = Assert.Single(begun, text => !text.Contains(' ', StringComparison.Ordinal));
        Assert.All(begun.Where(text => text != id), refusal => Assert.Equal($"acme is being synced already (run {id}).", refusal));
        // It lives, so nobody closes what it has begun.
        Assert.Empty(await other.Runs.CloseAbandonedAsync(Stop));
    }

    [Fact]
    public async Task A_job_that_finds_the_control_store_away_waits_for_it_because_nobody_takes_a_living_processs_run()
    {
        await using var one = await StartAsync();
        await using var services = new ServiceCollection().AddLogging().AddSingleton(one.Runner).AddSingleton(one.Runs).AddSingleton<TimeProvider>(new EagerTime(one.Host.Clock)).AddSyncJobs().BuildServiceProvider();
        var run = await one.Runner.BeginAsync(one.Connection.Id, "test", SyncWish.Everything, Stop);
        await using (var db = await _schema.ConnectAsync())
            Assert.InRange(await db.ExecuteScalarAsync<long>("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = @name", new { name = StoreDatabase.Postgres.AddressFor(one.Folder)!.Schema }), 1, 20);
        await services.GetRequiredService<SyncJobs>().ExecuteAsync(one.Connection.Id, run.Id, Stop);
        Assert.Equal((RunOutcome.Completed, Verdict.Complete), ((await one.Runs.FindAsync(run.Id, Stop))!.Outcome, (await one.Runs.FindAsync(run.Id, Stop))!.Verdict));
        await one.AssertExactAsync(Tables);
    }

    [Fact]
    public async Task A_run_that_never_came_to_Quartz_is_given_there_by_its_process()
    {
        await using var one = await StartAsync();
        await using var services = new ServiceCollection().AddLogging().AddSingleton(one.Runner).AddSingleton(one.Runs).AddSingleton<TimeProvider>(one.Host.Clock).AddSyncJobs().BuildServiceProvider();
        var jobs = services.GetRequiredService<SyncJobs>();
        var lost = await one.Runner.BeginAsync(one.Connection.Id, "test", SyncWish.Everything, Stop);
        await jobs.ScheduleLostAsync(Stop);
        while ((await one.Runs.FindAsync(lost.Id, Stop))!.Outcome == RunOutcome.Running) await Task.Yield();
        Assert.Equal(RunOutcome.Completed, (await one.Runs.FindAsync(lost.Id, Stop))!.Outcome);

        // What another process began is not touched: it lives.
        await using var other = await one.BesideAsync();
        var theirs = await other.Runner.BeginAsync(other.Connection.Id, "test", SyncWish.Everything, Stop);
        await jobs.ScheduleLostAsync(Stop);
        var scheduler = await services.GetRequiredService<ISchedulerFactory>().GetScheduler(Stop);
        Assert.Empty(await scheduler.GetTriggersOfJob(new JobKey(one.Connection.Id.Value, "sync"), Stop));
        Assert.Equal(RunOutcome.Running, (await one.Runs.FindAsync(theirs.Id, Stop))!.Outcome);
    }

    private Task<SyncedOrg> StartAsync() => StartAsync(_schema);

    private static async Task<SyncedOrg> StartAsync(PostgresTestSchema schema)
    {
        var org = await SyncedOrg.StartAsync(options => options with { Records = new Dictionary<string, long> { ["User"] = 3, ["UserRole"] = 3, ["Account"] = 1_300, ["Contact"] = 800, ["Opportunity"] = 700 } });
        (org.Database, org.Place) = (StoreDatabase.Postgres, new PostgresPlace(new SecretText(TestPostgres.Address.ConnectionString), schema.Name));
        // One table after the other, so that there is something left to help with.
        org.Options = org.Options with { ParallelTables = 1 };
        await org.OpenAsync();
        await org.SelectAsync(Tables);
        return org;
    }

    /// <summary>Does something in the middle of the first request that is meant, once.</summary>
    private static async Task AtRequestAsync(SyncedOrg org, Func<string, bool> meant, Func<CancellationToken, Task> work)
    {
        org.Network = inner => new Interrupted(inner, meant, work);
        await org.OpenAsync();
    }

    private sealed class Interrupted(HttpMessageHandler inner, Func<string, bool> meant, Func<CancellationToken, Task> work) : DelegatingHandler(inner)
    {
        private int _done;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (_done == 0 && meant(request.RequestUri!.AbsolutePath) && Interlocked.Exchange(ref _done, 1) == 0) await work(cancellationToken);
            return await base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>A helper at work, as far as others see it.</summary>
    private static Heart Beating(SyncedOrg helper, RunClaim claim) => new(helper, claim);

    private sealed class Heart : IAsyncDisposable
    {
        private readonly CancellationTokenSource _still = new();
        private readonly Task _beating;

        public Heart(SyncedOrg helper, RunClaim claim) => _beating = Task.Run(async () =>
        {
            while (!_still.IsCancellationRequested) await helper.Runs.Claims.BeatAsync(claim, Stop);
        });

        public async ValueTask DisposeAsync()
        {
            await _still.CancelAsync();
            await _beating;
        }
    }
}
