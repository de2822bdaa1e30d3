using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dapper;
using Npgsql;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.Notifications;

namespace Orgtap.IntegrationTests.Processes;

/// <summary><c>orgtap serve</c> and two <c>orgtap work</c>, real processes on one PostgreSQL database, of which any may be ended by force or frozen.</summary>
public sealed class SeveralProcessesTests : IAsyncLifetime
{
    private const string ResultPages = "GET */jobs/query/*/results?*";

    private static readonly string? Server = Environment.GetEnvironmentVariable("ORGTAP_TEST_POSTGRES");

    private static readonly Dictionary<string, long> Rows = new() { ["Account"] = 40_000, ["Contact"] = 40_000, ["Lead"] = 30_000, ["Opportunity"] = 30_000, ["Case"] = 20_000, ["Task"] = 20_000, ["Event"] = 20_000, ["Campaign"] = 20_000, ["User"] = 5, ["UserRole"] = 5 };

    private readonly List<Process> _processes = [];
    private SimulatedOrgHost _org = null!;
    private OrgtapProgram _orgtap = null!;
    private NpgsqlDataSource _database = null!;
    private string _schema = "";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(Server), "No PostgreSQL: ORGTAP_TEST_POSTGRES is not set. Run the tests through ./test or tests/with-postgres.");
        _org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = Rows, BulkPageRows = 5_000, BulkDelay = TimeSpan.FromMilliseconds(300), ApiLimit = 1_000_000 }, Stop);
        _schema = $"several_{Guid.NewGuid():N}"[..20];
        var address = new NpgsqlConnectionStringBuilder(Server) { SearchPath = _schema };
        _database = NpgsqlDataSource.Create(address.ConnectionString);
        _orgtap = Acme.Program(_org);
        _orgtap.Environment["ORGTAP_DATABASE"] = address.ConnectionString;
        await _orgtap.SucceedAsync(Stop, Acme.Connect(_org));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
        if (_orgtap is null) return;
        _orgtap.Dispose();
        await _org.DisposeAsync();
        await using (var db = await _database.OpenConnectionAsync(CancellationToken.None)) await db.ExecuteAsync($"DROP SCHEMA IF EXISTS {_schema} CASCADE; DROP SCHEMA IF EXISTS {_schema}_acme CASCADE");
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Files_are_refused_by_a_worker_with_the_command_that_moves_them()
    {
        var refused = await _orgtap.RunAsync(Stop, "work");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("orgtap connections replica acme --postgres", refused.Errors, StringComparison.Ordinal);
        _orgtap.Environment.Remove("ORGTAP_DATABASE");
        Assert.Contains("ORGTAP_DATABASE", (await _orgtap.RunAsync(Stop, "work")).Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 600_000)]
    public async Task One_org_is_loaded_by_all_of_them_while_workers_are_killed_and_frozen()
    {
        await PlaceAsync();
        var serve = await StartAsync("serve", "--listen", FormattableString.Invariant($"localhost:{MailServer.FreePort()}"));
        var (one, other) = (await StartAsync("work"), await StartAsync("work"));
        // Rows come slowly until each has its share: however fast the machine is, nobody is through before the others look.
        _org.Faults.Add(ResultPages, new FaultEffect.Delay(TimeSpan.FromSeconds(2)));
        var sync = _orgtap.Start("sync", "acme", "--json");
        _processes.Add(sync);
        var (said, errors) = (sync.StandardOutput.ReadToEndAsync(Stop), sync.StandardError.ReadToEndAsync(Stop));

        await Until.TrueAsync(async () => sync.HasExited || await HelpersAsync() >= 2, Stop);
        Assert.False(sync.HasExited, sync.HasExited ? await errors : "");
        Signal(other, "STOP");
        one.Kill();
        _org.Faults.Clear();
        // The one that froze is waited for no longer than it takes to miss it, and wakes up when it is too late.
        await sync.WaitForExitAsync(Stop);
        Signal(other, "CONT");
        Assert.True(sync.ExitCode == 0, await errors);

        using var run = JsonDocument.Parse(await said);
        Assert.All(run.RootElement.GetProperty("tables").EnumerateArray(), table => Assert.Equal("Complete", table.GetProperty("receipt").GetProperty("verdict").GetString()));
        await ExactAsync();
        Assert.False(serve.HasExited);
        Assert.False(other.HasExited);
    }

    [Fact(Timeout = 600_000)]
    public async Task A_run_goes_on_in_another_process_when_the_one_that_has_it_is_killed_or_frozen()
    {
        await PlaceAsync();
        // It is due at once: nothing was ever synced.
        await _orgtap.SucceedAsync(Stop, "connections", "schedule", "acme", "5m");
        await using (var db = await _database.OpenConnectionAsync(Stop)) await db.ExecuteAsync("UPDATE connections SET created_at = created_at - 86400000");
        var one = await StartAsync("work");
        await using (var db = await _database.OpenConnectionAsync(Stop)) Assert.Equal(1, await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM qrtz_scheduler_state"));
        await Until.TrueAsync(() => one.HasExited || _org.Requests.Count("bulk.results") > 2, Stop);
        // However fast the machine is, the run does not end before its process does.
        _org.Faults.Add(ResultPages, new FaultEffect.Delay(TimeSpan.FromHours(1)));
        var other = await StartAsync("work");
        var worker = await WorkerAsync();
        one.Kill();
        await Until.TrueAsync(async () => other.HasExited || await WorkerAsync() != worker, Stop);
        await FreezeWithTheLockOfAllJobsAsync(other);
        worker = await WorkerAsync();
        var third = await StartAsync("work");
        await Until.TrueAsync(async () => third.HasExited || await WorkerAsync() != worker, Stop);
        _org.Faults.Clear();
        await Until.TrueAsync(async () => third.HasExited || await LeftAsync() == 0, Stop);
        Signal(other, "CONT");

        Assert.False(third.HasExited);
        await using (var db = await _database.OpenConnectionAsync(Stop))
        {
            // One run, however many processes had it.
            Assert.Equal(("Completed", "Complete"), await db.QuerySingleAsync<(string, string)>("SELECT outcome, verdict FROM runs"));
        }
        await ExactAsync();
    }

    private async Task PlaceAsync()
    {
        await _orgtap.SucceedAsync(Stop, "connections", "replica", "acme", "--postgres", "--schema", $"{_schema}_acme");
        await _orgtap.SucceedAsync(Stop, ["select", "acme", .. Rows.Keys.SelectMany(table => (string[])["--table", table])]);
    }

    /// <summary>Starts a process that stays, and waits until it says that it does.</summary>
    private async Task<Process> StartAsync(params string[] arguments)
    {
        var process = _orgtap.Start(arguments);
        _processes.Add(process);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(Stop);
        while (await process.StandardOutput.ReadLineAsync(Stop) is { } line)
            if (line.StartsWith("Orgtap ", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync(Stop);
                return process;
            }
        throw new InvalidOperationException(await errors);
    }

    /// <summary>At the worst moment: the database has just given it what every process needs before it can begin or end a job.</summary>
    private async Task FreezeWithTheLockOfAllJobsAsync(Process process)
    {
        await using var db = await _database.OpenConnectionAsync(Stop);
        await using var transaction = await db.BeginTransactionAsync(Stop);
        await db.ExecuteAsync("SELECT * FROM qrtz_locks WHERE lock_name = 'TRIGGER_ACCESS' FOR UPDATE", transaction: transaction);
        await Until.TrueAsync(async () => await CountAsync(FormattableString.Invariant($"SELECT COUNT(*) FROM pg_stat_activity WHERE {db.ProcessID} = ANY(pg_blocking_pids(pid))")) > 0, Stop);
        Signal(process, "STOP");
        await transaction.CommitAsync(Stop);
    }

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>How many processes besides the run's own have tables of it.</summary>
    private Task<long> HelpersAsync() => CountAsync("SELECT COUNT(DISTINCT claimed_by) FROM run_tables WHERE claimed_by <> 'run'");

    /// <summary>Tables that have not come to their end, while their run goes on too.</summary>
    private Task<long> LeftAsync() => CountAsync("SELECT COUNT(*) FROM run_tables t JOIN runs r ON r.id = t.run_id WHERE r.outcome = 'Running' OR t.state IN ('Waiting', 'Running')");

    /// <summary>Who has the run.</summary>
    private Task<long> WorkerAsync() => CountAsync("SELECT worker FROM runs");

    private async Task<long> CountAsync(string sql)
    {
        await using var db = await _database.OpenConnectionAsync(Stop);
        return await db.ExecuteScalarAsync<long>(sql);
    }

    private async Task ExactAsync()
    {
        await using var db = await _database.OpenConnectionAsync(Stop);
        foreach (var (table, _) in Rows)
        {
            var truth = _org.Store.Truth(table, ["Id", "SystemModstamp"], includeDeleted: true).Select(row => (row.Id, row.Values[1])).Order().ToList();
            var there = (await db.QueryAsync<(string, DateTime)>($"SELECT id, systemmodstamp FROM {_schema}_acme.\"{table.ToLowerInvariant()}\"")).ToList();
            Assert.Equal(truth.Select(row => row.Id), there.Select(row => row.Item1).Order(StringComparer.Ordinal));
        }
        Assert.Equal(0, (await _orgtap.RunAsync(Stop, "verify", "acme")).ExitCode);
    }
}
