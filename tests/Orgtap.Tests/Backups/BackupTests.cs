using System.Text.Json.Nodes;
using Orgtap.Backups;
using Orgtap.Primitives;
using Orgtap.Replicas.Sqlite;
using Orgtap.Storage;
using Orgtap.Tests.Replicas;

namespace Orgtap.Tests.Backups;

public sealed class BackupTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_restored_holds_every_row_and_the_checkpoint_that_covers_them()
    {
        using var site = await SmallInstallation.MakeAsync();
        var manifest = await site.BackUpAsync();
        await site.AddRowsAsync(1000, 1500);
        await site.RestoreAsync();

        Assert.Equal(["control.db", "replicas/acme.db"], manifest.Files.Select(file => file.Path));
        Assert.Equal(1000, manifest.Files[1].Rows);
        Assert.Equal(["globex"], manifest.InPostgres);
        await using var replica = await SqliteReplica.OpenAsync(Path.Combine(site.Restored, "replicas", "acme.db"), TimeProvider.System, Stop);
        var table = Assert.Single(await replica.TablesAsync(Stop));
        Assert.Equal(1000, table.Rows);
        Assert.Equal(new Orgtap.Records.KeysetPosition(Pages.Id(999)), table.Checkpoint!.Position);
        await using var store = await ControlStore.OpenAsync(site.Restored, TimeProvider.System, Stop);
        Assert.Equal("backup.restored", Assert.Single(await new AuditLog(store, TimeProvider.System).ListAsync(10, Stop)).Action);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(site.Data)!, "*.part"));
    }

    [Fact]
    public async Task A_copy_is_of_one_moment_between_two_transactions_however_much_is_written_meanwhile()
    {
        using var folder = new TemporaryFolder();
        var source = folder.File("source.db");
        using (var db = RawSqlite.Open(source)) db.Execute("PRAGMA journal_mode=WAL; CREATE TABLE pairs (number INTEGER, filler TEXT)");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var begun = new TaskCompletionSource();
        var writing = Task.Run(() =>
        {
            using var db = RawSqlite.Open(source);
            db.Execute("PRAGMA synchronous=OFF");
            for (var number = 0; !ended.IsCancellationRequested; number++)
            {
                db.Execute($"BEGIN; INSERT INTO pairs VALUES ({number}, hex(zeroblob(2000))); INSERT INTO pairs VALUES ({number}, hex(zeroblob(2000))); COMMIT");
                if (number == 100) begun.SetResult();
            }
        }, Stop);
        await begun.Task;
        for (var copy = 0; copy < 5; copy++) SqliteCopy.Make(source, folder.File($"copy{copy}.db"), Stop);
        await ended.CancelAsync();
        await writing;

        for (var copy = 0; copy < 5; copy++)
        {
            using var file = SqliteFile.Open(folder.File($"copy{copy}.db"), readOnly: true);
            Assert.True(file.ScalarLong("SELECT count(*) FROM pairs") >= 200);
            Assert.Equal(0, file.ScalarLong("SELECT count(*) FROM (SELECT number FROM pairs GROUP BY number HAVING count(*) <> 2)"));
            Assert.False(File.Exists(file.Path + "-wal"));
        }
    }

    [Fact]
    public async Task A_backup_that_is_stopped_leaves_nothing()
    {
        using var site = await SmallInstallation.MakeAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => site.BackUpAsync(_ => stop.Cancel(), stop: stop.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(site.Data)!, "backup*"));
    }

    [Fact]
    public async Task What_a_killed_backup_left_is_thrown_away_by_the_next()
    {
        using var site = await SmallInstallation.MakeAsync();
        Directory.CreateDirectory(site.Backup + ".part/replicas");
        await File.WriteAllTextAsync(site.Backup + ".part/replicas/acme.db", "half a copy", Stop);
        await File.WriteAllTextAsync(site.Backup + ".part/.part-lock", "", Stop);
        await site.BackUpAsync();
        Assert.Equal(["control.db", "manifest.json", "replicas"], Directory.EnumerateFileSystemEntries(site.Backup).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.False(Directory.Exists(site.Backup + ".part"));
    }

    [Fact]
    public async Task Two_backups_to_one_place_at_once_are_one_and_a_refusal()
    {
        using var site = await SmallInstallation.MakeAsync();
        InvalidInputException? refusal = null;
        await site.BackUpAsync(_ => refusal ??= Assert.ThrowsAsync<InvalidInputException>(() => site.BackUpAsync()).GetAwaiter().GetResult());
        Assert.Contains("Another process is writing", refusal!.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await BackupRestore.VerifyAsync(site.Backup, Stop)).Manifest.Files.Count);
    }

    [Fact]
    public async Task A_place_that_is_taken_or_lies_in_the_data_directory_or_cannot_be_made_is_refused()
    {
        using var site = await SmallInstallation.MakeAsync();
        await RefusedAsync(site.Data, "there already");
        await RefusedAsync(Path.Combine(site.Data, "backup"), "lies in the data directory");
        await RefusedAsync(Path.Combine(site.Replica, "backup"), site.Replica);
        var empty = new BackupWriter(site.Restored, _ => false, TimeProvider.System);
        Assert.Contains("nothing to back up", (await Assert.ThrowsAsync<InvalidInputException>(() => empty.WriteAsync(site.Backup, null, Stop))).Message, StringComparison.Ordinal);

        async Task RefusedAsync(string target, string words) =>
            Assert.Contains(words, (await Assert.ThrowsAsync<InvalidInputException>(() => site.BackUpAsync(target: target))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_is_damaged_is_named_and_no_backup_is_made_of_it()
    {
        using var site = await SmallInstallation.MakeAsync();
        await using (var file = new FileStream(site.Replica, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 8192;
            file.Write(new byte[16384]);
        }
        var thrown = await Assert.ThrowsAsync<OrgtapException>(() => site.BackUpAsync());
        Assert.Contains(site.Replica, thrown.Message, StringComparison.Ordinal);
        Assert.Contains("damaged", thrown.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(site.Backup));
    }

    [Fact]
    public async Task Files_of_conversations_are_taken_up_to_where_the_replicas_copy_says_they_were_written()
    {
        using var site = await SmallInstallation.MakeAsync();
        using (var db = RawSqlite.Open(site.Replica))
            db.Execute("CREATE TABLE _orgtap_conversation_positions (name TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL); INSERT INTO _orgtap_conversation_positions VALUES ('changes', 900), ('files', 20)");
        var files = Directory.CreateDirectory(Path.Combine(site.Data, "conversations", "acme")).FullName;
        foreach (var name in (IReadOnlyList<string>)["conversations-000000000001.jsonl", "conversations-000000000011.jsonl.gz", "conversations-000000000021.jsonl", "conversations-000000000021.jsonl.part", "notes.txt"])
            await File.WriteAllTextAsync(Path.Combine(files, name), "{}\n", Stop);
        var manifest = await site.BackUpAsync();
        Assert.Equal(["conversations/acme/conversations-000000000001.jsonl", "conversations/acme/conversations-000000000011.jsonl.gz"], manifest.Files.Select(file => file.Path).Where(path => path.StartsWith("conversations", StringComparison.Ordinal)));
        await site.RestoreAsync();
        Assert.Equal(2, Directory.GetFiles(Path.Combine(site.Restored, "conversations", "acme")).Length);
    }

    [Fact]
    public async Task A_directory_that_is_not_empty_is_never_restored_over()
    {
        using var site = await SmallInstallation.MakeAsync();
        await site.BackUpAsync();
        Directory.CreateDirectory(site.Restored);
        await site.RestoreAsync();
        var refusal = await Assert.ThrowsAsync<InvalidInputException>(site.RestoreAsync);
        Assert.Contains($"{site.Restored} is not empty", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--data", refusal.NextStep, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("format", "2", "newer")]
    [InlineData("version", "\"99.1.0\"", "Orgtap 99.1.0")]
    [InlineData("schema", "[\"9999_future.sql\"]", "9999_future.sql")]
    [InlineData("files", "null", "damaged")]
    [InlineData("files", "[{\"path\":\"../outside.db\",\"bytes\":1,\"sha256\":\"\"}]", "damaged")]
    [InlineData("files", "[{\"path\":\"/etc/passwd\",\"bytes\":1,\"sha256\":\"\"}]", "damaged")]
    public async Task A_manifest_that_this_program_does_not_know_or_that_points_elsewhere_is_refused(string member, string value, string words)
    {
        using var site = await SmallInstallation.MakeAsync();
        await site.BackUpAsync();
        var path = Path.Combine(site.Backup, "manifest.json");
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(path, Stop))!;
        manifest[member] = JsonNode.Parse(value);
        await File.WriteAllTextAsync(path, manifest.ToJsonString(), Stop);
        Assert.Contains(words, (await Assert.ThrowsAsync<InvalidInputException>(site.RestoreAsync)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(site.Restored));
    }

    [Fact]
    public async Task A_file_that_is_missing_or_changed_by_one_bit_is_found_before_anything_is_restored()
    {
        using var site = await SmallInstallation.MakeAsync();
        await site.BackUpAsync();
        var replica = Path.Combine(site.Backup, "replicas", "acme.db");
        var bytes = await File.ReadAllBytesAsync(replica, Stop);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(replica, bytes, Stop);
        await RefusedAsync("is not what was backed up");
        await File.WriteAllBytesAsync(replica, bytes[..^1], Stop);
        await RefusedAsync("bytes in place of");
        File.Delete(replica);
        await RefusedAsync("is missing");
        File.Delete(Path.Combine(site.Backup, "manifest.json"));
        await RefusedAsync("is no backup");

        async Task RefusedAsync(string words)
        {
            Assert.Contains(words, (await Assert.ThrowsAsync<InvalidInputException>(site.RestoreAsync)).Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(site.Restored));
        }
    }
}
