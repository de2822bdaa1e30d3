using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Storage;
using Orgtap.Tests.Notifications;

namespace Orgtap.IntegrationTests.Crashes;

/// <summary>The real program, ended by the system (kill -9) in the middle of the jobs that move no rows of the org: syncs, renewals and notices have tests of their own.</summary>
public sealed class KilledJobsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_clean_up_that_is_killed_leaves_whole_runs_and_the_next_one_goes_on_with_it()
    {
        const int old = 20_000, kept = 50;
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 10 } }, Stop);
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account");
        await orgtap.SucceedAsync(Stop, "sync", "acme");
        // Nothing else is to begin runs.
        await orgtap.SucceedAsync(Stop, "connections", "pause", "acme");
        await using var db = Control(orgtap);
        // A run every minute, all of them more than 400 days ago.
        await db.ExecuteAsync($"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {old})
            INSERT INTO runs (id, connection_id, started_by, started_at, ended_at, outcome, purpose)
            SELECT -i, (SELECT id FROM connections), 'scheduler', (SELECT MAX(started_at) FROM runs) - 34560000000 - i * 60000, (SELECT MAX(started_at) FROM runs) - 34560000000 - i * 60000, 'Completed', 'Refresh' FROM n;
            INSERT INTO run_tables (run_id, sobject, position, state) SELECT id, 'Account', 0, 'Done' FROM runs WHERE id < 0;
            """);

        await KillWhenAsync(orgtap, async () => await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM runs") < old);
        var left = await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM runs WHERE id < 0");
        Assert.InRange(left, kept + 1, old - 1);
        Assert.Equal(left, await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM run_tables WHERE run_id < 0"));
        Assert.Equal("ok", await db.ExecuteScalarAsync<string>("PRAGMA integrity_check"));

        await KillWhenAsync(orgtap, async () => await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM runs WHERE id < 0") <= kept);
        // The newest of each kind, and today's, are kept for good.
        Assert.Equal((kept, -kept, 1), await db.QuerySingleAsync<(long, long, long)>("SELECT SUM(id < 0), MIN(id), SUM(id > 0) FROM runs"));
        Assert.Empty(await db.QueryAsync("PRAGMA foreign_key_check"));
    }

    [Fact]
    public async Task A_schema_refresh_that_is_killed_forgets_no_change_and_tells_none_twice()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 10, ["Contact"] = 10, ["Case"] = 10 } }, Stop);
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account", "--table", "Contact", "--table", "Case");
        await orgtap.SucceedAsync(Stop, "sync", "acme");
        org.Store.Schema.HideField("Account", "Fax", true);
        org.Store.Schema.HideField("Contact", "Title", true);
        org.Store.Schema.HideField("Case", "Reason", true);
        await using var db = Control(orgtap);
        await db.ExecuteAsync("UPDATE describes SET fetched_at = fetched_at - 90000000");

        // Asked, and no answer.
        var stalled = org.Faults.Add(new FaultRule("*/composite*", new FaultEffect.StallBody(0)));
        await KillWhenAsync(orgtap, () => Task.FromResult(org.Faults.Rules.Single(rule => rule.Number == stalled).Fired > 0));
        org.Faults.Clear();
        Assert.Equal(0, await Changes());

        // Between one table and the next.
        await KillWhenAsync(orgtap, async () => await Changes() > 0);
        Assert.InRange(await Changes(), 1, 3);
        await KillWhenAsync(orgtap, async () => await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM describes WHERE fetched_at < (SELECT MIN(started_at) FROM runs) AND resource LIKE 'v%/sobjects/%'") == 0);
        Assert.Equal(["Account.Fax", "Case.Reason", "Contact.Title"], (await db.QueryAsync<string>("SELECT sobject || '.' || field FROM schema_changes ORDER BY 1")).ToArray());

        Task<long> Changes() => db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM schema_changes");
    }

    [Fact]
    public async Task An_import_of_conversations_that_is_killed_ends_as_one_that_was_not()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions
        {
            Records = new Dictionary<string, long> { ["User"] = 6, ["Group"] = 2, ["Account"] = 10, ["Contact"] = 20, ["LiveChatTranscript"] = 4_000, ["LiveChatTranscriptEvent"] = 8_000, ["LiveChatVisitor"] = 400 },
        }, Stop);
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await SyncedAsync(orgtap);
        await using var replica = SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = Acme.Replica(orgtap), Pooling = false });

        var (stored, killed) = (0L, 0);
        while (killed < 3)
        {
            using var process = orgtap.Start("conversations", "import", "acme", "--json");
            process.StandardInput.Close();
            _ = process.StandardOutput.ReadToEndAsync(Stop);
            _ = process.StandardError.ReadToEndAsync(Stop);
            await Until.TrueAsync(async () => process.HasExited || await Stored() > stored, Stop);
            Assert.False(process.HasExited, $"{stored} conversations were stored before, and the import ended.");
            process.Kill();
            await process.WaitForExitAsync(Stop);
            (stored, killed) = (await Stored(), killed + 1);
        }

        using var receipt = JsonDocument.Parse(await orgtap.SucceedAsync(Stop, "conversations", "import", "acme", "--json"));
        Assert.Equal("Completed", receipt.RootElement.GetProperty("outcome").GetString());
        using var undisturbed = await Acme.ConnectedAsync(org, Stop);
        await SyncedAsync(undisturbed);
        await undisturbed.SucceedAsync(Stop, "conversations", "import", "acme");
        await using var other = SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = Acme.Replica(undisturbed), Pooling = false });
        var (ended, expected) = (await Conversations(replica), await Conversations(other));
        Assert.InRange(expected.Count, 3_000, 4_000);
        Assert.Equal(expected, ended);
        Assert.Equal(await Words(other), await Words(replica));

        // The first import makes the tables.
        async Task<long> Stored() => await replica.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM sqlite_master WHERE name = 'orgtap_conversation'") == 0 ? 0
            : await replica.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM orgtap_conversation");

        static Task<long> Words(SqliteConnection db) => db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM orgtap_conversation_words");
        static async Task<List<(string Id, long Turns, string? First, string Channel)>> Conversations(SqliteConnection db) =>
            [.. await db.QueryAsync<(string, long, string?, string)>("SELECT id, (SELECT COUNT(*) FROM orgtap_turn WHERE conversation_id = id), first_words, channel FROM orgtap_conversation ORDER BY id")];
        static async Task SyncedAsync(OrgtapProgram orgtap)
        {
            await orgtap.SucceedAsync(Stop, "conversations", "setup", "acme", "--channel", "Chat");
            await orgtap.SucceedAsync(Stop, "sync", "acme");
        }
    }

    [Fact]
    public async Task Access_that_nobody_keeps_any_more_is_ended_by_whoever_lives_long_enough()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions { Records = new Dictionary<string, long> { ["Account"] = 10 } }, Stop);
        using var orgtap = await Acme.ConnectedAsync(org, Stop);
        await using var db = Control(orgtap);
        var stalled = org.Faults.Add(new FaultRule("*/oauth2/revoke*", new FaultEffect.StallBody(0)));
        using (var remove = orgtap.Start("connections", "remove", "acme", "--yes"))
        {
            remove.StandardInput.Close();
            await Until.TrueAsync(() => remove.HasExited || Fired() > 0, Stop);
            Assert.False(remove.HasExited);
            remove.Kill();
            await remove.WaitForExitAsync(Stop);
        }
        // The connection is gone, and what is to be ended is not forgotten.
        Assert.Equal((0, 1), await db.QuerySingleAsync<(long, long)>("SELECT (SELECT COUNT(*) FROM connections), (SELECT COUNT(*) FROM revocations)"));
        await KillWhenAsync(orgtap, () => Task.FromResult(Fired() > 1));
        Assert.Equal(1, await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM revocations"));

        org.Faults.Clear();
        await KillWhenAsync(orgtap, async () => await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM revocations") == 0);

        int Fired() => org.Faults.Rules.Where(rule => rule.Number == stalled).Sum(rule => rule.Fired);
    }

    private static SqliteConnection Control(OrgtapProgram orgtap) => SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(orgtap.DataDirectory, "control.db"), Pooling = false, DefaultTimeout = 30 });

    /// <summary>Serves until something has happened, and is ended by force.</summary>
    private static async Task KillWhenAsync(OrgtapProgram orgtap, Func<Task<bool>> happened)
    {
        using var process = orgtap.Start("serve", "--listen", FormattableString.Invariant($"localhost:{MailServer.FreePort()}"));
        process.StandardInput.Close();
        var said = process.StandardError.ReadToEndAsync(Stop);
        _ = process.StandardOutput.ReadToEndAsync(Stop);
        await Until.TrueAsync(async () => process.HasExited || await happened(), Stop);
        Assert.False(process.HasExited, process.HasExited ? await said : "");
        process.Kill();
        await process.WaitForExitAsync(Stop);
    }
}
