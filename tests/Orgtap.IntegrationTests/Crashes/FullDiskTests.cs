using System.Diagnostics;
using System.Globalization;
using Orgtap.IntegrationTests.Programs;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Tests.Replicas;

namespace Orgtap.IntegrationTests.Crashes;

/// <summary>The real program with its data directory on a file system that is really full, again and again, a little later each time.</summary>
public sealed class FullDiskTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_disk_that_is_full_wherever_it_happens_loses_nothing_and_is_named_and_room_is_all_it_takes()
    {
        await using var org = await SimulatedOrgHost.StartAsync(new SimulatedOrgOptions
        {
            Records = new Dictionary<string, long> { ["User"] = 5, ["Account"] = 9_000, ["Contact"] = 6_000 }, BulkPageRows = 1_000, BulkDelay = TimeSpan.FromMilliseconds(50), ApiLimit = 1_000_000,
        }, Stop);
        using var orgtap = Acme.Program(org);
        using var disk = SmallDisk.Over(orgtap.DataDirectory, 6_000);
        await orgtap.SucceedAsync(Stop, Acme.Connect(org));
        await orgtap.SucceedAsync(Stop, "select", "acme", "--table", "Account", "--table", "Contact");

        var (full, rows) = (0, 0L);
        for (var kilobytes = 6_000; ; kilobytes += 1_700)
        {
            disk.Resize(kilobytes);
            var ended = await orgtap.RunAsync(Stop, "sync", "acme");
            Assert.DoesNotContain("   at ", ended.Errors + ended.Output, StringComparison.Ordinal);
            if (ended.ExitCode == 0) break;
            full++;
            Assert.True((ended.Errors + ended.Output).Contains("no room left", StringComparison.Ordinal), ended.ToString());
            if (!File.Exists(Acme.Replica(orgtap))) continue;
            // What was committed stays, page by page.
            Assert.Equal("ok", RawSqlite.Scalar(Acme.Replica(orgtap), "PRAGMA quick_check"));
            var kept = long.Parse(RawSqlite.Scalar(Acme.Replica(orgtap), "SELECT COALESCE(SUM(live_rows + deleted_rows), 0) FROM _orgtap_tables")!, CultureInfo.InvariantCulture);
            Assert.InRange(kept, rows, 15_000);
            rows = kept;
        }

        Assert.True(full > 3, $"The disk was full {full} times only.");
        Assert.Equal(15_000, Acme.Compare(org, orgtap).Rows);
        TestContext.Current.TestOutputHelper!.WriteLine($"The disk was full {full} times.");
    }

    /// <summary>A file system in memory of a size that can change, in a directory's place.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private readonly string _path;

        private SmallDisk(string path) => _path = path;

        /// <summary>Skips the test where one may not mount.</summary>
        public static SmallDisk Over(string path, int kilobytes)
        {
            Assert.SkipWhen(!Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k,mode=700", "tmpfs", path), "Mounting a file system takes root, and a container that allows it.");
            return new SmallDisk(path);
        }

        public void Resize(int kilobytes) => Assert.True(Run("mount", "-o", $"remount,size={kilobytes}k", _path));

        public void Dispose() => Run("umount", "-l", _path);

        private static bool Run(string program, params string[] arguments)
        {
            try
            {
                var start = new ProcessStartInfo(program) { RedirectStandardError = true };
                foreach (var argument in arguments) start.ArgumentList.Add(argument);
                using var process = Process.Start(start)!;
                process.StandardError.ReadToEnd();
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }
}
