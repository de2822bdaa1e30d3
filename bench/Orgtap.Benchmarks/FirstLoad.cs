using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Orgtap.Benchmarks;

/// <summary>
/// A first load of one table over HTTP into SQLite, against <c>sqlite3 .import</c> of the same pages from disk: same table definition, key, pragmas
/// and a commit per page. The ways take turns within each round, so that a slow moment of the machine meets all of them.
/// </summary>
internal static class FirstLoad
{
    internal static readonly string[] Fields =
    [
        "Id", "IsDeleted", "Name", "Type", "BillingStreet", "BillingCity", "BillingCountry", "Phone", "Website", "Industry",
        "AnnualRevenue", "NumberOfEmployees", "Description", "CreatedDate", "SystemModstamp",
    ];

    private const string Pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=OFF;";

    public static async Task<int> RunAsync(FirstLoadOptions options, CancellationToken cancellationToken)
    {
        var build = AppContext.BaseDirectory.Split("/bench/")[0];
        var orgtap = Path.Combine(build, "artifacts/bench/orgtap");
        var simulated = Path.Combine(build, "src/Orgtap.SimulatedOrg/bin/Release/net10.0/orgtap-simulated-org.dll");
        if (Directory.Exists(options.Work)) Directory.Delete(options.Work, recursive: true);
        Directory.CreateDirectory(options.Work);
        var data = Path.Combine(options.Work, "data");

        await using var org = await Org.StartAsync(simulated, $"Account={options.Rows}", cancellationToken);
        var environment = new Dictionary<string, string>
        {
            ["ORGTAP_DATA"] = data,
            ["ORGTAP_ALLOW_ADDRESSES"] = org.Address.Authority,
            ["ORGTAP_PASSWORD"] = org.Text("password"),
            ["ORGTAP_SECURITY_TOKEN"] = org.Text("securityToken"),
            ["ORGTAP_CLIENT_SECRET"] = org.Text("clientSecret"),
        };
        Task<Measured> Orgtap(params string[] arguments) => Programs.RunAsync(orgtap, arguments, cancellationToken, environment: environment);

        await Orgtap("connect", "--name", "bench", "--url", org.Address.AbsoluteUri, "--flow", "password", "--username", org.Text("user"), "--client-id", org.Text("clientId"));
        await Orgtap("select", "bench", "--table", $"Account:{string.Join(',', Fields)}");

        var job = await org.RunBulkJobAsync($"SELECT {string.Join(", ", Fields)} FROM Account", cancellationToken);
        var replica = Path.Combine(data, "replicas", "bench.db");
        var rounds = new List<Round>();
        var ddl = "";
        for (var round = 0; round <= options.Rounds; round++)
        {
            var before = Programs.CpuSecondsOf(org.Process);
            Clear(replica);
            var ours = await Orgtap("sync", "bench", "--json");
            var orgCpu = Programs.CpuSecondsOf(org.Process) - before;
            ddl = (await Programs.RunAsync("sqlite3", [replica, "SELECT sql || ';' FROM sqlite_master WHERE name = 'Account'"], cancellationToken)).Output;

            var curl = await CurlAsync(org, job, options, cancellationToken);
            var pages = Directory.GetFiles(options.Work, "page-*.csv").Order(StringComparer.Ordinal).ToList();
            var keyed = await ImportAsync(Path.Combine(options.Work, "keyed.db"), ddl, pages, cancellationToken);
            var keyless = await ImportAsync(Path.Combine(options.Work, "keyless.db"), ddl.Replace(" PRIMARY KEY", "", StringComparison.OrdinalIgnoreCase), pages, cancellationToken);
            if (round == 0) await CheckAsync(replica, Path.Combine(options.Work, "keyed.db"), options, cancellationToken); // also warms caches; not counted
            else rounds.Add(new Round(ours, orgCpu, keyed, keyless, curl));
        }

        Report(options, rounds, Directory.GetFiles(options.Work, "page-*.csv").Sum(page => new FileInfo(page).Length), ddl);
        return 0;
    }

    private static async Task<Measured> ImportAsync(string database, string ddl, List<string> pages, CancellationToken cancellationToken)
    {
        Clear(database);
        var script = new StringBuilder(Pragmas).AppendLine().AppendLine(ddl).AppendLine(".mode csv");
        foreach (var page in pages) script.AppendLine("BEGIN;").AppendLine(CultureInfo.InvariantCulture, $".import --skip 1 {page} Account").AppendLine("COMMIT;");
        return await Programs.RunAsync("sqlite3", ["-bail", database], cancellationToken, script.ToString());
    }

