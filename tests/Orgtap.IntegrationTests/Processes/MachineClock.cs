using System.Globalization;
using Orgtap.IntegrationTests.Programs;

namespace Orgtap.IntegrationTests.Processes;

/// <summary>The clock of the machine as the processes see it, which somebody sets forth and back while they run (libfaketime); how much time passes they count right, as the kernel does.</summary>
internal sealed class MachineClock : IDisposable
{
    private static readonly string? Library = Directory.Exists("/usr/lib") ? Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu*").Select(folder => Path.Combine(folder, "faketime", "libfaketime.so.1")).FirstOrDefault(File.Exists) : null;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clock-");

    public MachineClock() => Set(TimeSpan.Zero);

    public static bool IsThere => Library is not null;

    private string Offset => Path.Combine(_folder.FullName, "offset");

    public void GiveTo(OrgtapProgram orgtap)
    {
        if (Library is null) return;
        orgtap.Environment["LD_PRELOAD"] = Library;
        orgtap.Environment["FAKETIME_TIMESTAMP_FILE"] = Offset;
        orgtap.Environment["FAKETIME_CACHE_DURATION"] = "1";
        orgtap.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        // Its own way of waiting by the monotonic clock polls, and takes four times as long to start a program.
        orgtap.Environment["FAKETIME_FORCE_MONOTONIC_FIX"] = "0";
    }

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
