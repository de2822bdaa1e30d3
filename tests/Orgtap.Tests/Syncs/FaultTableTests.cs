using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

/// <summary>What can go wrong at Salesforce and on the way, what becomes of the table, what is said and whose turn it is; the other table is never touched, and once the fault is over the next sync is exact.</summary>
public sealed class FaultTableTests
{
    private const string Rows = "GET */query*?q=*", Job = "POST */jobs/query", Results = "GET */jobs/query/*/results*";

    /// <summary>Faults that mend themselves within the run.</summary>
    public static TheoryData<string, FaultEffect, int> Mended => new()
    {
        { Rows, FaultEffect.Answer.Error(400, "QUERY_TIMEOUT", "Your query request was running for too long."), 0 },
        { Rows, new FaultEffect.Answer(414), 0 },
        { Rows, new FaultEffect.Answer(431), 0 },
        { Rows, FaultEffect.Answer.Error(401, "INVALID_SESSION_ID", "Session expired or invalid"), 1 },
        { Rows, FaultEffect.Answer.Error(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."), 2 },
        { Rows, new FaultEffect.Answer(503, "<html><body>Down for maintenance</body></html>", "text/html"), 2 },
        { Rows, new FaultEffect.Answer(420), 2 },
        { Rows, new FaultEffect.Answer(429), 2 },
        { Rows, FaultEffect.Answer.Error(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."), 2 },
        { Rows, new FaultEffect.Answer(200), 1 },
        { Rows, new FaultEffect.Answer(200, "<html>hello</html>", "text/html"), 1 },
        { Rows, FaultEffect.Answer.Error(400, "INVALID_QUERY_LOCATOR", "invalid query locator"), 1 },
        { Rows, FaultEffect.Answer.Error(400, "INVALID_FIELD", "No such column 'X' on entity 'Account'."), 1 },
        { Job, FaultEffect.Answer.Error(400, "LIMIT_EXCEEDED", "Max bulk v2 query jobs (10000) per 24 hrs has been reached"), 0 },
        { Job, FaultEffect.Answer.Error(400, "INVALIDENTITY", "Entity 'Account' is not supported by the Bulk API."), 0 },
        { Job, FaultEffect.Answer.Error(400, "API_ERROR", "Implementation restriction: no"), 0 },
        { Job, new FaultEffect.Answer(503), 1 },
        { "GET */jobs/query/750*", FaultEffect.Answer.Error(404, "NOT_FOUND", "The requested resource does not exist"), 1 },
        { Results, new FaultEffect.Answer(204), 1 },
        { Results, FaultEffect.Answer.Error(412, "JOB_NOT_COMPLETE", "not yet"), 1 },
        { Results, new FaultEffect.Answer(500), 2 },
        { Results, new FaultEffect.WrongRecordCount(-3), 1 },
    };

    /// <summary>Faults that stay: the words, and who acts.</summary>
    public static TheoryData<string, FaultEffect, bool, Turn, string> Staying => new()
    {
        { Rows, FaultEffect.Answer.Error(400, "OPERATION_TOO_LARGE", "exceeded 100000 distinct who/what's"), false, Turn.Admin, "too large to be read at once" },
        { Rows, FaultEffect.Answer.Error(403, "INSUFFICIENT_ACCESS", "insufficient access rights"), false, Turn.Admin, "may not read Account" },
        { Rows, FaultEffect.Answer.Error(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."), false, Turn.We, "" },
        { Rows, new FaultEffect.Answer(302, "", "text/html"), false, Turn.Operator, "" },
        { Rows, FaultEffect.Answer.Error(400, "SOMETHING_NEW", "never heard of"), false, Turn.Operator, "for a reason Orgtap does not know" },
        { "*", FaultEffect.Answer.Error(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."), true, Turn.Admin, "no API access" },
        { "*", FaultEffect.Answer.Error(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"), true, Turn.Admin, "may not use the org's API" },
        { "*", FaultEffect.Answer.Error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), true, Turn.We, "" },
    };

    [Theory]
    [MemberData(nameof(Mended))]
    public async Task Is_mended_within_the_run_and_leaves_nothing_behind(string route, FaultEffect effect, int times)
    {
        await using var org = await StartAsync(bulk: route is not Rows);
        org.Host.Faults.Add(new FaultRule(route, effect) { SObject = route is Rows ? "Account" : null, Times = times == 0 ? null : times });

        var run = await org.SyncAsync();

        Assert.All(run.Tables, table => Assert.True(table.Receipt?.Verdict == Verdict.Complete, $"{table.SObject}: {table.Receipt?.Sentence} {table.Problem?.Message} {table.Problem?.Detail}"));
        Assert.Contains(org.Host.Faults.Rules, rule => rule.Fired > 0);
        await org.AssertExactAsync("Account", "UserRole");
    }

    [Theory]
    [MemberData(nameof(Staying))]
    public async Task Stays_says_what_happened_and_whose_turn_it_is_and_is_over_when_it_is_over(string route, FaultEffect effect, bool wholeConnection, Turn turn, string words)
    {
        await using var org = await StartAsync(bulk: false);
        org.Host.Faults.Add(new FaultRule(wholeConnection ? "*/services/data/*" : route, effect) { SObject = wholeConnection ? null : "Account" });

        var run = await org.SyncAsync();

        var problem = wholeConnection ? run.Problem! : run.Tables.Single(table => table.SObject == "Account").Problem!;
        Assert.Equal(turn, problem.Turn);
        Assert.Contains(words, problem.Message, StringComparison.OrdinalIgnoreCase);
        Assert.NotEmpty(problem.NextStep);
        Assert.DoesNotContain("   at ", problem.Detail ?? "", StringComparison.Ordinal);
        if (!wholeConnection)
        {
            Assert.Equal(RunOutcome.Partial, run.Outcome);
            Assert.Equal(Verdict.Complete, run.Tables.Single(table => table.SObject == "UserRole").Receipt!.Verdict);
        }

        org.Host.Faults.Clear();
        org.Host.Clock.Advance(TimeSpan.FromHours(25));
        await org.OpenAsync();
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync("Account", "UserRole");
    }

    [Fact]
    public async Task A_revoked_grant_stops_the_run_once_and_names_the_admin()
    {
        await using var org = await StartAsync(bulk: true);
        org.Host.Faults.Add(Results, new FaultEffect.RevokeGrant(), nth: 1);
        org.Host.Faults.Add("POST */services/oauth2/token", new FaultEffect.Answer(400, """{"error":"invalid_grant","error_description":"authentication failure"}""", "application/json"));

        var run = await org.SyncAsync();

        Assert.Equal((RunOutcome.Stopped, FailureKind.ReauthorizationRequired, Turn.Admin), (run.Outcome, run.Problem!.Kind, run.Problem.Turn));
        Assert.InRange(org.Host.Requests.Count("token"), 1, 4);
        org.Host.Faults.Clear();
        await org.OpenAsync();
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        await org.AssertExactAsync("Account", "UserRole");
    }

    private static async Task<SyncedOrg> StartAsync(bool bulk)
    {
        var org = await SyncedOrg.StartAsync(options => options with { Records = new Dictionary<string, long> { ["User"] = 3, ["UserRole"] = 4, ["Account"] = 900 } });
        if (!bulk) org.Options = org.Options with { Extraction = org.Options.Extraction with { BulkAboveRows = 5_000 } };
        await org.OpenAsync();
        await org.SelectAsync("Account", "UserRole");
        return org;
    }
}