    /// <summary>The pages one after the other, as any client without parallel result pages fetches them.</summary>
    private static async Task<Measured> CurlAsync(Org org, string job, FirstLoadOptions options, CancellationToken cancellationToken)
    {
        var script = $$"""
            set -eu
            cd '{{options.Work}}'; rm -f page-*.csv headers
            locator=''; page=0
            while :; do
              url='{{org.Address}}services/data/v66.0/jobs/query/{{job}}/results?maxRecords={{options.PageRows}}'
              [ -z "$locator" ] || url="$url&locator=$locator"
              curl -sS --fail -H 'Authorization: Bearer {{org.AccessToken}}' -D headers -o "$(printf 'page-%05d.csv' $page)" "$url"
              locator=$(sed -n 's/^[Ss]force-[Ll]ocator: *//p' headers | tr -d '\r')
              [ "$locator" != null ] || break
              page=$((page + 1))
            done
            """;
        return await Programs.RunAsync("bash", ["-c", script], cancellationToken);
    }

    /// <summary>Both ways must hold the same rows, or the comparison means nothing.</summary>
    private static async Task CheckAsync(string ours, string theirs, FirstLoadOptions options, CancellationToken cancellationToken)
    {
        const string Sums = "SELECT COUNT(*), SUM(LENGTH(Name)), SUM(LENGTH(COALESCE(Description, ''))), MIN(Id), MAX(Id), MAX(SystemModstamp) FROM Account";
        var left = (await Programs.RunAsync("sqlite3", [ours, Sums], cancellationToken)).Output.Trim();
        var right = (await Programs.RunAsync("sqlite3", [theirs, Sums], cancellationToken)).Output.Trim();
        if (left != right || !left.StartsWith($"{options.Rows}|", StringComparison.Ordinal))
            throw new InvalidOperationException($"The two ways did not load the same rows:\n  Orgtap  {left}\n  .import {right}");
    }

    private static void Report(FirstLoadOptions options, List<Round> rounds, long bytes, string ddl)
    {
        Measured Median(Func<Round, Measured> of)
        {
            var sorted = rounds.Select(of).OrderBy(measured => measured.Seconds).ToList();
            return sorted[sorted.Count / 2] with { PeakMegabytes = sorted.Max(measured => measured.PeakMegabytes) };
        }

        var ratios = rounds.Select(round => round.Orgtap.Seconds / round.Keyed.Seconds).Order().ToList();
        var ours = Median(round => round.Orgtap);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.Rows:N0} rows × {Fields.Length} columns, {bytes / 1e6:N1} MB of CSV in pages of {options.PageRows:N0} rows; median of {options.Rounds} rounds; {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription.Trim()}"));
        Console.WriteLine();
        Console.WriteLine("| way | wall s | krows/s | MB/s | CPU s | peak MB |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        Line("Orgtap: org → SQLite over HTTP (the whole process)", ours);
        Line("`sqlite3 .import` from disk, same table and key, a commit per page", Median(round => round.Keyed));
        Line("`sqlite3 .import` from disk, no key", Median(round => round.Keyless));
        Line("`curl` of the pages to disk", Median(round => round.Curl));
        Console.WriteLine();
        var org = rounds.Select(round => round.OrgCpuSeconds).Order().ToList()[rounds.Count / 2];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Orgtap takes {ratios[ratios.Count / 2]:0.00} × the wall time of `.import` (median of the rounds' ratios; {ratios[0]:0.00} to {ratios[^1]:0.00})."));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"CPU while Orgtap ran: Orgtap {ours.CpuSeconds:0.00} s, simulated org {org:0.00} s, together {(ours.CpuSeconds + org) / ours.Seconds / Environment.ProcessorCount:P0} of the machine."));
        Console.WriteLine();
        Console.WriteLine($"Pragmas: {Pragmas}\n\n```sql\n{ddl.Trim()}\n```");

        void Line(string way, Measured measured) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {way} | {measured.Seconds:0.00} | {options.Rows / measured.Seconds / 1000:N0} | {bytes / measured.Seconds / 1e6:N0} | {measured.CpuSeconds:0.00} | {measured.PeakMegabytes:N0} |"));
    }

    private static void Clear(string database)
    {
        if (!Directory.Exists(Path.GetDirectoryName(database))) return;
        foreach (var suffix in (string[])["", "-wal", "-shm"]) File.Delete(database + suffix);
    }

    private sealed record Round(Measured Orgtap, double OrgCpuSeconds, Measured Keyed, Measured Keyless, Measured Curl);
}
