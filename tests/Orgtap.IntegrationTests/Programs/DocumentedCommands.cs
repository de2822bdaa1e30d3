using System.Diagnostics;
using System.Text.RegularExpressions;
using Orgtap.Tests.Architecture;

namespace Orgtap.IntegrationTests.Programs;

/// <summary>Commands of a document, run as they stand there in a shell that knows <c>orgtap</c>. What is somebody's own, such as addresses and directories, is replaced.</summary>
/// <param name="replacing">What stands in the document, and what stands in its place here.</param>
internal sealed partial class DocumentedCommands(OrgtapProgram orgtap, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> replacing)
{
    /// <summary>The blocks of a language in a document, between a line that begins with this text and the next heading, in their order.</summary>
    public static IReadOnlyList<string> Under(string document, string line, string language = "bash")
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, document));
        var from = text.IndexOf($"\n{line}", StringComparison.Ordinal);
        Assert.True(from >= 0, $"{document} has no line that begins with {line}.");
        var rest = text[(from + line.Length + 1)..];
        var blocks = Block().Matches(Heading().Split(rest, 2)[0]).Where(block => block.Groups["language"].Value == language).Select(block => block.Groups["commands"].Value).ToList();
        Assert.NotEmpty(blocks);
        return blocks;
    }

    /// <summary>Every command must succeed.</summary>
    /// <returns>What they wrote, errors too.</returns>
    public async Task<string> RunAsync(string commands, CancellationToken cancellationToken)
    {
        foreach (var (documented, here) in replacing) commands = commands.Replace(documented, here, StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, ArgumentList = { "-c", $"set -euo pipefail\norgtap() {{ dotnet '{OrgtapProgram.Executable}' \"$@\"; }}\n{commands}" } };
        foreach (var (name, value) in orgtap.Environment.Concat(environment)) start.Environment[name] = value;
        using var shell = Process.Start(start)!;
        shell.StandardInput.Close();
        var (output, errors) = (shell.StandardOutput.ReadToEndAsync(cancellationToken), shell.StandardError.ReadToEndAsync(cancellationToken));
        await shell.WaitForExitAsync(cancellationToken);
        var said = await output + await errors;
        Assert.True(shell.ExitCode == 0, $"{commands}ended with {shell.ExitCode}\n{said}");
        return said;
    }

    [GeneratedRegex("^```(?<language>[a-z]+)\n(?<commands>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex("^#", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
