using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap sync</c>: run a sync, or join the one under way, and watch it.</summary>
internal static class SyncVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var json = VerbRunner.Json();
        return verbs.Run(new Command("sync", "Bring the replica up to date, with progress and a receipt") { connection, json }, Needs.Owner,
            ["orgtap sync acme", "orgtap sync acme --json > receipt.json", "ORGTAP_TOKEN=orgtap_… orgtap sync acme --server https://sync.example.com"], async (context, cancellationToken) =>
            await RunAsync(context, context.Get(connection), SyncWish.Everything, context.Get(json), cancellationToken));
    }

    /// <summary>Runs or joins a run, shows it, and writes its receipt.</summary>
    public static async Task<int> RunAsync(VerbContext context, string connection, SyncWish wish, bool json, CancellationToken cancellationToken)
    {
        var run = await context.Owner.SyncAsync(connection, wish,
            (look, ended) => json ? Task.CompletedTask : RunProgress.WatchAsync(context.Terminal, look, ended), cancellationToken);
        if (json) context.Out.WriteLine(JsonSerializer.Serialize(run, CliJson.Options));
        else RunReceipt.Write(context.Terminal, run);
        return ExitCodeOf(run, cancellationToken.IsCancellationRequested);
    }

    /// <param name="interrupted">Somebody pressed Ctrl-C.</param>
    internal static int ExitCodeOf(RunDocument run, bool interrupted) => ExitCodeOf(run.Outcome, run.Problem?.Kind, interrupted);

    internal static int ExitCodeOf(RunOutcome outcome, FailureKind? problem, bool interrupted) => (outcome, problem) switch
    {
        (RunOutcome.Completed, _) => ExitCode.Done,
        (RunOutcome.Stopped, null) when interrupted => ExitCode.Cancelled,
        (_, { } kind) => ExitCode.Of(kind) is var code && code == ExitCode.Defect ? ExitCode.DataProblem : ExitCode.Of(kind),
        (RunOutcome.Running, _) => ExitCode.Done,
        _ => ExitCode.DataProblem,
    };
}
