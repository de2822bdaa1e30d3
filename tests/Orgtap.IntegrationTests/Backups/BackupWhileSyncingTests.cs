using System.Security.Cryptography;
using System.Text;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.IntegrationTests.Backups;

/// <summary>The real program: backed up in the midst of a first load, and gone on from the backup somewhere else.</summary>
public sealed class BackupWhileSyncingTests
{
    private const int Accounts = 60_000, PageRows = 2_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_made_while_rows_come_in_goes_on_elsewhere_and_ends_exact()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions
        {
            Records = new Dictionary<string, long> { ["User"] = 5, ["Account"] = Accounts, ["Contact"] = 8_000 }, BulkPageRows = PageRows, BulkDelay = TimeSpan.FromMilliseconds(100), ApiLimit = 10_000_000,
        }, Stop);
        var around = Directory.CreateTempSubdirectory("orgtap-backup-");
        using var orgtap = Acme.Program(org);
        using var elsewhere = Acme.Program(org);
        try
        {
            var key = Path.Combine(around.FullName, "orgtap.key");
            await File.WriteAllBytesAsync(key, RandomNumberGenerator.GetBytes(32), Stop);
            orgtap.Environment["ORGTAP_KEY_FILE"] = key;
            await orgtap.SucceedAsync(Stop, Acme.Connect(org));
            await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account", "--table", "Contact");
            var backup = Path.Combine(around.FullName, "backup");

            // Pages trickle in, so that some are committed while the backup is made, on a slow machine too.
            org.Faults.Add("GET */jobs/query/*/results?*", new FaultEffect.Delay(TimeSpan.FromSeconds(1)));
            using (var sync = orgtap.Start("sync", "acme"))
            {
                sync.StandardInput.Close();
                _ = sync.StandardOutput.ReadToEndAsync(Stop);
                _ = sync.StandardError.ReadToEndAsync(Stop);
                await Until.TrueAsync(() => sync.HasExited || org.Requests.Count("bulk.results") >= 4, Stop);
                var ended = await orgtap.RunAsync(Stop, "backup", backup);
                Assert.True(ended.ExitCode == 0, ended.ToString());
                Assert.DoesNotContain("Note:", ended.Errors, StringComparison.Ordinal);
                // The load that was backed up in its midst never ends; what goes on is the copy.
                Assert.False(sync.HasExited, "The load was over before the backup: the test saw nothing.");
                sync.Kill();
                await sync.WaitForExitAsync(Stop);
            }
            org.Faults.Clear();
            await orgtap.SucceedAsync(Stop, "restore", backup, "--check");
            LookForSecrets(backup, org, await File.ReadAllBytesAsync(key, Stop));

            await elsewhere.SucceedAsync(Stop, "restore", backup);
            var copied = FirstLoads.TruthComparison.TablesOf(Acme.Replica(elsewhere));
            Assert.Contains("Account", copied);
            // Without the key from outside the backup opens nothing; with it, it goes on from its checkpoints.
            elsewhere.Environment.Remove("ORGTAP_PASSWORD");
            var locked = await elsewhere.RunAsync(Stop, "sync", "acme");
            Assert.NotEqual(0, locked.ExitCode);
            Assert.Contains("ORGTAP_KEY_FILE", locked.Errors + locked.Output, StringComparison.Ordinal);
            elsewhere.Environment["ORGTAP_KEY_FILE"] = key;
            var (jobs, pages) = (org.Requests.Count("bulk.create"), org.Requests.Count("bulk.results"));
            await elsewhere.SucceedAsync(Stop, "sync", "acme");
            var (_, rows, _) = Acme.Compare(org, elsewhere);
            Assert.Equal(Accounts + 8_000, rows);

            // The org lives on, and so does the copy.
            foreach (var _ in Enumerable.Range(0, 50)) org.Store.Insert("Account", new Dictionary<string, object?> { ["Name"] = "Made later" });
            org.Store.Delete("Account", org.Store.RandomId("Account", new Random(7))!);
            var settled = org.Clock.GetUtcNow() + TimeSpan.FromSeconds(3);
            while (org.Clock.GetUtcNow() < settled) await elsewhere.SucceedAsync(Stop, "sync", "acme");
            var after = Acme.Compare(org, elsewhere);
            Assert.Equal(Accounts + 8_050, after.Rows);
            TestContext.Current.TestOutputHelper!.WriteLine($"Backed up after {pages} pages of Bulk results were asked for; the copy made {org.Requests.Count("bulk.create") - jobs} jobs and asked for {org.Requests.Count("bulk.results") - pages}; {after.Rows:N0} rows and {after.Values:N0} values compared.");
        }
        finally
        {
            around.Delete(recursive: true);
        }
    }

    /// <summary>Fails if a secret lies in a file of the backup, as text or as the bytes of the key.</summary>
    private static void LookForSecrets(string backup, SimulatedOrgHost org, byte[] key)
    {
        var secrets = new Dictionary<string, string>
        {
            ["password"] = org.Password, ["security token"] = org.SecurityToken, ["consumer secret"] = org.ClientSecret, ["key"] = Encoding.Latin1.GetString(key), ["key in base64"] = Convert.ToBase64String(key),
        };
        var files = Directory.GetFiles(backup, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.Contains("key-", StringComparison.Ordinal));
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(file);
            foreach (var (name, secret) in secrets) Assert.False(bytes.AsSpan().IndexOf(Encoding.Latin1.GetBytes(secret)) >= 0, $"The {name} is in {file}.");
            var text = Encoding.Latin1.GetString(bytes);
            Assert.DoesNotContain("<masterKey", text, StringComparison.Ordinal);
            // An access token begins with the org's Id and an exclamation mark.
            Assert.DoesNotMatch("00D[A-Za-z0-9]{12,15}!", text);
        }
    }
}
