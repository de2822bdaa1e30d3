using System.Diagnostics;
using System.Globalization;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.Syncs;

namespace Orgtap.IntegrationTests.Crashes;

/// <summary>
/// The real program over half an hour of changes in the org, faults of the network and of Salesforce, and kill -9: in the end its copy is the org's, value by value. ORGTAP_SOAK_MINUTES makes it
/// shorter or longer, ORGTAP_SEED repeats what was drawn.
/// </summary>
public sealed class SoakTests
{
    private static readonly string[] Tables = ["Account", "Contact", "Invoice__c"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Half_an_hour_of_changes_faults_and_kills_ends_exact()
    {
        if (Environment.GetEnvironmentVariable("ORGTAP_SOAK") != "1") Assert.Skip("A long run: ./test --soak");
        var minutes = double.Parse(Environment.GetEnvironmentVariable("ORGTAP_SOAK_MINUTES") ?? "30", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("ORGTAP_SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var random = new Random(seed);
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions
        {
            Records = new Dictionary<string, long> { ["User"] = 5, ["Account"] = 12_000, ["Contact"] = 9_000, ["Invoice__c"] = 4_000 }, BulkPageRows = 1_500, BulkDelay = TimeSpan.FromMilliseconds(100), ApiLimit = 100_000_000,
        }, Stop);
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account", "--table", "Contact", "--table", "Invoice__c");
        var model = new OrgModel(org, Tables);
        var counts = model.Counts;
        foreach (var kind in (ReadOnlySpan<string>)["sync", "reconcile", "refresh", "kill", "fault", "ended well"]) counts[kind] = 0;

        var (began, rounds, comparisons) = (Stopwatch.GetTimestamp(), 0, 0);
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(minutes))
        {
            rounds++;
            for (var change = random.Next(12); change > 0; change--) model.Happen(random);
            var verb = random.Next(5) switch { 0 => "reconcile", 1 => "refresh", _ => "sync" };
            counts[verb]++;
            if (random.Next(3) == 0)
            {
                org.Faults.Add("*/services/data/*", OrgFaults.Draw(random), nth: random.Next(1, 15), times: random.Next(1, 4));
                counts["fault"]++;
            }
            if (random.Next(3) == 0) counts["kill"] += await KillAsync(orgtap, org, random, verb) ? 1 : 0;
            else counts["ended well"] += (await orgtap.RunAsync(Stop, verb, "acme")).ExitCode == 0 ? 1 : 0;
            org.Faults.Clear();
            if (rounds % 40 == 0) comparisons += await EndExactAsync(org, orgtap, model, seed, rounds);
        }

        comparisons += await EndExactAsync(org, orgtap, model, seed, rounds);
        TestContext.Current.TestOutputHelper!.WriteLine($"Seed {seed}, {minutes} minutes, {rounds} rounds, {comparisons} comparisons: {string.Join(", ", counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key} {count.Value}"))}");
        if (minutes >= 10) Assert.All(counts, count => Assert.True(count.Value > 0, $"There was no {count.Key}."));
    }

    /// <summary>What is hidden shows again and nothing fails any more: what no sync can notice is looked for, and the copy is the org's.</summary>
    private static async Task<int> EndExactAsync(SimulatedOrgHost org, OrgtapProgram orgtap, OrgModel model, int seed, int rounds)
    {
        model.ShowAll();
        // What was changed within the lag of a sync is the next one's.
        var settled = org.Clock.GetUtcNow() + TimeSpan.FromSeconds(3);
        while (org.Clock.GetUtcNow() < settled) await orgtap.RunAsync(Stop, "sync", "acme");
        await orgtap.SucceedAsync(Stop, "reconcile", "acme");
        await orgtap.SucceedAsync(Stop, "refresh", "acme");
        try
        {
            Acme.Compare(org, orgtap, ignoreVanished: true);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Seed {seed}, round {rounds}: {failure.Message}", failure);
        }
        return 1;
    }

    /// <returns>Whether the program was still at work.</returns>
    private static async Task<bool> KillAsync(OrgtapProgram orgtap, SimulatedOrgHost org, Random random, string verb)
    {
        var requests = org.Requests.Counts.Values.Sum() + random.Next(1, 40);
        using var process = orgtap.Start(verb, "acme", "--json");
        process.StandardInput.Close();
        _ = process.StandardOutput.ReadToEndAsync(Stop);
        _ = process.StandardError.ReadToEndAsync(Stop);
        while (!process.HasExited && org.Requests.Counts.Values.Sum() < requests) await Task.Yield();
        for (var spins = random.Next(5_000); spins > 0 && !process.HasExited; spins--) await Task.Yield();
        if (process.HasExited) return false;
        process.Kill();
        await process.WaitForExitAsync(Stop);
        return true;
    }
}
