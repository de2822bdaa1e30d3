using System.Diagnostics;
using System.Globalization;

namespace Orgtap.Benchmarks;

/// <summary>How fast the simulated org serves a large table through Bulk API 2.0, uncompressed over loopback, and how lazily it describes a very wide org.</summary>
internal static class Serving
{
    private const string Soql = "SELECT Id, IsDeleted, Name, Type, BillingStreet, BillingCity, BillingCountry, Phone, Website, Industry, AnnualRevenue, NumberOfEmployees, Description, CreatedDate, SystemModstamp FROM Account";

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var (rows, rounds, page) = (Number(args, "--rows", 10_000_000), Number(args, "--rounds", 3), Number(args, "--page", 250_000));
        var simulated = Path.Combine(AppContext.BaseDirectory.Split("/bench/")[0], "src/Orgtap.SimulatedOrg/bin/Release/net10.0/orgtap-simulated-org.dll");
        await using (var org = await Org.StartAsync(simulated, string.Create(CultureInfo.InvariantCulture, $"Account={rows}"), cancellationToken))
        {
            var rendering = Stopwatch.StartNew();
            var job = await org.RunBulkJobAsync(Soql, cancellationToken);
            Say($"| rendered once, to disk | {rows:N0} rows | {rendering.Elapsed.TotalSeconds:0.0} s | {rows / rendering.Elapsed.TotalSeconds / 1000:N0} krows/s | load {Load()} |");
            for (var round = 1; round <= rounds; round++)
            {
                var before = Programs.CpuSecondsOf(org.Process);
                var serving = Stopwatch.StartNew();
                var bytes = 0L;
                for (string? locator = ""; locator is not null;)
                {
                    var (read, next) = await org.DrainAsync(
                        string.Create(CultureInfo.InvariantCulture, $"/services/data/v66.0/jobs/query/{job}/results?maxRecords={page}") + (locator.Length > 0 ? $"&locator={locator}" : ""), cancellationToken);
                    bytes += read;
                    locator = next;
                }
                var seconds = serving.Elapsed.TotalSeconds;
                Say($"| served, round {round} | {bytes / 1e6:N0} MB | {seconds:0.0} s | {bytes / 1e6 / seconds:N0} MB/s | org's CPU {Programs.CpuSecondsOf(org.Process) - before:0.0} s, peak memory so far {PeakMegabytes(org.Process):0} MB, load {Load()} |");
            }
        }
        var starting = Stopwatch.StartNew();
        await using (var wide = await Org.StartAsync(simulated, "Account=1", cancellationToken, "--extra-objects", "1500", "--extra-fields", "800"))
        {
            Say($"| 1,500 objects × 800 fields | ready and signed in | {starting.Elapsed.TotalSeconds:0.0} s | | peak memory {PeakMegabytes(wide.Process):0} MB |");
            foreach (var (what, path) in (ReadOnlySpan<(string, string)>)[("list of objects", "/sobjects"), ("one describe", "/sobjects/Extra0700__c/describe"), ("another describe", "/sobjects/Extra1500__c/describe")])
            {
                var describing = Stopwatch.StartNew();
                var (bytes, _) = wide.DrainAsync("/services/data/v66.0" + path, cancellationToken).GetAwaiter().GetResult();
                Say($"| {what} | {bytes / 1e3:N0} KB | {describing.Elapsed.TotalMilliseconds:0} ms | | peak memory {PeakMegabytes(wide.Process):0} MB |");
            }
        }
        return 0;
    }

    private static long Number(string[] args, string name, long otherwise) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? long.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

    private static double PeakMegabytes(Process process) =>
        double.Parse(File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;

    /// <summary>The machine's load average of the last minute: what the figures have to be read with.</summary>
    private static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
