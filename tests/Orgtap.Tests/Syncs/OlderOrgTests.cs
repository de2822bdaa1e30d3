using Orgtap.Extraction;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

/// <summary>Orgs that are less than the newest Salesforce: still exact, and where something costs more the plan says so.</summary>
public sealed class OlderOrgTests
{
    private static readonly string[] Tables = ["Account", "Contact", "UserRole", "CaseStatus"];

    public static TheoryData<string, string?, Verdict> Orgs => new()
    {
        { "API 50.0", "API 50.0 has no parallel result pages: pages are read one after another.", Verdict.Complete },
        { "no result pages", "This org does not offer parallel result pages: pages are read one after another.", Verdict.Complete },
        { "no composite", null, Verdict.Complete },
        { "no record counts", null, Verdict.Complete },
        { "no count header", null, Verdict.CompleteNotConfirmed },
        { "no job total", null, Verdict.CompleteNotConfirmed },
        { "unquoted", null, Verdict.Complete },
        { "CR LF", null, Verdict.Complete },
        { "unquoted with CR LF", null, Verdict.Complete },
        { "numeric locators", null, Verdict.Complete },
        { "odd locators", null, Verdict.Complete },
        { "short ids", null, Verdict.Complete },
        { "early results are empty", null, Verdict.Complete },
        { "no Bulk", "Bulk API does not serve Account.", Verdict.Complete },
        { "everything at once", "API 50.0 has no parallel result pages: pages are read one after another.", Verdict.CompleteNotConfirmed },
    };

    [Theory]
    [MemberData(nameof(Orgs))]
    public async Task Loads_exactly(string what, string? reason, Verdict verdict)
    {
        await using var org = await SyncedOrg.StartAsync(options => options with { Oldness = Old(what) });
        await org.OpenAsync();
        await org.SelectAsync(Tables);

        var run = await org.SyncAsync();

        Assert.All(run.Tables, table => Assert.True(table.State == RunTableState.Done, $"{table.SObject}: {table.Problem}"));
        Assert.Equal(RunOutcome.Completed, run.Outcome);
        var account = run.Tables.Single(table => table.SObject == "Account");
        Assert.Equal(verdict, account.Receipt!.Verdict);
        if (reason is not null) Assert.Contains(account.Plan!.Reasons, said => said.StartsWith(reason, StringComparison.Ordinal));
        await org.AssertExactAsync(Tables);
    }

    [Fact]
    public async Task A_refusal_of_Bulk_is_asked_for_once()
    {
        await using var org = await SyncedOrg.StartAsync(options => options with { Oldness = Old("no Bulk") });
        await org.OpenAsync();
        await org.SelectAsync("Account");
        await org.SyncAsync();

        var plan = Assert.Single((await org.Runner.PlanAsync(org.Connection.Id, SyncedOrg.Cancel)).Plans);

        Assert.Equal(ExtractionApi.Rest, plan.Api);
        Assert.Contains(plan.Reasons, said => said.StartsWith("Bulk API does not serve Account.", StringComparison.Ordinal));
    }

    private static Oldness Old(string what) => what switch
    {
        "API 50.0" => new() { MaxApiVersion = 50.0m },
        "no result pages" => new() { NoResultPages = true },
        "no composite" => new() { NoComposite = true },
        "no record counts" => new() { NoRecordCountResource = true },
        "no count header" => new() { NoRecordCountHeader = true },
        "no job total" => new() { NoProcessedCount = true },
        "unquoted" => new() { UnquotedCsv = true },
        "CR LF" => new() { CrLf = true },
        "unquoted with CR LF" => new() { UnquotedCsv = true, CrLf = true },
        "numeric locators" => new() { Locators = LocatorStyle.Numeric, NoResultPages = true },
        "odd locators" => new() { Locators = LocatorStyle.Odd },
        "short ids" => new() { ShortIds = true },
        "early results are empty" => new() { EarlyResultsAreEmpty = true },
        "no Bulk" => new() { NoBulk = ["Account"] },
        "everything at once" => new()
        {
            MaxApiVersion = 50.0m, NoResultPages = true, NoComposite = true, NoRecordCountResource = true, NoRecordCountHeader = true, NoProcessedCount = true,
            UnquotedCsv = true, CrLf = true, Locators = LocatorStyle.Odd, ShortIds = true, EarlyResultsAreEmpty = true,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
    };
}
