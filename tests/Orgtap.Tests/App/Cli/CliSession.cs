using Orgtap.App.Cli;

namespace Orgtap.Tests.App.Cli;

/// <summary>Runs the command line in this process, without a terminal, on a data directory of its own.</summary>
internal sealed class CliSession
{
    private CliSession(string input, Func<string, string?> variable) =>
        Terminal = new Terminal(new StringWriter(), new StringWriter(), new StringReader(input), false, false, variable, TimeProvider.System);

    public Terminal Terminal { get; }

    public string Output => Terminal.Out.ToString()!;

    public string Error => Terminal.Error.ToString()!;

    public static CliSession Closed(string input = "", string? data = null) => new(input, name => name == "ORGTAP_DATA" ? data ?? Path.Combine(Path.GetTempPath(), "orgtap-none") : null);

    public static CliSession With(Func<string, string?> variable) => new("", variable);

    public Task<int> RunAsync(params string[] arguments) => OrgtapCommand.RunAsync(arguments, Terminal, TestContext.Current.CancellationToken);

    /// <summary>For verbs that do nothing asynchronous, such as help.</summary>
    public int Run(params string[] arguments) => RunAsync(arguments).GetAwaiter().GetResult();
}
