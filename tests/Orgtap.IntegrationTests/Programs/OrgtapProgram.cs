using System.Diagnostics;
using System.Text;

namespace Orgtap.IntegrationTests.Programs;

/// <summary>The real program <c>orgtap</c>, as a stranger runs it: a process with arguments, an environment and a data directory of its own.</summary>
internal sealed class OrgtapProgram : IDisposable
{
    public static readonly string Executable = Path.Combine(AppContext.BaseDirectory, "orgtap.dll");

    public OrgtapProgram(IReadOnlyDictionary<string, string>? environment = null)
    {
        DataDirectory = Directory.CreateTempSubdirectory("orgtap-data-").FullName;
        Environment = new Dictionary<string, string>(environment ?? new Dictionary<string, string>()) { ["ORGTAP_DATA"] = DataDirectory };
    }

    public string DataDirectory { get; }

    public Dictionary<string, string> Environment { get; }

    /// <summary>Starts a verb and leaves it running.</summary>
    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(Executable);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Runs a verb to its end.</summary>
    public async Task<Ended> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var process = Start(arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return new Ended(process.ExitCode, await output, await errors);
    }

    /// <summary>Runs a verb that must succeed; what it said is in the failure otherwise.</summary>
    public async Task<string> SucceedAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var ended = await RunAsync(cancellationToken, arguments);
        Assert.True(ended.ExitCode == 0, $"orgtap {string.Join(' ', arguments)} ended with {ended.ExitCode}\n{ended.Errors}\n{ended.Output}");
        return ended.Output;
    }

    public void Dispose() => Directory.Delete(DataDirectory, recursive: true);
}

internal sealed record Ended(int ExitCode, string Output, string Errors)
{
    public override string ToString() => new StringBuilder().Append("exit ").Append(ExitCode).AppendLine().AppendLine(Errors).Append(Output).ToString();
}
