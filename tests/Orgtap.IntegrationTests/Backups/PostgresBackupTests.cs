using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Dapper;
using Npgsql;
using Orgtap.IntegrationTests.FirstLoads;
using Orgtap.IntegrationTests.Processes;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Backups;

/// <summary>
/// The real program with its control store and one connection's rows in PostgreSQL, another's in a file: backed up and restored by the commands of docs/operating.md, between two servers of which the first is lost.
/// </summary>
public sealed partial class PostgresBackupTests : IAsyncLifetime
{
    private const int Leads = 60_000, PageRows = 2_000, Chats = 300;

    private readonly DirectoryInfo _around = Directory.CreateTempSubdirectory("orgtap-dumps-");
    private SimulatedOrgHost _org = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string KeyFile => Path.Combine(_around.FullName, "orgtap.key");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("ORGTAP_TEST_POSTGRES")), "No PostgreSQL: ORGTAP_TEST_POSTGRES is not set. Run the tests through ./test or tests/with-postgres.");
        await File.WriteAllBytesAsync(KeyFile, RandomNumberGenerator.GetBytes(32), Stop);
        _org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions
        {
            Records = new Dictionary<string, long> { ["User"] = 6, ["Group"] = 2, ["Account"] = 20, ["Lead"] = Leads, ["Contact"] = 500, ["LiveChatTranscript"] = Chats, ["LiveChatTranscriptEvent"] = 600, ["LiveChatVisitor"] = 50 },
            BulkPageRows = PageRows, BulkDelay = TimeSpan.FromMilliseconds(100), ApiLimit = 10_000_000,
        }, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (_org is not null) await _org.DisposeAsync();
        _around.Delete(recursive: true);
    }

    [Fact(Timeout = 600_000)]
    public async Task What_was_dumped_while_rows_came_in_goes_on_on_another_server_and_ends_exact()
    {
        using var elsewhere = Restored();
        IReadOnlyList<string> files;
        await using (var lost = await PostgresServer.StartAsync(Stop))
        {
            using var orgtap = Acme.Program(_org);
            await SetAsync(lost, orgtap);
            await BackUpInTheMidstOfALoadAsync(lost, orgtap);
            files = FilesOf(orgtap);
            Assert.NotEmpty(files);
        }

        await using var server = await PostgresServer.StartAsync(Stop);
        Use(elsewhere, server);
        var blocks = DocumentedCommands.Under("docs/operating.md", "### What lay in PostgreSQL");
        Assert.Equal(3, blocks.Count);
        var commands = Commands(server, elsewhere);
        // What a person types when asked.
        await commands.RunAsync(Prompt().Replace(blocks[0], "createuser $1 && psql --quiet --dbname=postgres --command=\"ALTER ROLE $1 PASSWORD 'secret'\""), Stop);
        await commands.RunAsync(blocks[1], Stop);
        Assert.Equal(files, FilesOf(elsewhere));
        var copied = await CountAsync(server, "SELECT count(*) FROM acme.lead");
        Assert.InRange(copied, PageRows, Leads - PageRows);

        elsewhere.Environment.Remove("ORGTAP_KEY_FILE");
        var locked = await elsewhere.RunAsync(Stop, "connections", "replica", "acme");
        Assert.NotEqual(0, locked.ExitCode);
        Assert.Contains("ORGTAP_KEY_FILE", locked.Errors + locked.Output, StringComparison.Ordinal);
        elsewhere.Environment["ORGTAP_KEY_FILE"] = KeyFile;
        Assert.Contains("goes on where the last sync ended", await commands.RunAsync(blocks[2], Stop), StringComparison.Ordinal);

        var (jobs, pages) = (_org.Requests.Count("bulk.create"), _org.Requests.Count("bulk.results"));
        await elsewhere.SucceedAsync(Stop, "sync", "acme");
        await elsewhere.SucceedAsync(Stop, "sync", "globex");
        // Not one table began anew: the job that was under way gives the pages that the dump lacks.
        Assert.Equal((0, (Leads - copied) / PageRows), (_org.Requests.Count("bulk.create") - jobs, _org.Requests.Count("bulk.results") - pages));
        var (rows, values) = await CompareAsync(server, elsewhere);
        TestContext.Current.TestOutputHelper!.WriteLine($"The dump held {copied:N0} of {Leads:N0} rows that came in; {_org.Requests.Count("bulk.results") - pages} pages were asked for afterwards; {rows:N0} rows and {values:N0} values compared.");

        await LiveOnAsync(server, elsewhere, files);
    }

    /// <summary>Roles with their rights as docs/postgresql.md says, one connection on the server and one in a file, and files of conversations.</summary>
    private async Task SetAsync(PostgresServer server, OrgtapProgram orgtap)
    {
        await using (var db = await server.ConnectAsync(Stop))
        {
            await db.ExecuteAsync("CREATE ROLE orgtap LOGIN PASSWORD 'secret'");
            await db.ExecuteAsync("CREATE DATABASE orgtap OWNER orgtap");
            await db.ExecuteAsync("CREATE DATABASE warehouse");
        }
        var rights = DocumentedCommands.Under("docs/postgresql.md", "### Rights", "sql").Single().Replace("…", "secret", StringComparison.Ordinal);
        await using (var db = await server.ConnectAsync(Stop, database: "warehouse")) await db.ExecuteAsync(rights);
        Use(orgtap, server);
        foreach (var name in (string[])["acme", "globex"])
            await orgtap.SucceedAsync(Stop, [.. Acme.Connect(_org).Select(argument => argument == "acme" ? name : argument)]);
        orgtap.Environment["ORGTAP_REPLICA_DATABASE"] = AddressOf(server, "warehouse", "replica");
        await orgtap.SucceedAsync(Stop, "connections", "replica", "acme", "--postgres", "--schema", "acme");
        orgtap.Environment.Remove("ORGTAP_REPLICA_DATABASE");
        await orgtap.SucceedAsync(Stop, "select", "globex", "--table", "Contact");
        await orgtap.SucceedAsync(Stop, "sync", "globex");
        await orgtap.SucceedAsync(Stop, "conversations", "setup", "acme", "--channel", "Chat", "--files");
        await orgtap.SucceedAsync(Stop, "sync", "acme");
        await orgtap.SucceedAsync(Stop, "conversations", "import", "acme");
    }

    private async Task BackUpInTheMidstOfALoadAsync(PostgresServer server, OrgtapProgram orgtap)
    {
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Lead", "--table", "LiveChatTranscript", "--table", "LiveChatTranscriptEvent");
        _org.Faults.Add("GET */jobs/query/*/results?*", new FaultEffect.Delay(TimeSpan.FromSeconds(1)));
        using var sync = orgtap.Start("sync", "acme");
        sync.StandardInput.Close();
        _ = sync.StandardOutput.ReadToEndAsync(Stop);
        _ = sync.StandardError.ReadToEndAsync(Stop);
        var before = _org.Requests.Count("bulk.results");
        await Until.TrueAsync(() => sync.HasExited || _org.Requests.Count("bulk.results") >= before + 4, Stop);
        var said = await Commands(server, orgtap).RunAsync(DocumentedCommands.Under("docs/operating.md", "**With PostgreSQL**").Single(), Stop);
        Assert.Contains("The rows of acme lie in PostgreSQL", said, StringComparison.Ordinal);
        // The load that was backed up in its midst never ends; what goes on is the copy.
        Assert.False(sync.HasExited, "The load was over before the backup: the test saw nothing.");
        sync.Kill();
        await sync.WaitForExitAsync(Stop);
        _org.Faults.Clear();
        await LookForSecretsAsync(server, orgtap);
    }

    /// <summary>Fails if what the dump of the control store writes holds a secret, or a key that opens one.</summary>
    private async Task LookForSecretsAsync(PostgresServer server, OrgtapProgram orgtap)
    {
        var dumped = await Commands(server, orgtap).RunAsync("pg_restore --file=- /srv/backups/orgtap-2026-11-27-control.dump\n", Stop);
        Assert.Contains("encryptedSecret", dumped, StringComparison.Ordinal);
        Assert.DoesNotContain("<masterKey", dumped, StringComparison.Ordinal);
        var key = await File.ReadAllBytesAsync(KeyFile, Stop);
        foreach (var secret in (string[])[_org.Password, _org.SecurityToken, _org.ClientSecret, "Password=secret", Convert.ToBase64String(key), Convert.ToHexString(key)])
            Assert.False(dumped.Contains(secret, StringComparison.OrdinalIgnoreCase), "A secret is in the dump.");
        Assert.DoesNotMatch("00D[A-Za-z0-9]{12,15}!", dumped);
    }

    /// <summary>The org changes, and so does the copy: rows, a new table, conversations, and what others may read of them.</summary>
    private async Task LiveOnAsync(PostgresServer server, OrgtapProgram orgtap, IReadOnlyList<string> before)
    {
        foreach (var _ in Enumerable.Range(0, 50)) _org.Store.Insert("Lead", new Dictionary<string, object?> { ["LastName"] = "Made later", ["Company"] = "Later" });
        _org.Store.Delete("Lead", _org.Store.RandomId("Lead", new Random(7))!);
        _org.Store.Update("LiveChatTranscript", _org.Store.RandomId("LiveChatTranscript", new Random(7))!, new Dictionary<string, object?> { ["Body"] = "Said later" });
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Lead", "--table", "Contact", "--table", "LiveChatTranscript", "--table", "LiveChatTranscriptEvent");
        var settled = _org.Clock.GetUtcNow() + TimeSpan.FromSeconds(3);
        while (_org.Clock.GetUtcNow() < settled) await orgtap.SucceedAsync(Stop, "sync", "acme");
        await CompareAsync(server, orgtap);
        await using (var analyst = new NpgsqlConnection(AddressOf(server, "warehouse", "analyst")))
            Assert.Equal((Leads + 50, 500), await analyst.QuerySingleAsync<(long, long)>("SELECT (SELECT count(*) FROM acme.lead), (SELECT count(*) FROM acme.contact)"));
        await orgtap.SucceedAsync(Stop, "conversations", "import", "acme");
        var files = FilesOf(orgtap);
        Assert.Equal(before, files.Take(before.Count));
        Assert.Single(files.Skip(before.Count));
        await orgtap.SucceedAsync(Stop, "verify", "acme");
    }

    private async Task<(long Rows, long Values)> CompareAsync(PostgresServer server, OrgtapProgram orgtap)
    {
        var (rows, values, differences) = (0L, 0L, new List<string>());
        await using var db = await server.ConnectAsync(Stop, database: "warehouse");
        var tables = (await db.QueryAsync<string>("SELECT sobject FROM acme._orgtap_tables ORDER BY 1")).ToList();
        Assert.Superset(new HashSet<string> { "Lead", "LiveChatTranscript" }, tables.ToHashSet());
        foreach (var table in tables) Add(await PostgresTruth.CompareAsync(_org.Store, db, "acme", table, differences));
        var file = Path.Combine(orgtap.DataDirectory, "replicas", "globex.db");
        foreach (var table in TruthComparison.TablesOf(file)) Add(TruthComparison.Compare(_org.Store, file, table, differences));
        Assert.True(differences.Count == 0, string.Join("\n", differences.Take(20)));
        return (rows, values);

        void Add((long Rows, long Values) compared) => (rows, values) = (rows + compared.Rows, values + compared.Values);
    }

    /// <summary>Names of the connection's files of conversations, with what is in them.</summary>
    private static IReadOnlyList<string> FilesOf(OrgtapProgram orgtap) =>
        [.. Directory.GetFiles(Path.Combine(orgtap.DataDirectory, "conversations", "acme")).Order(StringComparer.Ordinal).Select(file => $"{Path.GetFileName(file)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}")];

    private static async Task<long> CountAsync(PostgresServer server, string sql)
    {
        await using var db = await server.ConnectAsync(Stop, database: "warehouse");
        return await db.ExecuteScalarAsync<long>(sql);
    }

    /// <summary>Whoever sets up an installation gives it the secrets once; whoever restores one has the key file alone.</summary>
    private OrgtapProgram Restored() => new(new Dictionary<string, string> { ["ORGTAP_ALLOW_ADDRESSES"] = _org.Address.Authority });

    private void Use(OrgtapProgram orgtap, PostgresServer server) =>
        (orgtap.Environment["ORGTAP_DATABASE"], orgtap.Environment["ORGTAP_KEY_FILE"]) = (AddressOf(server, "orgtap", "orgtap"), KeyFile);

    private static string AddressOf(PostgresServer server, string database, string role) =>
        new NpgsqlConnectionStringBuilder(server.Address.ConnectionString) { Database = database, Username = role, Password = "secret", Pooling = false }.ConnectionString;

    private DocumentedCommands Commands(PostgresServer server, OrgtapProgram orgtap) => new(orgtap,
        new Dictionary<string, string> { ["PGHOST"] = server.Address.Host!, ["PGPORT"] = server.Address.Port.ToString(CultureInfo.InvariantCulture), ["PGUSER"] = server.Address.Username!, ["PGPASSWORD"] = server.Address.Password! },
        new Dictionary<string, string>
        {
            ["$(date +%F)"] = "2026-11-27", ["/srv/backups"] = _around.FullName, ["/var/lib/orgtap/data"] = orgtap.DataDirectory, ["replica:…@db.example.com"] = $"replica:secret@{server.Address.Host}:{server.Address.Port}",
        });

    [GeneratedRegex(@"createuser (\w+) --pwprompt")]
    private static partial Regex Prompt();
}
