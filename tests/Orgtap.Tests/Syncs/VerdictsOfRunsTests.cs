using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

/// <summary>What goes wrong on the way shows in the verdict, and what passes by itself does not.</summary>
public sealed class VerdictsOfRunsTests
{
    private const string Results = "GET */jobs/query/*/results?*";

    [Fact]
    public async Task Rows_lost_between_parser_and_replica_make_the_table_partial_and_the_next_sync_mends_it()
    {
        await using var org = await StartAsync("Account", "UserRole");
        org.Wrap = replica => new LossyReplica(replica, "Account");
        await org.OpenAsync();

        var run = await org.SyncAsync();

        var account = run.Tables.Single(table => table.SObject == "Account");
        Assert.Equal(Verdict.Partial, account.Receipt!.Verdict);
        Assert.True(account.Receipt.Tally.Written < account.Receipt.Tally.Parsed);
        Assert.Contains("missing", account.Receipt.Sentence, StringComparison.Ordinal);
        Assert.Equal(RunOutcome.Partial, run.Outcome);
        Assert.Equal(Turn.We, (await org.Connections.FindAsync(org.Connection.Id, SyncedOrg.Cancel))!.Problem!.Turn);

        org.Wrap = replica => replica;
        await org.OpenAsync();
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync("Account");
        Assert.Null((await org.Connections.FindAsync(org.Connection.Id, SyncedOrg.Cancel))!.Problem);
    }

