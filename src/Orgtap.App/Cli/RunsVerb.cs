using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Syncs;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap runs</c> and <c>orgtap receipt</c>: what syncs did.</summary>
internal static class RunsVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var connection = new Argument<string?>("NAME") { Description = "Only of this connection", Arity = ArgumentArity.ZeroOrOne };
        var limit = new Option<int>("--limit") { Description = "At most so many, newest first", DefaultValueFactory = _ => 20 };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("runs", "List sync runs, newest first") { connection, limit, json }, Needs.Stores, ["orgtap runs", "orgtap runs acme --limit 5"], async (context, cancellationToken) =>
        {
            var connections = await context.Service<ConnectionStore>().ListAsync(cancellationToken);
            var only = context.Parsed.GetValue(connection) is { } name ? await context.Service<ConnectionStore>().GetAsync(name, cancellationToken) : null;
            var runs = await context.Service<RunStore>().ListAsync(only?.Id, Math.Clamp(context.Get(limit), 1, 1000), cancellationToken);
            string NameOf(Run run) => connections.FirstOrDefault(known => known.Id == run.ConnectionId)?.Name ?? "?";
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(runs.Select(run => RunDocument.Of(run, NameOf(run), null)), CliJson.Options));
                return ExitCode.Done;
            }
            if (runs.Count == 0)
            {
                context.Out.WriteLine("No runs yet. Start one with `orgtap sync`.");
                return ExitCode.Done;
            }
            var table = CliTable.New("#Run", "Connection", "Started", "Ended", "Outcome", "Verdict", "#Tables", "#Rows", "#API calls");
            foreach (var run in runs)
                table.AddRow(run.Id.ToString(), Markup.Escape(NameOf(run)), CliTable.Time(run.StartedAt, context.Terminal.Time), CliTable.Time(run.EndedAt, context.Terminal.Time),
                    run.Outcome.ToString(), run.Verdict?.Words() ?? "–", CliTable.Count(run.Tables.Count), CliTable.Count(RunFigures.RowsWritten(run.Tables)), CliTable.Count(run.ApiCalls));
            context.Terminal.Ansi(context.Out).Write(table);
            return ExitCode.Done;
        });
    }

    public static Command Receipt(VerbRunner verbs)
    {
        var id = new Argument<long>("RUN") { Description = "Number of the run, from `orgtap runs`" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("receipt", "Show the receipt of a run: reported = received = written, table by table") { id, json }, Needs.Stores,
            ["orgtap receipt 12", "orgtap receipt 12 --json"], async (context, cancellationToken) =>
        {
            var run = await context.Service<RunStore>().FindAsync(new RunId(context.Get(id)), cancellationToken)
                ?? throw new InvalidInputException($"There is no run {context.Get(id)}.", "See the numbers with `orgtap runs`.");
            var name = (await context.Service<ConnectionStore>().FindAsync(run.ConnectionId, cancellationToken))?.Name ?? "?";
            var document = RunDocument.Of(run, name, null);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(document, CliJson.Options));
            else RunReceipt.Write(context.Terminal, document);
            return SyncVerb.ExitCodeOf(document, false);
        });
    }
}
