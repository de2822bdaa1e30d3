using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap row</c>: one row of a replica, and the runs that touched it.</summary>
internal static class RowVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var id = new Argument<string>("ID") { Description = "The record's Id, 15 or 18 characters" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("row", "Show a row of the replica by its Id, and every run that touched it") { connection, id, json }, Needs.StoresAnywhere,
            ["orgtap row acme 001xx000003DGbYAAW", "orgtap row acme 001xx000003DGbYAAW --json"], async (context, cancellationToken) =>
        {
            var document = await context.Readings.RowAsync(context.Get(connection), context.Get(id), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(document, CliJson.Options));
                return ExitCode.Done;
            }
            context.Out.WriteLine($"{document.Table} {document.Id}");
            var width = document.Values.Keys.Max(name => name.Length);
            foreach (var (name, value) in document.Values) context.Out.WriteLine($"  {name.PadRight(width)}  {value ?? "–"}");
            context.Out.WriteLine(document.Runs.Count == 0 ? "No run in the history touched it." : "Runs:");
            foreach (var touch in document.Runs)
                context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  Run {touch.Run}, {touch.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, {touch.StartedBy}: {touch.What}{(touch.Certain ? "" : " (not certain)")}."));
            return ExitCode.Done;
        });
    }
}
