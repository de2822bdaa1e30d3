using System.Globalization;
using System.Runtime.InteropServices;
using Dapper;
using Npgsql;

namespace Orgtap.Benchmarks;

/// <summary>
/// A first load of one table over HTTP into a typed PostgreSQL table with its primary key, against <c>curl</c> of the same pages piped into <c>psql \copy</c>, a page a transaction, on an identical
/// table of the same server. Both are logged and flushed. The ways take turns within each round, a checkpoint before each.
/// </summary>
internal static class PostgresLoad
{
    private static readonly string[] Settings = ["server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers", "max_wal_size", "checkpoint_timeout"];

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(FirstLoadOptions options, CancellationToken cancellationToken)
    {
        var address = Environment.GetEnvironmentVariable("ORGTAP_TEST_POSTGRES") ?? throw new InvalidOperationException("No PostgreSQL server: run this as `bench/run postgres`, with PostgreSQL installed.");
        var build = AppContext.BaseDirectory.Split("/bench/")[0];
        await using var db = new NpgsqlConnection(address);
        await db.OpenAsync(cancellationToken);
        var server = await Programs.ServerAsync(db);
        var rounds = new List<Round>();
        for (var round = 0; round <= options.Rounds; round++)
        {
            // A new org each time: what an earlier round changed would be read once more, because a sync looks ten minutes back.
            if (Directory.Exists(options.Work)) Directory.Delete(options.Work, recursive: true);
            Directory.CreateDirectory(options.Work);
            await using var org = await Org.StartAsync(Path.Combine(build, "src/Orgtap.SimulatedOrg/bin/Release/net10.0/orgtap-simulated-org.dll"), $"Account={options.Rows}", cancellationToken);
            var environment = new Dictionary<string, string>
            {
                ["ORGTAP_DATA"] = Path.Combine(options.Work, "data"),
                ["ORGTAP_ALLOW_ADDRESSES"] = org.Address.Authority,
                ["ORGTAP_PASSWORD"] = org.Text("password"),
                ["ORGTAP_SECURITY_TOKEN"] = org.Text("securityToken"),
                ["ORGTAP_CLIENT_SECRET"] = org.Text("clientSecret"),
                ["ORGTAP_REPLICA_DATABASE"] = address,
            };
            Task<Measured> Orgtap(params string[] arguments) => Programs.RunAsync(Path.Combine(build, "artifacts/bench/orgtap"), arguments, cancellationToken, environment: environment);
            await Orgtap("connect", "--name", "bench", "--url", org.Address.AbsoluteUri, "--flow", "password", "--username", org.Text("user"), "--client-id", org.Text("clientId"));
            await Orgtap("connections", "replica", "bench", "--postgres", "--schema", "bench");
            await Orgtap("select", "bench", "--table", $"Account:{string.Join(',', FirstLoad.Fields)}");
            // curl's result lies ready; what the org does for Orgtap's own job is in Orgtap's figure, and told.
            var job = await org.RunBulkJobAsync($"SELECT {string.Join(", ", FirstLoad.Fields)} FROM Account", cancellationToken);
            await Orgtap("sync", "bench", "--json");
            await db.ExecuteAsync("DROP SCHEMA IF EXISTS bench CASCADE; DROP SCHEMA IF EXISTS theirs CASCADE; CHECKPOINT");
            var (serverBefore, orgBefore) = (Programs.CpuSecondsOfTree(server), Programs.CpuSecondsOf(org.Process));
            var ours = await Orgtap("sync", "bench", "--json");
            var (oursServer, oursOrg) = (Programs.CpuSecondsOfTree(server) - serverBefore, Programs.CpuSecondsOf(org.Process) - orgBefore);

            await db.ExecuteAsync("CREATE SCHEMA theirs; CREATE TABLE theirs.account (LIKE bench.account INCLUDING ALL); CHECKPOINT");
            (serverBefore, orgBefore) = (Programs.CpuSecondsOfTree(server), Programs.CpuSecondsOf(org.Process));
            var theirs = await CopyAsync(org, job, options, address, cancellationToken);
            var (theirsServer, theirsOrg) = (Programs.CpuSecondsOfTree(server) - serverBefore, Programs.CpuSecondsOf(org.Process) - orgBefore);
            if (round == 0) await CheckAsync(db, options.Rows); // also warms caches; not counted

            // A tenth of as many changes as there are rows, and the time until a sync takes them for settled; the same rows go both ways.
            var now = (await org.ControlAsync("clock/run", new { }, cancellationToken)).GetProperty("now").GetDateTimeOffset();
            // Stamps are cut to whole seconds.
            var since = now.AddSeconds(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            await org.ControlAsync("changes/random", new { count = options.Rows / 10, objects = (string[])["Account"], seed = round + 1 }, cancellationToken);
            await Task.Delay(Settling, TimeProvider.System, cancellationToken);
            await db.ExecuteAsync("CHECKPOINT;");
            serverBefore = Programs.CpuSecondsOfTree(server);
            var oursMerged = await Orgtap("sync", "bench", "--json");
            var oursMergedServer = Programs.CpuSecondsOfTree(server) - serverBefore;
            var changed = await org.RunBulkJobAsync($"SELECT {string.Join(", ", FirstLoad.Fields)} FROM Account WHERE SystemModstamp >= {since}", cancellationToken);
            await db.ExecuteAsync("CHECKPOINT;");
            serverBefore = Programs.CpuSecondsOfTree(server);
            var theirsMerged = await MergeAsync(org, changed, options, address, cancellationToken);
            var theirsMergedServer = Programs.CpuSecondsOfTree(server) - serverBefore;
            if (round == 0) await CheckAsync(db, null);
            else rounds.Add(new Round(ours, oursServer, oursOrg, theirs, theirsServer, theirsOrg, oursMerged, oursMergedServer, theirsMerged, theirsMergedServer));
        }
        await ReportAsync(db, options, rounds);
        return 0;
    }

    private static Task<Measured> CopyAsync(Org org, string job, FirstLoadOptions options, string address, CancellationToken cancellationToken) => PsqlAsync($$"""
        set -euo pipefail
        cd '{{options.Work}}'
        locator=''
        while :; do
          url='{{Results(org, job)}}?maxRecords={{options.PageRows}}'
          [ -z "$locator" ] || url="$url&locator=$locator"
          curl -sS --fail -H 'Authorization: Bearer {{org.AccessToken}}' -D headers "$url" |
            psql -qX -v ON_ERROR_STOP=1 -c '\copy theirs.account ({{Names}}) FROM pstdin WITH (FORMAT csv, HEADER, FORCE_NULL ({{Names}}))'
          locator=$(sed -n 's/^[Ss]force-[Ll]ocator: *//p' headers | tr -d '\r')
          [ "$locator" != null ] || break
        done
        """, address, cancellationToken);

    /// <summary>What anybody would write: all into a temporary table, and one INSERT … ON CONFLICT.</summary>
    private static Task<Measured> MergeAsync(Org org, string job, FirstLoadOptions options, string address, CancellationToken cancellationToken) => PsqlAsync($$"""
        set -euo pipefail
        cd '{{options.Work}}'
        pages() {
          locator='' skip=1
          while :; do
            url='{{Results(org, job)}}?maxRecords={{options.PageRows}}'
            [ -z "$locator" ] || url="$url&locator=$locator"
            curl -sS --fail -H 'Authorization: Bearer {{org.AccessToken}}' -D headers "$url" | tail -n +$skip
            skip=2
            locator=$(sed -n 's/^[Ss]force-[Ll]ocator: *//p' headers | tr -d '\r')
            [ "$locator" != null ] || break
          done
        }
        pages | psql -qX -1 -v ON_ERROR_STOP=1 \
          -c 'CREATE TEMP TABLE stage (LIKE theirs.account)' \
          -c '\copy stage ({{Names}}) FROM pstdin WITH (FORMAT csv, HEADER, FORCE_NULL ({{Names}}))' \
          -c 'INSERT INTO theirs.account SELECT * FROM stage ON CONFLICT (id) DO UPDATE SET {{string.Join(", ", FirstLoad.Fields.Skip(1).Select(field => $"{field} = excluded.{field}".ToLowerInvariant()))}}'
        """, address, cancellationToken);

    private static readonly string Names = string.Join(", ", FirstLoad.Fields).ToLowerInvariant();

    private static string Results(Org org, string job) => $"{org.Address}services/data/v66.0/jobs/query/{job}/results";

    private static Task<Measured> PsqlAsync(string script, string address, CancellationToken cancellationToken)
    {
        var parts = new NpgsqlConnectionStringBuilder(address);
        return Programs.RunAsync("bash", ["-c", script], cancellationToken, environment: new Dictionary<string, string>
        {
            ["PGHOST"] = parts.Host!, ["PGPORT"] = parts.Port.ToString(CultureInfo.InvariantCulture), ["PGUSER"] = parts.Username!, ["PGPASSWORD"] = parts.Password!, ["PGDATABASE"] = parts.Database!,
        });
    }

    /// <summary>Both ways must hold the same values, or the comparison means nothing.</summary>
    /// <param name="rows">How many; null: as many as there are.</param>
    private static async Task CheckAsync(NpgsqlConnection db, int? rows)
    {
        // By value, not by text: 1.50 and 1.5 are one number.
        var (ours, theirs, same) = await db.QuerySingleAsync<(long, long, long)>(
            "SELECT (SELECT count(*) FROM bench.account), (SELECT count(*) FROM theirs.account), (SELECT count(*) FROM bench.account o JOIN theirs.account t ON t.id = o.id WHERE o IS NOT DISTINCT FROM t)");
        if (ours != theirs || same != ours || (rows is { } all && ours != all)) throw new InvalidOperationException($"The two ways did not load the same rows: {ours} and {theirs}, of which {same} are equal.");
    }

    private static async Task ReportAsync(NpgsqlConnection db, FirstLoadOptions options, List<Round> rounds)
    {
        var bytes = await db.ExecuteScalarAsync<long>("SELECT pg_total_relation_size('bench.account')");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.Rows:N0} rows × {FirstLoad.Fields.Length} columns in pages of {options.PageRows:N0} rows, {bytes / 1e6:N0} MB in the database; median of {options.Rounds} rounds; {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription.Trim()}"));
        Console.WriteLine();
        Table(options.Rows, "Orgtap: org → typed table over HTTP (the whole process)", round => (round.Ours, round.OursServer), "`curl` of each page into `psql \\copy`, same table and key", round => (round.Theirs, round.TheirsServer));
        Console.WriteLine($"CPU of the simulated org, median: {Middle(round => round.OursOrg):0.00} s while Orgtap ran, {Middle(round => round.TheirsOrg):0.00} s for curl.");
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.Rows / 10:N0} changes, half of them updates, merged:"));
        Console.WriteLine();
        Table(options.Rows / 10, "Orgtap: the next sync (the whole process, its Bulk job included)", round => (round.OursMerged, round.OursMergedServer), "`curl` into `psql \\copy` and `INSERT … ON CONFLICT`, the job's result ready", round => (round.TheirsMerged, round.TheirsMergedServer));
        var settings = await db.QueryAsync<string>("SELECT name || '=' || current_setting(name) FROM unnest(@Settings) AS name", new { Settings });
        Console.WriteLine($"Server: {string.Join(", ", settings)}.");

