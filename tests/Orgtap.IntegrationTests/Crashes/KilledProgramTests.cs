using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Crashes;

/// <summary>The real program, ended by the system (kill -9) at random moments of every phase of a load, a hundred times. What it was at is read from what it left.</summary>
public sealed class KilledProgramTests
{
    private const int Kills = 100;

    private const int PageRows = 10_000;

    // Two parallel pages and one read ahead may be under way, none of them committed (decision 0010).
    private const int PagesUnderWay = 3;

    private static readonly Phase[] Phases = Enum.GetValues<Phase>();

    private static readonly Dictionary<string, long> Rows = new() { ["Account"] = 80_000, ["Contact"] = 55_000 };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_program_killed_a_hundred_times_in_every_phase_ends_exact_and_asks_for_little_twice()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions
        {
            Records = Rows, BulkPageRows = PageRows, BulkDelay = TimeSpan.FromMilliseconds(150), ApiLimit = 10_000_000,
        }, Stop);
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account:Name,Industry,Description", "--table", "Contact:LastName,Title");
        var random = new Random(20_261_125);
        var hit = Phases.ToDictionary(phase => phase, _ => 0);
        var (done, comparisons, pagesTwice, jobsTwice) = (0, 0, 0L, 0L);
        while (done < Kills)
        {
            // A first load from the beginning, ended a few times in each phase as it comes to it.
            foreach (var file in Directory.Exists(Path.GetDirectoryName(Acme.Replica(orgtap))) ? Directory.GetFiles(Path.GetDirectoryName(Acme.Replica(orgtap))!) : []) File.Delete(file);
            org.Requests.Clear();
            var inThisLoad = 0;
            foreach (var phase in Phases.SelectMany(phase => Enumerable.Repeat(phase, random.Next(1, 4))).Take(Kills - done).ToList())
            {
                var before = Remains.Of(org, Acme.Replica(orgtap));
                if (!await KillAsync(org, orgtap, phase, random)) continue;
                foreach (var met in before.PhasesBefore(Remains.Of(org, Acme.Replica(orgtap)), Rows, PageRows)) hit[met]++;
                (done, inThisLoad) = (done + 1, inThisLoad + 1);
            }

            await orgtap.SucceedAsync(Stop, "sync", "acme");
            Acme.Compare(org, orgtap);
            comparisons++;
            var pages = Rows.Values.Sum(rows => (rows + PageRows - 1) / PageRows);
            Assert.InRange(org.Requests.Count("bulk.create"), 2, 2 * (1 + inThisLoad));
            Assert.InRange(org.Requests.Count("bulk.results"), pages, pages + inThisLoad * 2 * PagesUnderWay);
            (pagesTwice, jobsTwice) = (pagesTwice + org.Requests.Count("bulk.results") - pages, jobsTwice + org.Requests.Count("bulk.create") - 2);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{done} kills, which met {string.Join(", ", hit.Select(each => $"{each.Key} {each.Value}"))} (each of the two tables may be in another phase); "
            + $"asked for twice: {pagesTwice} pages and {jobsTwice} jobs; {comparisons} comparisons of 135,000 rows");
        Assert.All(hit, each => Assert.True(each.Value > 0, $"No kill fell into {each.Key}."));
    }

    /// <returns>Whether the program was still at work.</returns>
    private static async Task<bool> KillAsync(SimulatedOrgHost org, OrgtapProgram orgtap, Phase aim, Random random)
    {
        var (creates, results, deletes, wal) = (org.Requests.Count("bulk.create"), org.Requests.Count("bulk.results"), org.Requests.Count("bulk.delete"), WalOf(orgtap));
        var requests = org.Requests.Counts.Values.Sum();
        using var process = orgtap.Start("sync", "acme", "--json");
        process.StandardInput.Close();
        _ = process.StandardOutput.ReadToEndAsync(Stop);
        _ = process.StandardError.ReadToEndAsync(Stop);
        // Watches what the org and the disk see, never the time.
        await Until.TrueAsync(() => process.HasExited || aim switch
        {
            Phase.BeforeCreation => org.Requests.Counts.Values.Sum() > requests,
            Phase.Polling => org.Requests.Count("bulk.create") > creates,
            Phase.MidPage => org.Requests.Count("bulk.results") > results,
            Phase.InCommit => org.Requests.Count("bulk.results") > results && WalOf(orgtap) != wal,
            _ => org.Requests.Count("bulk.delete") > deletes,
        }, Stop);
        for (var spins = random.Next(2_000); spins > 0 && !process.HasExited; spins--) await Task.Yield();
        if (process.HasExited) return false;
        process.Kill();
        await process.WaitForExitAsync(Stop);
        return true;
    }

    private static long WalOf(OrgtapProgram orgtap) => new FileInfo(Acme.Replica(orgtap) + "-wal") is { Exists: true } wal ? wal.Length : 0;
}
