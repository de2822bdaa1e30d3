using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Dapper;
using Npgsql;
using Orgtap.IntegrationTests.FirstLoads;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.Notifications;
using Orgtap.Tests.Syncs;

namespace Orgtap.IntegrationTests.Processes;

/// <summary>Everybody who takes part.</summary>
internal sealed class Scene : IAsyncDisposable
{
    /// <summary>Of the limit, as set with the connections.</summary>
    private const int ThresholdPercent = 60;

    private const long Limit = 1_000_000;

    private static readonly string[] Tables = ["Account", "Contact", "Invoice__c"];

    private readonly Random _random;
    private readonly CancellationToken _stop;
    private readonly PostgresServer _server;
    private readonly Dictionary<string, SimulatedOrgHost> _orgs;
    private readonly Dictionary<string, OrgModel> _models;
    private readonly List<Member> _members;
    private readonly HttpClient _http = new(new SocketsHttpHandler()) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly MachineClock _clock = new();
    private readonly MachineClock _serverClock;
    private readonly List<string> _calm = [];
    private OrgtapProgram _orgtap = null!;
    private int? _serverIsBackIn;
    private (SimulatedOrgHost Org, int In)? _quotaIsBack;
    private long _serverClockSetAt;

    private Scene(Random random, PostgresServer server, MachineClock serverClock, Dictionary<string, SimulatedOrgHost> orgs, CancellationToken stop)
    {
        (_random, _server, _serverClock, _orgs, _stop) = (random, server, serverClock, orgs, stop);
        _models = orgs.ToDictionary(org => org.Key, org => new OrgModel(org.Value, Tables));
        _members = [new Member("serve", "--listen", FormattableString.Invariant($"localhost:{MailServer.FreePort()}")), new Member("work"), new Member("work")];
        _http.BaseAddress = new Uri($"http://{_members[0].Arguments[2]}/");
    }

    public Dictionary<string, int> Counts { get; } = new(StringComparer.Ordinal)
    {
        ["process killed"] = 0, ["process frozen"] = 0, ["database server killed"] = 0, ["sessions cut"] = 0, ["fault of the org or network"] = 0, ["quota used up by others"] = 0, ["clock set"] = 0, ["clock of the database server set"] = 0, ["sync asked for"] = 0,
    };

    public string Told() => $"{string.Join(", ", Counts.Select(count => $"{count.Key} {count.Value}"))}; changes {_models.Values.Sum(model => model.Counts.Values.Sum())}; then {string.Join(", ", _calm)}";