        double Middle(Func<Round, double> of) => rounds.Select(of).Order().ElementAt(rounds.Count / 2);

        void Table(int rows, string ours, Func<Round, (Measured Whole, double Server)> ofOurs, string theirs, Func<Round, (Measured Whole, double Server)> ofTheirs)
        {
            Console.WriteLine("| way | wall s | krows/s | CPU s | CPU s of the server | peak MB |");
            Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
            foreach (var (way, of) in new[] { (ours, ofOurs), (theirs, ofTheirs) })
            {
                var (whole, server) = rounds.Select(of).OrderBy(each => each.Whole.Seconds).ElementAt(rounds.Count / 2);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {way} | {whole.Seconds:0.00} | {rows / whole.Seconds / 1000:N0} | {whole.CpuSeconds:0.00} | {server:0.00} | {rounds.Max(round => of(round).Whole.PeakMegabytes):N0} |"));
            }
            var ratios = rounds.Select(round => ofOurs(round).Whole.Seconds / ofTheirs(round).Whole.Seconds).Order().ToList();
            Console.WriteLine();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Orgtap takes {ratios[ratios.Count / 2]:0.00} × the wall time (median of the rounds' ratios; {ratios[0]:0.00} to {ratios[^1]:0.00})."));
            Console.WriteLine();
        }
    }

    private sealed record Round(
        Measured Ours, double OursServer, double OursOrg, Measured Theirs, double TheirsServer, double TheirsOrg, Measured OursMerged, double OursMergedServer, Measured TheirsMerged, double TheirsMergedServer);
}
