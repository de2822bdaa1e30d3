using System.Diagnostics;
using System.Globalization;

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
}
