using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Catalog;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap tables</c>: what an org has to offer.</summary>
internal static class TablesVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var search = new Option<string?>("--search") { Description = "Only tables whose label or API name holds this" };
        var fields = new Option<string?>("--fields") { Description = "Show the fields of this table instead", HelpName = "TABLE" };
        var all = new Option<bool>("--all") { Description = "Also tables that cannot be synced, with the reason" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("tables", "List the tables the connected user can read, or the fields of one") { connection, search, fields, all, json }, Needs.Owner,
            ["orgtap tables acme --search opp", "orgtap tables acme --fields Account"], async (context, cancellationToken) =>
        {
            if (context.Get(fields) is { } table)
            {
                WriteFields(context, await context.Owner.FieldsAsync(context.Get(connection), table, cancellationToken), context.Get(json));
                return ExitCode.Done;
            }
            var objects = (await context.Owner.TablesAsync(context.Get(connection), cancellationToken)).Where(item => Matches(item, context.Get(search))).ToList();
            var shown = context.Get(all) ? objects : [.. objects.Where(item => item.Selectable)];
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(shown, CliJson.Options));
                return ExitCode.Done;
            }
            var output = CliTable.New(context.Get(all) ? ["Label", "API name", "Why not"] : ["Label", "API name"]);
            foreach (var item in shown)
                output.AddRow(context.Get(all)
                    ? [Markup.Escape(item.Label), Markup.Escape(item.Name), Markup.Escape(item.Reason ?? "")]
                    : [Markup.Escape(item.Label), Markup.Escape(item.Name)]);
            context.Terminal.Ansi(context.Out).Write(output);
            context.Out.WriteLine(shown.Count == objects.Count ? $"{shown.Count} tables." : $"{shown.Count} tables; {objects.Count - shown.Count} more cannot be synced, --all says why.");
            return ExitCode.Done;
        });
    }

    internal static bool Matches(CatalogObject item, string? search) =>
        search is null || item.Label.Contains(search, StringComparison.OrdinalIgnoreCase) || item.Name.Contains(search, StringComparison.OrdinalIgnoreCase);

    private static void WriteFields(VerbContext context, IReadOnlyList<FieldDocument> fields, bool json)
    {
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(fields, CliJson.Options));
            return;
        }
        var output = CliTable.New("Label", "API name", "Type", "");
        foreach (var field in fields)
            output.AddRow(Markup.Escape(field.Label), Markup.Escape(field.Name), field.Type,
                Markup.Escape(field.Reason ?? (field.Required ? "always loaded" : field.Formula ? "formula" : "")));
        context.Terminal.Ansi(context.Out).Write(output);
    }
}
