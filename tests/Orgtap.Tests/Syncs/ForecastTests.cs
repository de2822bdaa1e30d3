using Orgtap.Catalog;
using Orgtap.Extraction;
using Orgtap.Records;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.Syncs;

namespace Orgtap.Tests.Syncs;

/// <summary>What a sync is expected to cost, against the org's own counter.</summary>
public sealed class ForecastTests
{
    [Fact]
    public async Task Forecasts_are_within_fifteen_percent_in_the_middle_over_syncs_of_every_kind()
    {
        var errors = new List<double>();
        foreach (var (tables, rows) in new[] { (3, 40), (12, 900), (40, 30) })
        {
            await using var org = await StartAsync(tables);
            var names = await FilledAsync(org, rows);
            errors.Add(await ErrorAsync(org, RunPurpose.Sync));
            foreach (var share in new[] { 0, 1, 0, 3, 100 })
            {
                Change(org, names, rows * share / 100);
                org.Host.Clock.Advance(TimeSpan.FromMinutes(40));
                errors.Add(await ErrorAsync(org, RunPurpose.Sync));
            }
            org.Host.Clock.Advance(TimeSpan.FromHours(2));
            errors.Add(await ErrorAsync(org, RunPurpose.Reconcile));
            errors.Add(await ErrorAsync(org, RunPurpose.Refresh));
            errors.Add(await ErrorAsync(org, RunPurpose.Verify));
        }
        var middle = errors.Order().ElementAt(errors.Count / 2);
        TestContext.Current.TestOutputHelper!.WriteLine($"middle {middle:0.0} %, all: {string.Join(' ', errors.Select(error => error.ToString("0", System.Globalization.CultureInfo.InvariantCulture)))}");
        Assert.InRange(middle, 0, 15);
    }

    /// <summary>Pages of wide rows are smaller than Salesforce would make them, and a large table is loaded by several jobs; once found, a size is kept.</summary>
    [Theory]
    [InlineData(12_000, false)]
    [InlineData(12_000, true)]
    [InlineData(5_000, true)]
    public async Task A_large_first_load_costs_about_what_was_announced(int rows, bool wide)
    {
        await using var org = await SyncedOrg.StartAsync(options => options with { Records = new Dictionary<string, long> { ["User"] = 3, ["Account"] = rows }, BulkPageRows = 2_000, BulkDelay = TimeSpan.FromSeconds(2) });
        org.Memory = RowBatch.StandardMemory;
        org.Options = new SyncOptions { Extraction = new ExtractionOptions { PageRows = 2_000, SmallestPageRows = 50, BulkAboveRows = 600, SliceRows = 4_000 } };
        await org.OpenAsync();
        await org.Selections.SetAsync(org.Connection.Id, [wide ? new SelectedObject("Account") : new SelectedObject("Account", ["Name", "IsDeleted"])], SyncedOrg.Cancel);
        var forecast = await org.Runner.PlanAsync(org.Connection.Id, SyncedOrg.Cancel);
        var error = await ErrorAsync(org, RunPurpose.Sync);
        TestContext.Current.TestOutputHelper!.WriteLine($"{forecast.Calls} calls and {forecast.BulkJobs} jobs announced; {error:0} % off. {string.Join(' ', ((string[])["bulk.create", "bulk.get", "bulk.resultPages", "bulk.results", "query"]).Select(kind => $"{kind} {org.Host.Requests.Count(kind)}"))}");
        Assert.InRange(error, 0, 25);
        Assert.Equal(forecast.BulkJobs, org.Host.Requests.Count("bulk.create"));
        // Only where Salesforce's own pages fit is its list of them worth asking for again.
        Assert.Equal(wide ? 1 : forecast.BulkJobs, org.Host.Requests.Count("bulk.resultPages"));
    }

    [Fact]
    public async Task What_the_plan_says_is_what_the_run_is_expected_to_cost()
    {
        await using var org = await StartAsync(12);
        await FilledAsync(org, 30);
        var forecast = await org.Runner.PlanAsync(org.Connection.Id, SyncedOrg.Cancel);
        Assert.Equal(forecast.Calls, (await org.SyncAsync()).ExpectedCalls);
        // Three calls a sync, and one an hour for what the tables are like.
        Assert.Equal((3, 24 * 4, 288 * 3 + 24), (forecast.Later, forecast.PerDay(TimeSpan.FromHours(1)), forecast.PerDay(TimeSpan.FromMinutes(5))));

        org.Host.Clock.Advance(TimeSpan.FromMinutes(40));
        forecast = await org.Runner.PlanAsync(org.Connection.Id, SyncedOrg.Cancel);
        Assert.Equal(3, forecast.Together);
        Assert.All(forecast.Plans, plan => Assert.Equal(0, plan.EstimatedCalls));
        var run = await org.SyncAsync();
        Assert.Equal((forecast.Calls, forecast.Calls), (run.ExpectedCalls!.Value, run.ApiCalls));
    }

