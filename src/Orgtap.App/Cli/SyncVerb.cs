using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap sync</c>: run a sync here and now, watching it.</summary>
internal static class SyncVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var json = VerbRunner.Json();
        return verbs.Run(new Command("sync", "Bring the replica up to date, with progress and a receipt") { connection, json }, Needs.Ownership,
            ["orgtap sync acme", "orgtap sync acme --json > receipt.json"], async (context, cancellationToken) =>
        {
            var found = await context.Service<ConnectionStore>().GetAsync(context.Get(connection), cancellationToken);
            if (!found.SyncEnabled) throw new InvalidInputException($"{found.Name} is paused.", $"Resume it with `orgtap connections resume {found.Name}`.");
            await context.Service<RunStore>().CloseAbandonedAsync(cancellationToken);
            var run = await RunAsync(context.Services, context.Terminal, found, SyncWish.Everything, quiet: context.Get(json), ConnectVerb.Actor, cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(RunDocument.Of(run, found.Name, null), CliJson.Options));
            else RunReceipt.Write(context.Terminal, run, found.Name);
            return ExitCodeOf(run, cancellationToken.IsCancellationRequested);
        });
    }

    /// <summary>Runs a sync to its end in this process, drawing its progress.</summary>
    public static async Task<Run> RunAsync(
        IServiceProvider services, Terminal terminal, Connection connection, SyncWish wish, bool quiet, string startedBy, CancellationToken cancellationToken)
    {
        var runner = services.GetRequiredService<SyncRunner>();
        var run = await runner.BeginAsync(connection.Id, startedBy, wish, cancellationToken);
        using var ended = new CancellationTokenSource();
        var watching = quiet ? Task.CompletedTask : RunProgress.WatchAsync(terminal, services.GetRequiredService<LiveRuns>(), connection, ended.Token);
        try
        {
            return await runner.ContinueAsync(run, cancellationToken);
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
        }
    }

    /// <param name="interrupted">Somebody pressed Ctrl-C.</param>
    internal static int ExitCodeOf(Run run, bool interrupted) => run switch
    {
        { Outcome: RunOutcome.Completed } => ExitCode.Done,
        { Outcome: RunOutcome.Stopped, Problem: null } when interrupted => ExitCode.Cancelled,
        { Problem: { } problem } => ExitCode.Of(problem.Kind) is var code && code == ExitCode.Defect ? ExitCode.DataProblem : ExitCode.Of(problem.Kind),
        { Outcome: RunOutcome.Running } => ExitCode.Done,
        _ => ExitCode.DataProblem,
    };
}