    [Fact]
    public async Task A_page_that_always_comes_short_makes_the_table_partial_with_numbers()
    {
        await using var org = await StartAsync("Account");
        org.Host.Faults.Add(Results, new FaultEffect.DropRows(3));

        var receipt = Assert.Single((await org.SyncAsync()).Tables).Receipt!;

        Assert.Equal(Verdict.Partial, receipt.Verdict);
        Assert.Equal(2_600, receipt.Expected);
        Assert.True(receipt.Tally.Parsed < 2_600);
        Assert.Contains($"{2_600 - receipt.Tally.Parsed} rows of 2,600 are missing", receipt.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loss_that_only_the_jobs_total_shows_is_found()
    {
        await using var org = await StartAsync("Account");
        org.Host.Faults.Add(Results, new FaultEffect.DropRows(2, LowerHeader: true), nth: 2);

        var receipt = Assert.Single((await org.SyncAsync()).Tables).Receipt!;

        Assert.Equal((Verdict.Partial, 2_598L), (receipt.Verdict, receipt.Tally.Parsed));
    }

    public static TheoryData<string, FaultEffect> PassingFaults => new()
    {
        { Results, new FaultEffect.CutBody(0) },
        { Results, new FaultEffect.CutBody(20_000) },
        { Results, new FaultEffect.DropRows(7) },
        { Results, new FaultEffect.WrongRecordCount(1) },
        { Results, FaultEffect.Answer.Error(503, "SERVER_UNAVAILABLE", "busy") },
        { "POST */jobs/query", new FaultEffect.FailBulkJob("a node went away") },
        { "POST */jobs/query", new FaultEffect.FailBulkJob() },
        { "GET */query*", new FaultEffect.CutBody(300) },
        { "*", new FaultEffect.ExpireSession() },
    };

    [Theory]
    [MemberData(nameof(PassingFaults))]
    public async Task What_passes_leaves_no_trace_in_the_replica(string route, FaultEffect effect)
    {
        await using var org = await StartAsync("Account", "UserRole");
        org.Host.Faults.Add(route, effect, nth: 2);
        org.Host.Faults.Add(route, effect, nth: 5);
        if (effect is FaultEffect.FailBulkJob) org.Host.Faults.Add(route, effect, nth: 1);

        var run = await org.SyncAsync();

        Assert.All(run.Tables, table => Assert.True(table.Receipt?.Verdict == Verdict.Complete, $"{table.SObject}: {table.Receipt?.Sentence} {table.Problem?.Detail}"));
        await org.AssertExactAsync("Account", "UserRole");
    }

    [Fact]
    public async Task A_stalled_page_is_read_again_in_smaller_pieces()
    {
        await using var org = await SyncedOrg.StartAsync(options => options with { Oldness = new() { NoResultPages = true } });
        org.ReadIdleTimeout = TimeSpan.FromMilliseconds(300);
        await org.OpenAsync();
        await org.SelectAsync("Account");
        org.Host.Faults.Add(Results, new FaultEffect.StallBody(10_000), nth: 1);

        var run = await org.SyncAsync();

        Assert.Equal(RunOutcome.Completed, run.Outcome);
        Assert.Contains(org.Host.Requests.Entries, entry => entry.Path.Contains("maxRecords=250", StringComparison.Ordinal));
        await org.AssertExactAsync("Account");
    }

    [Fact]
    public async Task A_job_that_fails_twice_fails_the_table_in_words_and_the_others_go_on()
    {
        await using var org = await StartAsync("Account", "UserRole");
        org.Host.Faults.Add(new FaultRule("POST */jobs/query", new FaultEffect.FailBulkJob("too busy")));

        var run = await org.SyncAsync();

        Assert.Equal(RunOutcome.Partial, run.Outcome);
        var account = run.Tables.Single(table => table.SObject == "Account");
        Assert.Equal((RunTableState.Failed, Verdict.Failed), (account.State, account.Receipt!.Verdict));
        Assert.Contains("could not prepare the rows of Account", account.Problem!.Message, StringComparison.Ordinal);
        Assert.Equal(RunTableState.Done, run.Tables.Single(table => table.SObject == "UserRole").State);
        Assert.NotNull(account.Problem.RetryAt);
    }

    [Fact]
    public async Task A_job_that_does_not_end_is_waited_for_in_the_next_run_too_and_costs_few_calls()
    {
        await using var org = await StartAsync("Account");
        org.Host.Faults.Add("POST */jobs/query", new FaultEffect.StickBulkJob());

        await org.SyncAsync();
        var run = await org.SyncAsync();

        Assert.Equal(1, org.Host.Requests.Count("bulk.create"));
        Assert.InRange(org.Host.Requests.Count("bulk.get"), 2, 300);
        var account = Assert.Single(run.Tables);
        Assert.Equal((RunTableState.Failed, true), (account.State, account.Plan!.Resumes));
        Assert.Contains("is not done", account.Problem!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_quota_stops_the_run_and_says_until_when()
    {
        await using var org = await StartAsync("Account", "Contact", "UserRole");
        org.Host.Faults.Add("GET */jobs/query/*/results?*", FaultEffect.Answer.Error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."));

        var run = await org.SyncAsync();

        Assert.Equal(RunOutcome.Stopped, run.Outcome);
        Assert.Equal((FailureKind.QuotaExhausted, Turn.We), (run.Problem!.Kind, run.Problem.Turn));
        Assert.NotNull(run.Problem.RetryAt);
        Assert.Contains(run.Tables, table => table.State == RunTableState.Held);
        Assert.Equal(FailureKind.QuotaExhausted, (await org.Connections.FindAsync(org.Connection.Id, SyncedOrg.Cancel))!.Problem!.Kind);

        org.Host.Faults.Clear();
        org.Host.Clock.Advance(TimeSpan.FromHours(25));
        await org.OpenAsync();
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync("Account", "Contact", "UserRole");
    }

    [Fact]
    public async Task A_table_the_user_may_no_longer_see_fails_alone()
    {
        await using var org = await StartAsync("Account", "UserRole");
        org.Host.Store.Schema.HideObject("UserRole", true);

        var run = await org.SyncAsync();

        Assert.Equal(RunOutcome.Partial, run.Outcome);
        Assert.Equal(RunTableState.Failed, run.Tables.Single(table => table.SObject == "UserRole").State);
        Assert.Equal(Verdict.Complete, run.Tables.Single(table => table.SObject == "Account").Receipt!.Verdict);
    }

    private static async Task<SyncedOrg> StartAsync(params string[] tables)
    {
        var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync(tables);
        return org;
    }
}
