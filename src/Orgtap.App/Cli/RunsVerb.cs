using System.CommandLine;
using System.Globalization;
using System.Text.Json;
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
        return verbs.Run(new Command("runs", "List sync runs, newest first") { connection, limit, json }, Needs.StoresAnywhere, ["orgtap runs", "orgtap runs acme --limit 5"], async (context, cancellationToken) =>
        {
            var runs = await context.Readings.RunsAsync(context.Parsed.GetValue(connection), Math.Clamp(context.Get(limit), 1, 1000), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(runs, CliJson.Options));
                return ExitCode.Done;
            }
            if (runs.Count == 0)
            {
                context.Out.WriteLine("No runs yet. Start one with `orgtap sync`.");
                return ExitCode.Done;
            }
            var table = CliTable.New("#Run", "Connection", "Started", "Ended", "Outcome", "Verdict", "#Tables", "#Rows", "#API calls");
            foreach (var run in runs)
                table.AddRow(run.Id.ToString(CultureInfo.InvariantCulture), Markup.Escape(run.Connection), CliTable.Time(run.StartedAt, context.Terminal.Time), CliTable.Time(run.EndedAt, context.Terminal.Time),
                    run.Outcome.ToString(), run.Verdict ?? "–", CliTable.Count(run.Tables.Count), CliTable.Count(run.RowsWritten), CliTable.Count(run.ApiCalls));
            context.Terminal.Ansi(context.Out).Write(table);
            return ExitCode.Done;
        });
    }

    public static Command Receipt(VerbRunner verbs)
    {
        var id = new Argument<long>("RUN") { Description = "Number of the run, from `orgtap runs`" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("receipt", "Show the receipt of a run: reported = received = written, table by table") { id, json }, Needs.StoresAnywhere,
            ["orgtap receipt 12", "orgtap receipt 12 --json"], async (context, cancellationToken) =>
        {
            var document = await context.Readings.RunAsync(context.Get(id), cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(document, CliJson.Options));
            else RunReceipt.Write(context.Terminal, document);
            return SyncVerb.ExitCodeOf(document, false);
        });
    }
}