    [Theory]
    [InlineData("DailyBulkV2QueryJobs", 10_000, 400, "9,600 of its 10,000 Bulk query jobs")]
    [InlineData("DailyBulkV2QueryFileStorageMB", 976_562, 100, "976,462 of its 976,562 MB of Bulk results")]
    public async Task Where_the_Bulk_limit_is_nearly_reached_no_job_is_created(string limit, long maximum, long remaining, string words)
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account");
        org.Host.Faults.Add("GET */limits", new FaultEffect.Answer(200, $$$"""{"{{{limit}}}":{"Max":{{{maximum}}},"Remaining":{{{remaining}}}}}"""));

        var run = await org.SyncAsync();

        var table = Assert.Single(run.Tables);
        Assert.Equal((ExtractionApi.Rest, Verdict.Complete), (table.Receipt!.Api, table.Receipt.Verdict));
        Assert.Contains($"The org has used {words} of the last 24 hours; beyond 95 % no Bulk job is created.", table.Plan!.Reasons[^1], StringComparison.Ordinal);
        await org.AssertExactAsync("Account");

        // The next run looks anew.
        org.Host.Faults.Clear();
        await org.SelectAsync("Account", "Contact");
        Assert.Equal(ExtractionApi.Bulk, (await org.SyncAsync()).Tables.Single(each => each.SObject == "Contact").Receipt!.Api);
    }

    [Fact]
    public async Task An_org_that_does_not_show_its_limits_is_synced_all_the_same()
    {
        await using var org = await SyncedOrg.StartAsync();
        await org.OpenAsync();
        await org.SelectAsync("Account");
        org.Host.Faults.Add("GET */limits", FaultEffect.Answer.Error(403, "INSUFFICIENT_ACCESS", "no"));
        var run = await org.SyncAsync();
        Assert.Equal((RunOutcome.Completed, ExtractionApi.Bulk), (run.Outcome, run.Tables[0].Receipt!.Api));
    }

    private static Task<SyncedOrg> StartAsync(int tables) =>
        SyncedOrg.StartAsync(options => options with { Records = new Dictionary<string, long> { ["User"] = 3 }, ExtraObjects = tables, ExtraFields = 5 });

    private static async Task<string[]> FilledAsync(SyncedOrg org, int rows)
    {
        if (org.Runner is null) await org.OpenAsync();
        var names = org.Host.Store.Schema.Objects.Where(type => type.Name.StartsWith("Extra", StringComparison.Ordinal)).Select(type => type.Name).ToArray();
        foreach (var name in names)
            for (var row = 0; row < rows; row++) org.Host.Store.Insert(name, new Dictionary<string, object?> { ["Name"] = $"Row {row}" });
        org.Host.Clock.Advance(TimeSpan.FromMinutes(1));
        await org.SelectAsync(names);
        return names;
    }

    private static void Change(SyncedOrg org, string[] names, int rows)
    {
        foreach (var name in names)
            foreach (var row in org.Host.Store.Truth(name, ["Name"], includeDeleted: false).Take(rows).ToList()) org.Host.Store.Update(name, row.Id, new Dictionary<string, object?> { ["Name"] = "Changed" });
    }

    private static async Task<double> ErrorAsync(SyncedOrg org, RunPurpose purpose)
    {
        var before = org.Host.Usage.Used;
        var run = await org.RunAsync(purpose);
        Assert.True(run.Outcome == RunOutcome.Completed, run.Problem?.Message);
        var made = org.Host.Usage.Used - before;
        Assert.True(made == run.ApiCalls, $"{purpose}: {run.ApiCalls} calls counted, {made} by the org; {string.Join(" ", run.Tables.Select(table => $"{table.SObject} {table.Plan?.Mode} {table.ApiCalls}"))}");
        return 100.0 * Math.Abs(run.ExpectedCalls!.Value - made) / made;
    }
}
