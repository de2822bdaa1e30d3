using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Orgtap.App.Cli;

/// <summary>The program's command line.</summary>
public static class OrgtapCommand
{
    public static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken cancellationToken)
    {
        var parsed = Build(terminal).Parse(args);
        // Help is asked for before one knows what is required.
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
        {
            foreach (var error in parsed.Errors) terminal.Error.WriteLine($"Error: {ParseErrors.WordsOf(error)}");
            terminal.Error.WriteLine($"Your turn: See `{PathOf(parsed.CommandResult.Command)} --help`.");
            return ExitCode.BadInput;
        }
        // Signals arrive through the token: a sync must have the time to commit its page, however long that takes.
        return await parsed.InvokeAsync(
            new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellationToken);
    }

    /// <summary>The whole tree of verbs; a test compares it with docs/capabilities.md.</summary>
    public static RootCommand Build(Terminal terminal)
    {
        var verbs = new VerbRunner(terminal);
        var root = new RootCommand("Orgtap copies a Salesforce org's data to where you need it, and keeps the copy exact.")
        {
            verbs.Data,
            verbs.Database,
            verbs.Server,
            verbs.Verbose,
            DemoVerb.Build(verbs),
            ServeVerb.Build(verbs),
            WorkVerb.Build(verbs),
            MigrateVerb.Build(verbs),
            BackupVerb.Build(verbs),
            RestoreVerb.Build(verbs),
            SetupVerb.Build(verbs),
            JobsVerb.Build(verbs),
            NoticesVerb.Build(verbs),
            AppsVerb.Build(verbs),
            ConnectVerb.Build(verbs),
            ConnectionsVerb.Build(verbs),
            TablesVerb.Build(verbs),
            SelectVerb.Build(verbs),
            PlanVerb.Build(verbs),
            SyncVerb.Build(verbs),
            KeepHonestVerbs.Reconcile(verbs),
            KeepHonestVerbs.Verify(verbs),
            KeepHonestVerbs.Refresh(verbs),
            ConnectionsVerb.Status(verbs),
            RunsVerb.Build(verbs),
            RunsVerb.Receipt(verbs),
            CallsVerb.Build(verbs),
            TimelineVerb.Build(verbs),
            QueryVerb.Build(verbs),
            RowVerb.Build(verbs),
            ConversationsVerb.Build(verbs),
            UsersVerb.Build(verbs),
            AuditVerb.Build(verbs),
            MailVerb.Build(verbs),
            SupportVerb.Build(verbs),
            RequestsVerb.Build(verbs),
            SecretsVerb.Build(verbs),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        if (help.Action is HelpAction plain) help.Action = new HelpWithExamples(plain, verbs);
        return root;
    }

    private static string PathOf(Command command) => command is RootCommand
        ? "orgtap"
        : command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : command.Name;
}

/// <summary>The usual help, and below it examples that can be copied.</summary>
internal sealed class HelpWithExamples(HelpAction plain, VerbRunner verbs) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var result = plain.Invoke(parseResult);
        var examples = verbs.ExamplesOf(parseResult.CommandResult.Command);
        if (examples.Count == 0) return result;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (var example in examples) output.WriteLine($"  {example}");
        output.WriteLine();
        return result;
    }
}
