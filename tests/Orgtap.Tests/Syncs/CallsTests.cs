using Orgtap.Records;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

/// <summary>What syncs cost, by the org's own counter.</summary>
public sealed class CallsTests
{
    private const int TableCount = 40;

    [Fact]
    public async Task Forty_tables_cost_ten_calls_unchanged_and_hardly_more_with_fifty_changes_each()
    {
        var tables = Enumerable.Range(1, TableCount).ToList();
        await using var org = await SyncedOrg.StartAsync(options => options with { Records = new Dictionary<string, long> { ["User"] = 3 }, ExtraObjects = TableCount, ExtraFields = 5 });
        org.Options = new SyncOptions();
        await org.OpenAsync();
        var names = org.Host.Store.Schema.Objects.Where(type => type.Name.StartsWith("Extra", StringComparison.Ordinal)).Select(type => type.Name).ToArray();
        Assert.Equal(TableCount, names.Length);
        foreach (var name in names)
            for (var row = 0; row < 50; row++) org.Host.Store.Insert(name, new Dictionary<string, object?> { ["Name"] = $"Row {row}" });
        org.Host.Clock.Advance(TimeSpan.FromMinutes(1));
        await org.SelectAsync(names);
        var first = await CountAsync(org);

        org.Host.Clock.Advance(TimeSpan.FromMinutes(30));
        var unchanged = await CountAsync(org);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(20));
        foreach (var name in names)
            foreach (var row in org.Host.Store.Truth(name, ["Name"], includeDeleted: false).ToList()) org.Host.Store.Update(name, row.Id, new Dictionary<string, object?> { ["Name"] = "Changed" });
        org.Host.Clock.Advance(TimeSpan.FromMinutes(5));
        var changed = await CountAsync(org);

        TestContext.Current.TestOutputHelper!.WriteLine($"first load {first}, unchanged {unchanged}, 50 changes in each {changed}");
        Assert.InRange(unchanged, 1, 10);
        Assert.InRange(changed, 1, 20);
        await org.AssertExactAsync(names[..3]);
    }

    [Fact]
    public async Task A_table_with_more_changes_than_fit_is_asked_by_itself_and_misses_none()
    {
        await using var org = await LoadedAsync();
        foreach (var row in org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).ToList()) org.Host.Store.Update("Account", row.Id, new Dictionary<string, object?> { ["Name"] = "Changed" });
        org.Host.Clock.Advance(TimeSpan.FromMinutes(5));

        var run = await org.SyncAsync();

        Assert.All(run.Tables, table => Assert.Equal((LoadMode.Incremental, Verdict.Complete), (table.Receipt!.Mode, table.Receipt.Verdict)));
        await org.AssertExactAsync("Account", "Contact", "UserRole");
    }

    [Theory]
    [InlineData(404, "NOT_FOUND")]
    [InlineData(500, "UNKNOWN_EXCEPTION")]
    [InlineData(400, "MALFORMED_QUERY")]
    public async Task An_org_that_cannot_be_asked_together_is_asked_one_by_one(int status, string code)
    {
        await using var org = await LoadedAsync();
        org.Host.Faults.Add("POST */composite", FaultEffect.Answer.Error(status, code, "no"));

        var run = await org.SyncAsync();

        Assert.Equal(RunOutcome.Completed, run.Outcome);
        await org.AssertExactAsync("Account", "Contact", "UserRole");
    }

    [Fact]
    public async Task One_refused_question_of_a_series_does_not_touch_the_others()
    {
        await using var org = await LoadedAsync();
        org.Host.Store.Schema.HideField("Contact", "Title", true);
        var ids = org.Host.Store.Truth("Account", ["Name"], includeDeleted: false).Take(2).Select(row => row.Id).ToList();
        org.Host.Store.Update("Account", ids[0], new Dictionary<string, object?> { ["Name"] = "Changed" });
        org.Host.Store.HardDelete("Account", ids[1]);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(5));

        var run = await org.SyncAsync();

        Assert.Equal(RunOutcome.Completed, run.Outcome);
        Assert.Contains("1 row that vanished", run.Tables.Single(table => table.SObject == "Account").Receipt!.Sentence, StringComparison.Ordinal);
    }

    private static async Task<SyncedOrg> LoadedAsync()
    {
        var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account", "Contact", "UserRole");
        Assert.Equal(RunOutcome.Completed, (await org.SyncAsync()).Outcome);
        org.Host.Clock.Advance(TimeSpan.FromMinutes(30));
        return org;
    }

    private static async Task<long> CountAsync(SyncedOrg org)
    {
        var before = org.Host.Usage.Used;
        var run = await org.SyncAsync();
        Assert.All(run.Tables, table => Assert.True(table.Receipt?.Verdict == Verdict.Complete, $"{table.SObject}: {table.Receipt?.Sentence} {table.Problem?.Detail}"));
        Assert.Equal(org.Host.Usage.Used - before, run.ApiCalls);
        return org.Host.Usage.Used - before;
    }
}
