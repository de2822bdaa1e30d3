using System.Globalization;
using Orgtap.IntegrationTests.Programs;

namespace Orgtap.IntegrationTests.Processes;

/// <summary>The clock of a machine as the processes on it see it, which somebody sets forth and back while they run (libfaketime); how much time passes they count right, as the kernel does.</summary>
internal sealed class MachineClock : IDisposable
{
    private static readonly string? Library = Directory.Exists("/usr/lib") ? Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu*").Select(folder => Path.Combine(folder, "faketime", "libfaketime.so.1")).FirstOrDefault(File.Exists) : null;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clock-");

    public MachineClock()
    {
        // Also for programs that refuse to run as root.
        if (!OperatingSystem.IsWindows()) _folder.UnixFileMode |= UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        Set(TimeSpan.Zero);
    }

    public static bool IsThere => Library is not null;

    private string Offset => Path.Combine(_folder.FullName, "offset");

    /// <summary>What a program's environment must hold for it to go by this clock; nothing where the library is not there.</summary>
    public IReadOnlyDictionary<string, string> Environment => Library is null ? new Dictionary<string, string>() : new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library,
        ["FAKETIME_TIMESTAMP_FILE"] = Offset,
        ["FAKETIME_CACHE_DURATION"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        // Its own way of waiting by the monotonic clock polls, and takes four times as long to start a program.
        ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
    };

    public void Set(TimeSpan ahead)
    {
        // In one step: whoever reads half a line takes it for another time.
        var next = Offset + ".next";
        File.WriteAllText(next, string.Create(CultureInfo.InvariantCulture, $"{(ahead < TimeSpan.Zero ? "-" : "+")}{Math.Abs(ahead.TotalSeconds):0}\n"));
        File.Move(next, Offset, overwrite: true);
    }

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        // Processes that were killed leave what the library shares among threads, named by their number; others' are theirs.
        foreach (var left in Directory.EnumerateFiles("/dev/shm", "*faketime_*").Where(file => !Directory.Exists($"/proc/{file[(file.LastIndexOf('_') + 1)..]}"))) File.Delete(left);
    }
}
