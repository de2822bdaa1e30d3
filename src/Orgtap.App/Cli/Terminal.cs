using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary>What a verb may see of the outside: streams, environment, clock. Tests give their own.</summary>
/// <param name="Interactive">A person can answer: standard input and error are a terminal.</param>
/// <param name="Live">Standard output is a terminal, so progress may be redrawn in place.</param>
/// <param name="Variable">Reads an environment variable.</param>
public sealed record Terminal(TextWriter Out, TextWriter Error, TextReader In, bool Interactive, bool Live, Func<string, string?> Variable, TimeProvider Time)
{
    public static Terminal OfProcess() => new(
        Console.Out, Console.Error, Console.In, !Console.IsInputRedirected && !Console.IsErrorRedirected, !Console.IsOutputRedirected,
        Environment.GetEnvironmentVariable, TimeProvider.System);

    /// <summary>For tables and progress. Never wider than the terminal; 160 columns where there is none, so that lines are not cut.</summary>
    public IAnsiConsole Ansi(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = Live && Variable("NO_COLOR") is not { Length: > 0 } ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = Live ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!Live) console.Profile.Width = 160;
        return console;
    }

    /// <summary>Asks on standard error, so that standard output stays for results. Only when <see cref="Interactive"/>.</summary>
    public string AskSecret(string question)
    {
        var settings = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Error) };
        return AnsiConsole.Create(settings).Prompt(new TextPrompt<string>(Markup.Escape(question)).Secret().AllowEmpty());
    }
}
