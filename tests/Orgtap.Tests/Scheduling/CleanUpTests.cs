using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Orgtap.Scheduling;
using Orgtap.Storage;
using Orgtap.Tests.Salesforce;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.Scheduling;

public abstract class CleanUpTests(StoreDatabase database) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orgtap-test").FullName;
    private readonly ManualTime _time = new();
    private ControlStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _store = await database.OpenAsync(_folder, _time);
        await ExecuteAsync("INSERT INTO apps (id, name, consumer_key, created_at) VALUES ('app', 'app', 'key', 0)");
        await ExecuteAsync("INSERT INTO connections (id, name, login_url, flow, app_id, created_at) VALUES ('one', 'acme', 'https://login.salesforce.com', 'Password', 'app', 0)");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_store is null) return;
        await _store.DisposeAsync();
        await database.DeleteAsync(_folder);
    }

    [Fact]
    public async Task Old_runs_go_with_their_tables_but_the_newest_fifty_of_each_purpose_and_what_runs_stay()
    {
        for (var id = 1; id <= 620; id++)
            await ExecuteAsync($"INSERT INTO runs (id, connection_id, started_by, started_at, outcome, purpose) VALUES ({id}, 'one', 'test', {Ago(id <= 610 ? 500 : 1)}, '{(id == 3 ? "Running" : "Completed")}', '{(id <= 60 ? "Reconcile" : "Sync")}')");
        await ExecuteAsync("INSERT INTO run_tables (run_id, sobject, position, state) SELECT id, 'Account', 0, 'Done' FROM runs");

        Assert.Equal(620 - 50 - 50 - 1, await CleanAsync());

        Assert.Equal(101, await CountAsync("runs"));
        Assert.Equal(101, await CountAsync("run_tables"));
        Assert.Equal(0, await CleanAsync());
    }

    [Fact]
    public async Task What_was_sent_or_mended_long_ago_goes_and_what_waits_stays()
    {
        foreach (var (id, age, next, sent) in new[] { ("sent", 500, "NULL", Ago(500)), ("expired", 500, "NULL", "NULL"), ("waits", 500, Ago(0), "NULL"), ("new", 1, "NULL", Ago(1)) })
            await ExecuteAsync($"INSERT INTO outbox (id, about, recipient, subject, created_at, expires_at, next_attempt_at, sent_at) VALUES ('{id}', 'x', 'x', 'x', {Ago(age)}, 0, {next}, {sent})");
        foreach (var (id, closed) in new[] { ("mended", Ago(500)), ("lately", Ago(1)), ("open", "NULL") })
            await ExecuteAsync($"INSERT INTO incidents (id, connection_id, kind, message, next_step, turn, opened_at, closed_at) VALUES ('{id}', 'one', '{id}', 'x', 'x', 'We', {Ago(600)}, {closed})");
        await ExecuteAsync($"INSERT INTO audit (id, at, actor, action, target) VALUES (1, {Ago(5000)}, 'x', 'x', 'x')");

        Assert.Equal(3, await CleanAsync());

        await using var db = await _store.ConnectAsync(default);
        Assert.Equal(["new", "waits"], await db.QueryAsync<string>("SELECT id FROM outbox ORDER BY id"));
        Assert.Equal(["lately", "open"], await db.QueryAsync<string>("SELECT id FROM incidents ORDER BY id"));
        Assert.Equal(1, await CountAsync("audit"));
    }

    [Fact]
    public async Task Calls_are_kept_by_the_hour_for_a_month()
    {
        foreach (var days in new[] { 0, 31, 33, 400 })
            await ExecuteAsync($"INSERT INTO api_calls (org_id, connection_id, purpose, kind, hour, calls) VALUES ('00D', 'one', 'Sync', 'Query', {_time.GetUtcNow().AddDays(-days).ToUnixTimeMilliseconds() / 3_600_000}, 1)");
        Assert.Equal(2, await CleanAsync());
        Assert.Equal(2, await CountAsync("api_calls"));
    }

    private Task<long> CleanAsync() => new CleanUp(_store, Retention.Usual, _time, NullLogger<CleanUp>.Instance).RunAsync(TestContext.Current.CancellationToken);

    private string Ago(int days) => FormattableString.Invariant($"{_time.GetUtcNow().AddDays(-days).ToUnixTimeMilliseconds()}");

    private async Task ExecuteAsync(string sql)
    {
        await using var db = await _store.ConnectAsync(default);
        await db.ExecuteAsync(sql);
    }

    private async Task<long> CountAsync(string table)
    {
        await using var db = await _store.ConnectAsync(default);
        return await db.ExecuteScalarAsync<long>($"SELECT COUNT(*) FROM {table}");
    }

    public sealed class OnSqlite() : CleanUpTests(StoreDatabase.Sqlite);

    public sealed class OnPostgres() : CleanUpTests(StoreDatabase.Postgres);
}
