using Dapper;
using Orgtap.Backups;
using Orgtap.Replicas.Sqlite;
using Orgtap.Storage;
using Orgtap.Tests.Replicas;

namespace Orgtap.Tests.Backups;

/// <summary>A data directory with a connection called acme and rows in its replica, and a place for backups beside it.</summary>
internal sealed class SmallInstallation : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public string Data => _folder.File("data");

    public string Backup => _folder.File("backup");

    public string Restored => _folder.File("restored");

    public string Replica => Path.Combine(Data, "replicas", "acme.db");

    public static async Task<SmallInstallation> MakeAsync(int rows = 1000)
    {
        var made = new SmallInstallation();
        await using (var store = await ControlStore.OpenAsync(made.Data, TimeProvider.System, Stop))
        await using (var db = await store.ConnectAsync(Stop))
        {
            await db.ExecuteAsync("INSERT INTO apps (id, name, consumer_key, created_at) VALUES ('app', 'app', 'key', 0)");
            foreach (var (name, schema) in new[] { ("acme", (string?)null), ("globex", "globex"), ("new", null) })
                await db.ExecuteAsync("INSERT INTO connections (id, name, login_url, flow, app_id, created_at, replica_schema) VALUES (@name, @name, 'https://example.com', 'Password', 'app', 0, @schema)", new { name, schema });
        }
        Directory.CreateDirectory(Path.GetDirectoryName(made.Replica)!);
        await made.AddRowsAsync(0, rows);
        return made;
    }

    public async Task AddRowsAsync(int from, int to)
    {
        await using var replica = await SqliteReplica.OpenAsync(Replica, TimeProvider.System, Stop);
        var table = await replica.OpenAsync(Pages.Account, Stop);
        using var page = Pages.Of(Pages.Account, Pages.Backfill(Pages.Account, Pages.Id(to - 1)), Enumerable.Range(from, to - from).Select(number => new[] { Pages.Id(number), $"Account {number}", "1", "false" }));
        await replica.CommitAsync(table, page, Stop);
    }

    public Task<BackupManifest> BackUpAsync(Action<BackupFile>? copied = null, string? target = null, CancellationToken? stop = null) =>
        new BackupWriter(Data, _ => false, TimeProvider.System) { Copied = copied }.WriteAsync(target ?? Backup, null, stop ?? Stop);

    public async Task RestoreAsync() => await (await BackupRestore.VerifyAsync(Backup, Stop)).IntoAsync(Restored, "test", TimeProvider.System, Stop);

    public void Dispose() => _folder.Dispose();
}
