using System.Text.Json;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.FirstLoads;

/// <summary>The real program against a simulated org over loopback: connect, choose, load, compare.</summary>
public sealed class FirstLoadTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nearly_a_quarter_of_a_million_rows_in_all_tables_equal_the_org_value_by_value()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions(), Stop);
        // A scheduled job of the org that fires between the sync and the comparison would be another truth.
        org.Clock.Freeze();
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await orgtap.SucceedAsync(Stop, "select", "acme", "--preset", "all");
        await orgtap.SucceedAsync(Stop, "sync", "acme");

        var (tables, rows, values) = Acme.Compare(org, orgtap);
        Assert.True(tables >= 20, $"{tables} tables");
        Assert.True(rows >= 245_000, $"{rows} rows");
        TestContext.Current.TestOutputHelper!.WriteLine($"{tables} tables, {rows} rows, {values} values compared");
    }

    /// <summary>What a connector that reads 2,000 rows a call would take 25 calls a table for. Forty tables in the soak, eight else.</summary>
    [Fact]
    public async Task Tables_of_fifty_thousand_rows_take_at_most_ten_calls_each()
    {
        const int rows = 50_000;
        var tables = Environment.GetEnvironmentVariable("ORGTAP_SOAK") == "1" ? 40 : 8;
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions
        {
            Records = Enumerable.Range(1, tables).ToDictionary(table => $"Extra{table:0000}__c", _ => (long)rows), ExtraObjects = tables,
        }, Stop);
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await orgtap.SucceedAsync(Stop, ["select", "acme", .. Enumerable.Range(1, tables).SelectMany(table => (string[])["--table", $"Extra{table:0000}__c"])]);
        var before = org.Usage.Used;
        using var run = JsonDocument.Parse(await orgtap.SucceedAsync(Stop, "sync", "acme", "--json"));

        var (made, expected) = (org.Usage.Used - before, run.RootElement.GetProperty("expectedCalls").GetInt64());
        TestContext.Current.TestOutputHelper!.WriteLine($"{made} calls, {expected} expected; 2,000 rows a call: {tables * rows / 2_000}");
        Assert.Equal(made, run.RootElement.GetProperty("apiCalls").GetInt64());
        Assert.All(run.RootElement.GetProperty("tables").EnumerateArray(), table => Assert.Equal((rows, "Complete"), (table.GetProperty("rowsWritten").GetInt32(), table.GetProperty("receipt").GetProperty("verdict").GetString())));
        Assert.InRange(made, 1, 10 * tables);
        // How often a job is asked whether it has ended depends on the machine.
        Assert.InRange(expected, 1, 10 * tables);
    }

    [Fact]
    public async Task Five_million_rows_equal_the_org_value_by_value()
    {
        if (Environment.GetEnvironmentVariable("ORGTAP_SOAK") != "1") Assert.Skip("A long run: ./test --soak");

        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 5_000_000 }, ApiLimit = 1_000_000 }, Stop);
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account:Name,Type,BillingStreet,BillingCity,Industry,AnnualRevenue,NumberOfEmployees,Description,CreatedDate");
        await orgtap.SucceedAsync(Stop, "sync", "acme");

        var (_, rows, values) = Acme.Compare(org, orgtap);
        Assert.Equal(5_000_000, rows);
        TestContext.Current.TestOutputHelper!.WriteLine($"{rows} rows, {values} values compared");
    }

    [Theory]
    [InlineData("refresh")]
    [InlineData("reconcile")]
    public async Task A_job_that_keeps_the_copy_honest_and_is_killed_ends_exact(string verb)
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 60_000, ["Contact"] = 30_000 } }, Stop);
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account", "--table", "Contact");
        await orgtap.SucceedAsync(Stop, "sync", "acme");
        org.Clock.Advance(TimeSpan.FromHours(1));

        var killed = 0;
        for (var tries = 0; tries < 3; tries++)
        {
            using var process = orgtap.Start(verb, "acme", "--json");
            // Pages of this try are being asked for, or the run has ended before.
            var pages = org.Requests.Count("bulk.results");
            await Until.TrueAsync(() => process.HasExited || org.Requests.Count("bulk.results") > pages, Stop);
            if (!process.HasExited) killed++;
            process.Kill();
            await process.WaitForExitAsync(Stop);
        }

        Assert.True(killed > 0, "No run lived long enough to be killed.");
        await orgtap.SucceedAsync(Stop, verb, "acme");
        Acme.Compare(org, orgtap);
    }

    [Fact]
    public async Task A_wrong_password_is_answered_with_what_to_do_and_leaves_nothing()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 10 } }, Stop);
        using var orgtap = Acme.Program(org);
        orgtap.Environment["ORGTAP_PASSWORD"] = "not this one";

        var ended = await orgtap.RunAsync(Stop, Acme.Connect(org));
        Assert.NotEqual(0, ended.ExitCode);
        Assert.Contains("password", ended.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("not this one", ended.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.ToString(), StringComparison.Ordinal);
        using var list = JsonDocument.Parse(await orgtap.SucceedAsync(Stop, "connections", "list", "--json"));
        Assert.Equal(0, list.RootElement.GetArrayLength());
    }
}
