using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Storage;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap audit</c>: who did what.</summary>
internal static class AuditVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var actor = new Option<string?>("--who") { Description = "Only what this person did", HelpName = "EMAIL" };
        var action = new Option<string?>("--what") { Description = "Only this action, e.g. connection.created", HelpName = "ACTION" };
        var target = new Option<string?>("--on") { Description = "Only what was done to this person or connection", HelpName = "NAME" };
        var text = new Option<string?>("--search") { Description = "Words that occur anywhere in an entry", HelpName = "TEXT" };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Not before this moment", HelpName = "TIME" };
        var until = new Option<DateTimeOffset?>("--until") { Description = "Before this moment", HelpName = "TIME" };
        var limit = new Option<int>("--limit") { Description = "Entries, newest first", DefaultValueFactory = _ => 50, HelpName = "N" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("audit", "Who did what, to what, when, from where") { actor, action, target, text, from, until, limit, json }, Needs.StoresAnywhere,
            ["orgtap audit", "orgtap audit --who marta@example.com --from 2026-11-01", "orgtap audit --what token.issued --json"], async (context, cancellationToken) =>
        {
            var entries = await context.Readings.AuditAsync(
                new AuditFilter
                {
                    Actor = context.Get(actor), Action = context.Get(action), Target = context.Get(target), Text = context.Get(text), From = context.Get(from), Until = context.Get(until),
                },
                Math.Max(1, context.Get(limit)), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(entries, CliJson.Options));
                return ExitCode.Done;
            }
            if (entries.Count == 0)
            {
                context.Out.WriteLine("Nothing matches.");
                return ExitCode.Done;
            }
            var table = CliTable.New("When", "Who", "What", "To what", "From where");
            foreach (var entry in entries)
                table.AddRow(
                    CliTable.Time(entry.At, context.Terminal.Time), Markup.Escape(entry.Actor), Markup.Escape(AuditWords.Of(entry.Action) + (entry.Detail is { Length: > 0 } detail ? $": {detail}" : "")),
                    Markup.Escape(entry.Target), Markup.Escape(entry.Origin ?? "–"));
            context.Terminal.Ansi(context.Out).Write(table);
            return ExitCode.Done;
        });
    }
}
