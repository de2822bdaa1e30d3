using Orgtap.App.Cli;

namespace Orgtap.Tests.App.Cli;

/// <summary>Runs the command line in this process, without a terminal, on a data directory of its own.</summary>
internal sealed class CliSession
{
    private CliSession(string input, Func<string, string?> variable) =>
        Terminal = new Terminal(new StringWriter(), new HeardWriter(), new StringReader(input), false, false, variable, TimeProvider.System);

    public Terminal Terminal { get; }

    /// <summary>Ends once standard error has said this.</summary>
    public Task SaidAsync(string words) => ((HeardWriter)Terminal.Error).HeardAsync(words);

    public string Output => Terminal.Out.ToString()!;

    public string Error => Terminal.Error.ToString()!;

    public static CliSession Closed(string input = "", string? data = null) => new(input, name => name == "ORGTAP_DATA" ? data ?? Path.Combine(Path.GetTempPath(), "orgtap-none") : null);

    public static CliSession With(Func<string, string?> variable, string input = "") => new(input, variable);

    public Task<int> RunAsync(params string[] arguments) => OrgtapCommand.RunAsync(arguments, Terminal, TestContext.Current.CancellationToken);

    /// <summary>For verbs that do nothing asynchronous, such as help.</summary>
    public int Run(params string[] arguments) => RunAsync(arguments).GetAwaiter().GetResult();
}

/// <summary>Keeps what is written, and tells when certain words are.</summary>
internal sealed class HeardWriter : TextWriter
{
    private readonly Lock _gate = new();
    private readonly System.Text.StringBuilder _text = new();
    private readonly List<(string Words, TaskCompletionSource Heard)> _waiting = [];

    public override System.Text.Encoding Encoding => System.Text.Encoding.UTF8;

    public Task HeardAsync(string words)
    {
        lock (_gate)
        {
            if (_text.ToString().Contains(words, StringComparison.Ordinal)) return Task.CompletedTask;
            var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((words, heard));
            return heard.Task.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value)
    {
        lock (_gate)
        {
            _text.Append(value);
            foreach (var (_, heard) in _waiting.Where(one => _text.ToString().Contains(one.Words, StringComparison.Ordinal))) heard.TrySetResult();
        }
    }

    public override void WriteLine(string? value) => Write(value + Environment.NewLine);

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    public override string ToString()
    {
        lock (_gate) return _text.ToString();
    }
}
