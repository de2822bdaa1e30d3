using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Dapper;
using Orgtap.App.Cli;
using Orgtap.App.Composition;
using Orgtap.Authorization;
using Orgtap.Backups;
using Orgtap.Connections;
using Orgtap.Storage;
using Orgtap.Tests.Storage;

namespace Orgtap.Tests.App.Cli;

public sealed class BackupVerbTests : IDisposable
{
    private readonly string _around = Directory.CreateTempSubdirectory("orgtap-backup-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_around, "data");

    private string Backup => Path.Combine(_around, "backup");

    private string KeyFile => Path.Combine(_around, "orgtap.key");

    public void Dispose() => Directory.Delete(_around, recursive: true);

    [Fact]
    public async Task Beside_a_server_a_backup_is_made_that_holds_no_key_in_clear_and_no_secret_and_says_what_that_means()
    {
        await using var site = await ServedInstallation.StartAsync(serving: true);
        Assert.Equal(0, (await site.ConnectAsync()).ExitCode);
        Assert.Equal(0, (await site.RunAsync("select", "acme", "--table", "Account")).ExitCode);
        Assert.Equal(0, (await site.RunAsync("sync", "acme")).ExitCode);

        var (code, output, error) = await site.RunAsync("backup", Backup);

        Assert.Equal(0, code);
        Assert.Contains("2 files", output, StringComparison.Ordinal);
        Assert.Contains("3,000 rows", output, StringComparison.Ordinal);
        Assert.Contains("4 stored secrets cannot be decrypted from the backup", error, StringComparison.Ordinal);
        Assert.Contains("orgtap secrets rotate", error, StringComparison.Ordinal);
        var key = XDocument.Load(Assert.Single(Directory.GetFiles(Path.Combine(site.Data, "keys")))).Descendants("value").Single().Value;
        var connection = await site.Service<ConnectionStore>().GetAsync("acme", Stop);
        var token = (await site.Service<GrantStore>().FindAsync(connection.Id, Stop))!.AccessToken!.Reveal();
        AssertNowhere(key, token, site.Org.Password, site.Org.SecurityToken, site.Org.ClientSecret);
        Assert.Equal(0, (await site.RunAsync("restore", Backup, "--check")).ExitCode);
    }

    [Fact]
    public async Task After_a_rotation_under_a_key_file_the_backup_holds_the_wrapped_key_alone_and_opens_with_the_key_file_alone()
    {
        await RunAsync(null, "mail", "set", "--host", "mail.example.com", "--username", "me", "--from", "me@example.com", "--name", "Brightwell");
        var clear = XDocument.Load(Assert.Single(Directory.GetFiles(Path.Combine(Data, "keys")))).Descendants("value").Single().Value;
        await File.WriteAllBytesAsync(KeyFile, [.. Enumerable.Range(1, 32).Select(i => (byte)i)], Stop);
        Assert.Contains("1 stored secret cannot", (await RunAsync(KeyFile, "backup", Backup + "-before")).Error, StringComparison.Ordinal);
        await RunAsync(KeyFile, "secrets", "rotate");

        Assert.DoesNotContain("Note:", (await RunAsync(KeyFile, "backup", Backup)).Error, StringComparison.Ordinal);

        AssertNowhere(clear, "mail-pa55word");
        Assert.Contains("encryptedSecret", await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(Path.Combine(Backup, "keys"))), Stop), StringComparison.Ordinal);
        Directory.Move(Data, Data + "-lost");
        Assert.Contains("ORGTAP_KEY_FILE", (await RunAsync(null, "restore", Backup)).Error, StringComparison.Ordinal);
        await AssertOpensAsync();
    }

    [Fact]
    public async Task Secrets_that_get_a_new_key_between_two_copies_open_after_restoring()
    {
        await File.WriteAllBytesAsync(KeyFile, [.. Enumerable.Range(1, 32).Select(i => (byte)i)], Stop);
        await RunAsync(KeyFile, "mail", "set", "--host", "mail.example.com", "--username", "me", "--from", "me@example.com", "--name", "Brightwell");
        CliSession? between = null;
        var writer = new BackupWriter(Data, BackedUpKeys.Takes, TimeProvider.System) { Copied = _ => between ??= RunAsync(KeyFile, "secrets", "rotate").GetAwaiter().GetResult() };
        await writer.WriteAsync(Backup, null, Stop);
        Directory.Move(Data, Data + "-lost");

        Assert.DoesNotContain("cannot be decrypted", (await RunAsync(KeyFile, "restore", Backup)).Error, StringComparison.Ordinal);
        await AssertOpensAsync();
    }

    [Fact]
    public async Task Json_tells_programs_what_was_copied_and_errors_name_input_cause_and_next_step()
    {
        await RunAsync(null, "status");
        var made = JsonDocument.Parse((await RunAsync(null, "backup", Backup, "--json")).Output).RootElement;
        Assert.Equal(Backup, made.GetProperty("directory").GetString());
        Assert.Equal("control.db", made.GetProperty("manifest").GetProperty("files")[0].GetProperty("path").GetString());

        var again = Session(null);
        Assert.Equal(ExitCode.BadInput, await again.RunAsync("backup", Backup));
        Assert.StartsWith($"Error: {Backup} is there already.\nYour turn: ", again.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        var over = Session(null);
        Assert.Equal(ExitCode.BadInput, await over.RunAsync("restore", Backup));
        Assert.StartsWith($"Error: The data directory {Data} is not empty", over.Error, StringComparison.Ordinal);
        var nowhere = Session(null);
        Assert.Equal(ExitCode.BadInput, await nowhere.RunAsync("restore", _around, "--check"));
        Assert.StartsWith($"Error: {_around} is no backup", nowhere.Error, StringComparison.Ordinal);
        var shared = CliSession.With(name => name switch { "ORGTAP_DATA" => Data + "-new", "ORGTAP_DATABASE" => "postgresql://orgtap@db.example.com/orgtap", _ => null });
        Assert.Equal(ExitCode.BadInput, await shared.RunAsync("restore", Backup));
        Assert.Contains("ORGTAP_DATABASE", shared.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_lies_in_PostgreSQL_is_named_as_not_in_the_backup()
    {
        var address = StoreDatabase.Postgres.AddressFor(_around)!;
        await using (var store = await ControlStore.OpenAsync(address, TimeProvider.System, Stop))
        await using (var db = await store.ConnectAsync(Stop))
        {
            await db.ExecuteAsync("INSERT INTO apps (id, name, consumer_key, created_at) VALUES ('app', 'app', 'key', 0)");
            await db.ExecuteAsync("INSERT INTO connections (id, name, login_url, flow, app_id, created_at, replica_schema) VALUES ('acme', 'acme', 'https://example.com', 'Password', 'app', 0, 'acme')");
        }
        var session = CliSession.With(name => name switch { "ORGTAP_DATA" => Data, "ORGTAP_DATABASE" => address.ConnectionString, _ => null });
        Assert.Equal(0, await session.RunAsync("backup", Backup));
        Assert.Contains("The control store lies in PostgreSQL and is not in the backup", session.Error, StringComparison.Ordinal);
        Assert.Contains("The rows of acme lie in PostgreSQL", session.Error, StringComparison.Ordinal);
        Assert.Contains("pg_dump", session.Error, StringComparison.Ordinal);
        await using (var source = Npgsql.NpgsqlDataSource.Create(address.ConnectionString))
        await using (var drop = source.CreateCommand($"DROP SCHEMA \"{address.Schema}\" CASCADE"))
            await drop.ExecuteNonQueryAsync(Stop);
    }

    private async Task AssertOpensAsync()
    {
        await using var opened = await OpenedInstallation.OpenAsync(Data, KeyFile);
        await using var db = await opened.Installation.Store.ConnectAsync(Stop);
        Assert.Equal("mail-pa55word", opened.Service<Orgtap.Primitives.ISecretCipher>().Unprotect("mail.password", (await db.ExecuteScalarAsync<string>("SELECT password FROM mail_settings"))!).Reveal());
    }

    private CliSession Session(string? keyFile) => CliSession.With(name => name switch { "ORGTAP_DATA" => Data, "ORGTAP_KEY_FILE" => keyFile, "ORGTAP_MAIL_PASSWORD" => "mail-pa55word", _ => null });

    private async Task<CliSession> RunAsync(string? keyFile, params string[] arguments)
    {
        var session = Session(keyFile);
        Assert.True(await session.RunAsync(arguments) == 0, session.Error);
        return session;
    }

    private void AssertNowhere(params string[] secrets)
    {
        var files = Directory.GetFiles(Backup, "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            foreach (var (index, secret) in secrets.Index()) Assert.False(text.Contains(secret, StringComparison.Ordinal), $"Secret {index} is in {file}.");
        }
    }
}
