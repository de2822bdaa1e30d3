using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Catalog;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap select</c>: choose what is copied.</summary>
internal static class SelectVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var presets = new Option<string[]>("--preset") { Description = $"Repeatable: {string.Join(", ", Presets.All.Select(preset => preset.Key))}", HelpName = "KEY" };
        var tables = new Option<string[]>("--table") { Description = "Repeatable: a table, or TABLE:field,field for some of its fields", HelpName = "TABLE" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("select", "Choose presets and tables; replaces what was chosen before") { connection, presets, tables, json }, Needs.Owner,
            ["orgtap select acme --preset sales-pipeline --preset activities", "orgtap select acme --table Account --table Contact:FirstName,LastName,Email"], async (context, cancellationToken) =>
        {
            var wanted = (context.Get(tables) ?? []).Select(ParseTable).ToList();
            if (wanted.Count == 0 && context.Get(presets) is not { Length: > 0 })
                throw new InvalidInputException("Nothing was chosen.", $"Give --preset ({string.Join(", ", Presets.All.Select(preset => preset.Key))}) or --table.");
            var name = context.Get(connection);
            var outcome = await context.Owner.SelectAsync(name, context.Get(presets) ?? [], wanted, cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(outcome, CliJson.Options));
                return ExitCode.Done;
            }
            context.Out.WriteLine($"{outcome.Tables.Count} tables selected: {string.Join(", ", outcome.Tables.Select(Describe))}.");
            foreach (var missing in outcome.Missing ?? [])
                context.Out.WriteLine($"Left out: {missing.SObject}{(missing.Field is null ? "" : "." + missing.Field)}. {missing.Reason}");
            context.Out.WriteLine($"Next: orgtap plan {name}, or orgtap sync {name}");
            return ExitCode.Done;
        });
    }

    /// <summary>Reads <c>Account</c> or <c>Account:Name,Industry</c>.</summary>
    internal static SelectedObject ParseTable(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = (colon < 0 ? text : text[..colon]).Trim();
        var fields = colon < 0 ? null : text[(colon + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (name.Length == 0 || fields is { Length: 0 })
            throw new InvalidInputException($"\"{text}\" names no table, or no field behind the colon.", "Write Account, or Account:Name,Industry.");
        return new SelectedObject(name, fields);
    }

    private static string Describe(SelectedObject selected) => selected.Fields is { } fields ? $"{selected.SObject} ({fields.Count} fields)" : selected.SObject;
}
