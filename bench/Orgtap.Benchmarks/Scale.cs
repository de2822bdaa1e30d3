using System.Diagnostics;
using System.Globalization;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orgtap.App.Composition;
using Orgtap.App.Web;
using Orgtap.Authorization;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Storage;
using Orgtap.Syncs;
using Quartz;

namespace Orgtap.Benchmarks;

/// <summary>
/// Many connections with many small tables in one process, each synced by its frequency while the clock of org and Orgtap is moved on, half a minute at a time: what is due is begun and ends before it moves again. Counts what was missed, and what a
/// connection costs. The org is one, in a process of its own; each connection is taken for one of another org, so that each has its own quota.
/// </summary>
internal sealed class Scale(WebApplication app, Org org, SimulatedClock clock, ScaleOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan Step = DueSyncs.Period;

    private static readonly string[] Changed = ["Account", "Contact", "Opportunity", "Case", "Task"];

    private readonly List<Connection> _connections = [];
    private Func<double> _server = static () => 0;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var options = ScaleOptions.Parse(args);
        var build = AppContext.BaseDirectory.Split("/bench/")[0];
        if (Directory.Exists(options.Work)) Directory.Delete(options.Work, recursive: true);
        Directory.CreateDirectory(options.Work);
        // Salesforce answers only questions about single records of this one.
        var tables = new SimulatedOrgOptions().Records.Keys.Where(table => table != "ContentDocumentLink").Order(StringComparer.Ordinal).Take(options.Tables).ToList();
        await using var org = await Org.StartAsync(Path.Combine(build, "src/Orgtap.SimulatedOrg/bin/Release/net10.0/orgtap-simulated-org.dll"),
            string.Join(',', tables.Select(table => $"{table}={options.Rows}")), cancellationToken);
        var postgres = options.Postgres ? PostgresAddress.Parse(Environment.GetEnvironmentVariable("ORGTAP_TEST_POSTGRES")!, "ORGTAP_TEST_POSTGRES") : null;
        var settings = new InstallationSettings(options.Work, null, null, [org.Address.Authority], null) { Database = postgres };
        var clock = new SimulatedClock();
        await using var installation = await Installation.OpenAsync(settings, "bench", clock, cancellationToken);
        await using var app = WebHost.Build(installation, ListenAddress.Parse("localhost:5900").NextFree(), logging => logging.ClearProviders());
        await app.StartAsync(cancellationToken);
        await using var scale = new Scale(app, org, clock, options);
        await scale.MeasureAsync(tables, postgres, cancellationToken);
        await app.StopAsync(cancellationToken);
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await app.Services.GetRequiredService<SyncJobs>().StopAllAsync(CancellationToken.None);
        await (await app.Services.GetRequiredService<ISchedulerFactory>().GetScheduler(CancellationToken.None)).Shutdown(waitForJobsToComplete: false, CancellationToken.None);
    }

    private async Task MeasureAsync(IReadOnlyList<string> tables, PostgresAddress? postgres, CancellationToken cancellationToken)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.Connections:N0} connections × {tables.Count} tables of {options.Rows} rows, {UpdateFrequency.Parse(options.Frequency).Words}, in {(postgres is null ? "SQLite" : "PostgreSQL")}; {Environment.ProcessorCount} cores"));
        await using var db = new NpgsqlConnection(postgres?.ConnectionString);
        if (postgres is not null)
        {
            await db.OpenAsync(cancellationToken);
            var server = await Programs.ServerAsync(db);
            _server = () => Programs.CpuSecondsOfTree(server);
        }
        var before = Memory();
        var began = Stopwatch.GetTimestamp();
        await ConnectAsync(tables, postgres, cancellationToken);
        Say("connected", began, before);

        var (cpu, theirs, calls) = (Environment.CpuUsage.TotalTime, _server(), await CallsAsync(cancellationToken));
        began = Stopwatch.GetTimestamp();
        foreach (var connection in _connections) await app.Services.GetRequiredService<SyncJobs>().StartAsync(connection.Id, "bench", cancellationToken);
        await QuietAsync(cancellationToken);
        await CheckAsync(tables.Count, cancellationToken);
        Say("first loads", began, before);
        Each("a first load", Stopwatch.GetElapsedTime(began), Environment.CpuUsage.TotalTime - cpu, _server() - theirs, await CallsAsync(cancellationToken) - calls, _connections.Count);
        var stored = await StoredAsync(postgres is null ? null : db);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  stored for each: {stored.Control / 1000 / options.Connections:N0} kB in the control store, {stored.Rows / 1000 / options.Connections:N0} kB of rows{(postgres is null ? "" : $", {stored.Catalog / 1000 / options.Connections:N0} kB in PostgreSQL's catalogs, all databases and what was there before included")}"));
        if (options.History > 0) await FillHistoryAsync(cancellationToken);

        for (var hour = 1; hour <= options.Hours; hour++) await HourAsync(hour, tables, cancellationToken);
        await CountMissedAsync(cancellationToken);
    }

    private async Task HourAsync(int hour, IReadOnlyList<string> tables, CancellationToken cancellationToken)
    {
        var due = app.Services.GetRequiredService<DueSyncs>();
        var (cpu, theirs, calls, began, started, looking, looks, beginning) = (Environment.CpuUsage.TotalTime, _server(), await CallsAsync(cancellationToken), Stopwatch.GetTimestamp(), 0, TimeSpan.Zero, 0, TimeSpan.Zero);
        await org.ControlAsync("changes/random", new { count = options.Changes, objects = Changed.Intersect(tables), seed = hour }, cancellationToken);
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromHours(1); passed += Step)
        {
            await org.ControlAsync("clock/advance", new { by = Step.ToString("c") }, cancellationToken);
            clock.Advance(Step);
            var look = Stopwatch.GetTimestamp();
            var begun = await due.StartAsync(cancellationToken);
            if (begun == 0) (looking, looks) = (looking + Stopwatch.GetElapsedTime(look), looks + 1);
            else beginning += Stopwatch.GetElapsedTime(look);
            started += begun;
            await QuietAsync(cancellationToken);
        }
        var took = Stopwatch.GetElapsedTime(began);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"hour {hour}: {started:N0} syncs in {took.TotalSeconds:0} s, {Memory() / 1e6:0} MB resident, {GC.GetTotalMemory(forceFullCollection: true) / 1e6:0} MB live{(looks == 0 ? "" : $", a look that finds nothing {looking.TotalMilliseconds / looks:0.0} ms")}, one that begins syncs {beginning.TotalMilliseconds / Math.Max(1, started):0.0} ms for each"));
        if (started > 0) Each("a sync", took, Environment.CpuUsage.TotalTime - cpu, _server() - theirs, await CallsAsync(cancellationToken) - calls, started);
    }

    private async Task ConnectAsync(IReadOnlyList<string> tables, PostgresAddress? postgres, CancellationToken cancellationToken)
    {
        var (connector, connections, selections) = (app.Services.GetRequiredService<OrgConnector>(), app.Services.GetRequiredService<ConnectionStore>(), app.Services.GetRequiredService<SelectionStore>());
        var selected = tables.Select(table => new SelectedObject(table)).ToList();
        for (var number = 0; number < options.Connections; number++)
        {
            var connection = await connector.ConnectAsync(new ConnectRequest(
                $"customer-{number:00000}", org.Address.AbsoluteUri, AuthorizationFlow.Password, org.Text("clientId"), new SecretText(org.Text("clientSecret")), org.Text("user"),
                new SecretText(org.Text("password")), new SecretText(org.Text("securityToken")), null), "bench", cancellationToken);
            await selections.SetAsync(connection.Id, selected, cancellationToken);
            await connections.SetFrequencyAsync(connection.Id, UpdateFrequency.Parse(options.Frequency), cancellationToken);
            if (postgres is not null) await connections.SetReplicaAsync(connection.Id, new PostgresPlace(new SecretText(postgres.ConnectionString), $"customer_{number:00000}"), cancellationToken);
            await app.Services.GetRequiredService<ControlStore>().WriteAsync(transaction => transaction.Connection!.ExecuteAsync(
                "UPDATE connections SET org_id = @org WHERE id = @id", new { org = $"00D{number:000000000000}AAA", id = connection.Id.Value }, transaction), cancellationToken);
            _connections.Add(connection);
        }
    }

    /// <summary>Ended runs of the days before, as many as the frequency makes, so that looking for what is due has a history to look through.</summary>
    private async Task FillHistoryAsync(CancellationToken cancellationToken)
    {
        var each = (long)(TimeSpan.FromDays(options.History) / (UpdateFrequency.Parse(options.Frequency).Interval ?? TimeSpan.FromDays(1)));
        await app.Services.GetRequiredService<ControlStore>().WriteAsync(async transaction =>
        {
            var db = transaction.Connection!;
            var first = await db.ExecuteScalarAsync<long>("SELECT MAX(id) FROM runs", transaction: transaction);
            await db.ExecuteAsync("""
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @each)
                INSERT INTO runs (id, connection_id, purpose, started_by, started_at, ended_at, outcome, api_calls)
                SELECT @first + ROW_NUMBER() OVER (ORDER BY r.id, n.i), r.connection_id, 'Sync', 'history', r.started_at, r.ended_at, 'Completed', 8 FROM runs r CROSS JOIN n
                """, new { each, first }, transaction);
        }, cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a history of {each * options.Connections:N0} runs ({options.History} days)"));
    }

    /// <summary>Bytes.</summary>
    private async Task<(long Control, long Rows, long Catalog)> StoredAsync(NpgsqlConnection? db)
    {
        if (db is null) return (new FileInfo(Path.Combine(options.Work, "control.db")).Length, Directory.EnumerateFiles(Path.Combine(options.Work, "replicas")).Sum(file => new FileInfo(file).Length), 0);
        return await db.QuerySingleAsync<(long, long, long)>("""
            SELECT COALESCE(sum(pg_total_relation_size(c.oid)) FILTER (WHERE n.nspname = 'orgtap'), 0)::bigint, COALESCE(sum(pg_total_relation_size(c.oid)) FILTER (WHERE n.nspname LIKE 'customer%'), 0)::bigint,
              COALESCE(sum(pg_total_relation_size(c.oid)) FILTER (WHERE n.nspname = 'pg_catalog'), 0)::bigint
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm')
            """);
    }

    /// <summary>Waits until no run is under way.</summary>
    private async Task QuietAsync(CancellationToken cancellationToken)
    {
        var jobs = app.Services.GetRequiredService<SyncJobs>();
        foreach (var connection in await jobs.RunningAsync(cancellationToken)) await jobs.WaitAsync(connection, cancellationToken);
    }

    private async Task CheckAsync(int tables, CancellationToken cancellationToken)
    {
        foreach (var (connection, run) in await app.Services.GetRequiredService<RunStore>().NewestAsync(cancellationToken))
            if (run.Outcome != RunOutcome.Completed || run.Verdict == Verdict.Failed) throw new InvalidOperationException($"The first load of {connection} ended as {run.Outcome}, {run.Verdict}: {run.Problem?.Message} ({tables} tables)");
    }

    /// <summary>Every time that was due must have its run, begun within one look.</summary>
    private async Task CountMissedAsync(CancellationToken cancellationToken)
    {
        var (missed, latest, failed, all) = (0, TimeSpan.Zero, 0, 0);
        var (store, frequency, now) = (app.Services.GetRequiredService<RunStore>(), UpdateFrequency.Parse(options.Frequency), clock.GetUtcNow());
        foreach (var connection in _connections)
        {
            var runs = (await store.ListAsync(connection.Id, 10_000, cancellationToken)).OrderBy(run => run.Id.Value).Where(run => run.StartedBy is "bench" or DueSyncs.Actor).ToList();
            var due = frequency.NextAfter(runs[0].StartedAt, connection.Id)!.Value;
            foreach (var run in runs.Skip(1))
            {
                all++;
                if (run.Outcome != RunOutcome.Completed || run.Verdict is not (Verdict.Complete or Verdict.CompleteNotConfirmed)) failed++;
                var late = run.StartedAt - due;
                if (late > latest) latest = late;
                if (late >= frequency.Interval) missed++;
                due = frequency.NextAfter(run.StartedAt, connection.Id)!.Value;
            }
            if (due + Step < now) missed++;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all:N0} scheduled runs: {missed} missed, {failed} not complete, the latest began {latest.TotalSeconds:0} s behind its time"));
        if (missed + failed > 0) throw new InvalidOperationException("Runs were missed, or not complete.");
    }

    private async Task<long> CallsAsync(CancellationToken cancellationToken)
    {
        await using var db = await app.Services.GetRequiredService<ControlStore>().ConnectAsync(cancellationToken);
        return await db.ExecuteScalarAsync<long>("SELECT CAST(COALESCE(SUM(api_calls), 0) AS BIGINT) FROM runs WHERE started_by <> 'history'");
    }

    private static void Say(string what, long began, long before) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{what}: {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, {Memory() / 1e6:0} MB resident ({before / 1e6:0} before), {GC.GetTotalMemory(forceFullCollection: true) / 1e6:0} MB live"));

    private static void Each(string what, TimeSpan took, TimeSpan cpu, double server, long calls, int count) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"  {what}: {took.TotalMilliseconds / count:0.0} ms, {cpu.TotalMilliseconds / count:0.0} ms of CPU, {(server > 0 ? $"{server * 1000 / count:0.0} ms of the server's, " : "")}{(double)calls / count:0.0} calls"));

    private static long Memory()
    {
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}

/// <param name="Hours">That pass on the moved clock.</param>
/// <param name="Changes">Random changes in the org, an hour.</param>
/// <param name="History">Days of ended runs that are there already.</param>
internal sealed record ScaleOptions(int Connections, int Tables, int Rows, int Hours, string Frequency, int Changes, int History, bool Postgres, string Work)
{
    public static ScaleOptions Parse(string[] args)
    {
        string? Of(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        int Number(string name, int usual) => Of(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;
        return new ScaleOptions(Number("--connections", 1_000), Number("--tables", 40), Number("--rows", 25), Number("--hours", 3), Of("--frequency") ?? "1h", Number("--changes", 200), Number("--history", 0),
            args.Contains("--postgres"), Of("--work") ?? Path.Combine(Path.GetTempPath(), "orgtap-bench"));
    }
}
