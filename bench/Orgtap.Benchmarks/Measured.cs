using System.Diagnostics;
using System.Globalization;
using Dapper;
using Npgsql;

namespace Orgtap.Benchmarks;

/// <summary>What one process took, as the kernel counted it.</summary>
/// <param name="PeakMegabytes">Largest resident size, MB of 1,000,000 bytes.</param>
internal sealed record Measured(double Seconds, double CpuSeconds, double PeakMegabytes, string Output);

/// <summary>Runs programs to their end and measures them with GNU time, which asks the kernel at the process's end.</summary>
internal static class Programs
{
    public static async Task<Measured> RunAsync(
        string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken, string? input = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var figures = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("/usr/bin/time") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
            foreach (var argument in (string[])["-o", figures, "-f", "%e %U %S %M", program, .. arguments]) start.ArgumentList.Add(argument);
            foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}{await output}");
            var parts = (await File.ReadAllLinesAsync(figures, cancellationToken))[^1].Split(' ').Select(part => double.Parse(part, CultureInfo.InvariantCulture)).ToArray();
            return new Measured(parts[0], parts[1] + parts[2], parts[3] * 1024 / 1_000_000, await output);
        }
        finally
        {
            File.Delete(figures);
        }
    }

    /// <summary>CPU seconds a living process has used so far.</summary>
    public static double CpuSecondsOf(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime.TotalSeconds;
    }

    /// <summary>CPU seconds of a process and all that it started: those that ended count with the one that waited for them.</summary>
    public static double CpuSecondsOfTree(int root)
    {
        double ticks = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid)) continue;
            try
            {
                // The name, in brackets, may hold anything; behind it come state, parent, … and as the 12th to 15th user and system time, own and of those waited for (proc(5)).
                var text = File.ReadAllText(Path.Combine(folder, "stat"));
                var parts = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                if (pid != root && parts[1] != root.ToString(CultureInfo.InvariantCulture)) continue;
                ticks += parts[11..15].Sum(part => double.Parse(part, CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // It ended while it was looked at; its parent has its time now, or will have.
            }
        }
        return ticks / 100;
    }

    /// <summary>The process that all of a PostgreSQL server's were started by, on this machine.</summary>
    public static async Task<int> ServerAsync(NpgsqlConnection db) => (int)await db.ExecuteScalarAsync<long>("SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::bigint");
}
