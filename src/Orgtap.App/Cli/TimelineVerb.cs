using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap timeline</c>: what happened to a connection.</summary>
internal static class TimelineVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var limit = new Option<int>("--limit") { Description = "Entries, newest first", DefaultValueFactory = _ => 50, HelpName = "N" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("timeline", "What happened to a connection: runs, settings, changes of the org's tables and fields") { connection, limit, json }, Needs.StoresAnywhere,
            ["orgtap timeline acme", "orgtap timeline acme --limit 200 --json"], async (context, cancellationToken) =>
        {
            var entries = await context.Readings.TimelineAsync(context.Get(connection), context.Get(limit), cancellationToken);
            if (context.Get(json)) context.Out.WriteLine(JsonSerializer.Serialize(entries, CliJson.Options));
            else if (entries.Count == 0) context.Out.WriteLine($"Nothing has happened to {context.Get(connection)} yet.");
            else foreach (var entry in entries) context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{entry.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC  {entry.Sentence}{(entry.Actor is { } actor ? $" ({actor})" : "")}"));
            return ExitCode.Done;
        });
    }
}