    public static async Task<Scene> SetAsync(Random random, CancellationToken stop)
    {
        var orgs = new Dictionary<string, SimulatedOrgHost>();
        foreach (var name in (string[])["acme", "globex"])
            orgs[name] = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions
            {
                Records = new Dictionary<string, long> { ["User"] = 5, ["Account"] = 6_000, ["Contact"] = 5_000, ["Invoice__c"] = 2_000 }, BulkPageRows = 1_000, BulkDelay = TimeSpan.FromMilliseconds(100), ApiLimit = Limit,
                Seed = random.Next(), Password = "chaos-password", SecurityToken = "token", ClientSecret = "secret",
            }, stop);
        var serverClock = new MachineClock();
        var scene = new Scene(random, await PostgresServer.StartAsync(stop, serverClock.Environment), serverClock, orgs, stop);
        scene._orgtap = Acme.Program(orgs["acme"]);
        scene._orgtap.Environment["ORGTAP_ALLOW_ADDRESSES"] = string.Join(',', orgs.Values.Select(org => org.Address.Authority));
        scene._orgtap.Environment["ORGTAP_DATABASE"] = scene._server.Address.ConnectionString;
        foreach (var (name, value) in scene._clock.Environment) scene._orgtap.Environment[name] = value;
        if (!MachineClock.IsThere) foreach (var without in (string[])["clock set", "clock of the database server set", "quota used up by others"]) scene.Counts.Remove(without);
        foreach (var (name, org) in orgs)
        {
            await scene._orgtap.SucceedAsync(stop, [.. Acme.Connect(org).Select(argument => argument == "acme" ? name : argument)]);
            await scene._orgtap.SucceedAsync(stop, "connections", "replica", name, "--postgres", "--schema", $"{name}_rows");
            await scene._orgtap.SucceedAsync(stop, ["select", name, .. Tables.SelectMany(table => (string[])["--table", table])]);
            await scene._orgtap.SucceedAsync(stop, "connections", "schedule", name, "5m");
            await scene._orgtap.SucceedAsync(stop, "connections", "threshold", name, ThresholdPercent.ToString(CultureInfo.InvariantCulture));
        }
        await scene._orgtap.SucceedAsync(stop, "users", "add", "marta@example.com", "--name", "Marta", "--role", "operator");
        var token = (await scene._orgtap.SucceedAsync(stop, "users", "token", "marta@example.com", "--name", "chaos", "--scope", "read", "operate", "--days", "1")).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Single(word => word.StartsWith("orgtap_", StringComparison.Ordinal));
        scene._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        await scene.WatchRunsAsync();
        foreach (var member in scene._members) member.Start(scene._orgtap);
        return scene;
    }

    /// <summary>What comes within one second.</summary>
    public async Task HappenAsync()
    {
        foreach (var model in _models.Values)
            for (var change = _random.Next(6); change > 0; change--) model.Happen(_random);
        foreach (var org in _orgs.Values)
            if (_random.Next(15) == 0) org.Faults.Clear();
        if (_serverIsBackIn is { } left && (_serverIsBackIn = left - 1) < 0)
        {
            _serverIsBackIn = null;
            await _server.StartAgainAsync(_stop);
        }
        if (_quotaIsBack is { } squeezed)
        {
            // Somebody wants as many calls as a whole comparison takes, over and over.
            await PostAsync(_orgs.First(org => org.Value == squeezed.Org).Key, "reconcile");
            if ((_quotaIsBack = squeezed with { In = squeezed.In - 1 })!.Value.In < 0) GiveQuotaBack();
        }
        foreach (var member in _members) member.Tick();
        if (_random.Next(3) == 0) await AskAsync();
        await HarmAsync(_random.Next(24));
        // What could not start, or gave up without its database, is started again as a service manager does it.
        foreach (var member in _members.Where(member => !member.IsThere && _serverIsBackIn is null)) member.Start(_orgtap);
    }

    /// <summary>Nothing happens any more, and everybody is there: what was asked for comes to its end, and what no sync can notice is looked for.</summary>
    public async Task CalmAsync()
    {
        foreach (var org in _orgs.Values) org.Faults.Clear();
        if (_quotaIsBack is not null) GiveQuotaBack();
        // What a stopped connection waits for before it looks at the org's use again passes in no time, whatever the clock was when it looked last.
        _serverClock.Set(TimeSpan.FromMinutes(40));
        if (_serverIsBackIn is not null) await _server.StartAgainAsync(_stop);
        _serverIsBackIn = null;
        foreach (var member in _members)
        {
            member.Wake();
            if (!member.IsThere) member.Start(_orgtap);
        }
        foreach (var (name, model) in _models)
        {
            model.ShowAll();
            // What was changed within the lag of a sync is the next one's.
            var settled = _orgs[name].Clock.GetUtcNow() + TimeSpan.FromSeconds(5);
            await Until.TrueAsync(() => _orgs[name].Clock.GetUtcNow() > settled, _stop);
            foreach (var purpose in (string[])["sync", "reconcile", "refresh"])
            {
                var began = Stopwatch.GetTimestamp();
                await Until.TrueAsync(() => EndedWellAsync(name, purpose), _stop);
                _calm.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {purpose} {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s"));
            }
        }
    }

    /// <summary>Compares every row and value that PostgreSQL holds with the org's own store, and looks at the history and the jobs.</summary>
    public async Task<(long Rows, long Values)> CompareAsync()
    {
        var (rows, values, differences) = (0L, 0L, new List<string>());
        await using var db = await _server.ConnectAsync(_stop);
        foreach (var (name, org) in _orgs)
            foreach (var table in Tables)
            {
                var compared = await PostgresTruth.CompareAsync(org.Store, db, $"{name}_rows", table, differences);
                rows += compared.Rows;
                values += compared.Values;
            }
        Assert.True(differences.Count == 0, string.Join("\n", differences.Take(20)));

        Assert.Equal(0, await db.ExecuteScalarAsync<long>("SELECT count(*) FROM orgtap.runs WHERE outcome = 'Running'"));
        Assert.Equal(0, await db.ExecuteScalarAsync<long>("SELECT count(*) FROM runs_at_once"));
        Assert.Equal(["clean-up", "conversations", "due", "mail", "notices", "old-access", "schema-refresh", "token-check"],
            await db.QueryAsync<string>("SELECT trigger_name FROM orgtap.qrtz_triggers WHERE trigger_group = 'system' AND trigger_state <> 'ERROR' ORDER BY 1"));
        return (rows, values);
    }

    /// <summary>What is to be seen when it does not end.</summary>
    public async Task<string> LeftAsync()
    {
        try
        {
            await using var db = await _server.ConnectAsync(CancellationToken.None);
            var rows = await db.QueryAsync<string>("""
                SELECT 'run ' || row_to_json(r)::text FROM orgtap.runs r WHERE id > (SELECT max(id) FROM orgtap.runs) - 6
                UNION ALL SELECT 'table ' || t.run_id || ' ' || t.sobject || ' ' || t.state || ' by ' || coalesce(t.claimed_by, '-') || ' ' || coalesce(t.problem, '') FROM orgtap.run_tables t WHERE run_id > (SELECT max(id) FROM orgtap.runs) - 2
                UNION ALL SELECT 'connection ' || name || ' ' || coalesce(problem, '') FROM orgtap.connections
                UNION ALL SELECT 'fired ' || row_to_json(f)::text FROM orgtap.qrtz_fired_triggers f
                UNION ALL SELECT 'scheduler ' || row_to_json(s)::text FROM orgtap.qrtz_scheduler_state s
                UNION ALL SELECT 'trigger ' || trigger_group || ' ' || trigger_name || ' ' || trigger_state FROM orgtap.qrtz_triggers
                UNION ALL SELECT 'session ' || pid || ' ' || application_name || ' ' || coalesce(state, '') || ' ' || coalesce(wait_event, '') || ' ' || left(query, 120) FROM pg_stat_activity WHERE state <> 'idle'
                """);
            return string.Join("\n", rows.Concat(_members.Select(member => member.ToString())));
        }
        catch (NpgsqlException away)
        {
            return away.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members) await member.DisposeAsync();
        _http.Dispose();
        foreach (var org in _orgs.Values) await org.DisposeAsync();
        await _server.DisposeAsync();
        _clock.Dispose();
        _serverClock.Dispose();
        _orgtap.Dispose();
    }

    private async Task HarmAsync(int kind)
    {
        var member = _members[_random.Next(_members.Count)];
        switch (kind)
        {
            case 0 or 1 when member.IsThere:
                Counts["process killed"]++;
                await member.KillAsync();
                break;
            case 2 or 3 when member.IsThere && _members.All(other => other == member || !other.IsFrozen):
                Counts["process frozen"]++;
                member.Freeze(_random.Next(1, 25));
                break;
            case 4 when _serverIsBackIn is null:
                Counts["database server killed"]++;
                _server.Kill();
                _serverIsBackIn = _random.Next(4);
                break;
            case 5 when _serverIsBackIn is null:
                Counts["sessions cut"]++;
                await CutSessionsAsync();
                break;
            case 6 or 7 or 8:
                Counts["fault of the org or network"]++;
                _orgs.Values.ElementAt(_random.Next(_orgs.Count)).Faults.Add(new FaultRule("*/services/data/*", OrgFaults.Draw(_random)) { Nth = _random.Next(1, 15), Times = _random.Next(1, 4) });
                break;
            // A quarter of an hour behind a stop one call, above the threshold, looks at it again. So the server's clock, by which all go and which would let that come at once, is not set meanwhile, and all have heard of its last setting, those that were frozen too. Without one the calm would have to wait for so long.
            case 9 when _quotaIsBack is null && MachineClock.IsThere && (_serverClockSetAt == 0 || Stopwatch.GetElapsedTime(_serverClockSetAt) > TimeSpan.FromSeconds(45)):
                Counts["quota used up by others"]++;
                var org = _orgs.Values.ElementAt(_random.Next(_orgs.Count));
                // Sixty calls are left: enough for what is under way to hear of it.
                org.Usage.Background = Limit * ThresholdPercent / 100 - 60 - org.Usage.Used;
                _quotaIsBack = (org, _random.Next(12, 20));
                break;
            case 10 when MachineClock.IsThere:
                Counts["clock set"]++;
                _clock.Set(AnyOffset());
                break;
            case 11 when MachineClock.IsThere && _quotaIsBack is null && _random.Next(3) == 0:
                Counts["clock of the database server set"]++;
                _serverClockSetAt = Stopwatch.GetTimestamp();
                _serverClock.Set(AnyOffset());
                break;
        }
    }

    private TimeSpan AnyOffset() => TimeSpan.FromSeconds(_random.Next(3) switch { 0 => 0, 1 => _random.Next(-1_200, 1_200), _ => _random.Next(-30, 30) });

    private void GiveQuotaBack()
    {
        var org = _quotaIsBack!.Value.Org;
        Assert.InRange(org.Usage.Used, 0, Limit * ThresholdPercent / 100);
        org.Usage.Background = 0;
        _quotaIsBack = null;
    }

    /// <summary>Has the database note when a run begins while the connection has one, whatever the clocks say.</summary>
    private async Task WatchRunsAsync()
    {
        await using var db = await _server.ConnectAsync(_stop);
        await db.ExecuteAsync("""
            CREATE TABLE runs_at_once (run bigint);
            CREATE FUNCTION note_run() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
              -- One after the other, so that neither of two overlooks the other.
              PERFORM pg_advisory_xact_lock(77, hashtext(NEW.connection_id));
              INSERT INTO public.runs_at_once SELECT NEW.id FROM orgtap.runs WHERE connection_id = NEW.connection_id AND outcome = 'Running' AND id <> NEW.id;
              RETURN NEW;
            END $$;
            CREATE TRIGGER note_run AFTER INSERT ON orgtap.runs FOR EACH ROW WHEN (NEW.outcome = 'Running') EXECUTE FUNCTION note_run();
            """);
    }

    private async Task CutSessionsAsync()
    {
        try
        {
            await using var db = await _server.ConnectAsync(_stop);
            await db.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'orgtap%' AND random() < 0.3");
        }
        catch (NpgsqlException)
        {
            // It is only just coming back.
        }
    }

    /// <summary>Asks serve, if it is there, for a sync.</summary>
    private async Task AskAsync()
    {
        if (await PostAsync(_orgs.Keys.ElementAt(_random.Next(_orgs.Count)), _random.Next(5) switch { 0 => "reconcile", 1 => "refresh", _ => "sync" }) is not null) Counts["sync asked for"]++;
    }

    /// <summary>Whether a whole run of this kind, begun now, ended with nothing missing.</summary>
    private async Task<bool> EndedWellAsync(string connection, string purpose)
    {
        if (await PostAsync(connection, purpose) is not { } started) return false;
        var run = default(JsonElement);
        await Until.TrueAsync(async () => (run = await GetAsync($"api/v1/runs/{started.GetProperty("run")}")).ValueKind == JsonValueKind.Object && run.GetProperty("outcome").GetString() != "Running", _stop);
        return !started.GetProperty("alreadyRunning").GetBoolean() && run.GetProperty("outcome").GetString() == "Completed" && run.GetProperty("verdict").GetString() == "Complete";
    }

    private async Task<JsonElement?> PostAsync(string connection, string purpose)
    {
        try
        {
            using var answer = await _http.PostAsync(new Uri($"api/v1/connections/{connection}/{purpose}", UriKind.Relative), null, _stop);
            return answer.IsSuccessStatusCode ? JsonDocument.Parse(await answer.Content.ReadAsStringAsync(_stop)).RootElement : null;
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException && !_stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), _stop);
            return answer.IsSuccessStatusCode ? JsonDocument.Parse(await answer.Content.ReadAsStringAsync(_stop)).RootElement : default;
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException && !_stop.IsCancellationRequested)
        {
            return default;
        }
    }
}
