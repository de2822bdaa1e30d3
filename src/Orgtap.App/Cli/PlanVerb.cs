using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.App.Web.Shell;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap plan</c>: what the next sync would do, at what cost, and why.</summary>
internal static class PlanVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var json = VerbRunner.Json();
        return verbs.Run(new Command("plan", "Show what the next sync would do and what it would cost") { connection, json }, Needs.Owner, ["orgtap plan acme"], async (context, cancellationToken) =>
        {
            var forecast = await context.Owner.PlanAsync(context.Get(connection), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(forecast, CliJson.Options));
                return ExitCode.Done;
            }
            var table = CliTable.New("Table", "How", "#Fields", "#Rows, about", "#API calls, about", "Why");
            foreach (var plan in forecast.Tables)
                table.AddRow(Markup.Escape(plan.Table), $"{Words.Mode(plan.Mode)}, {Words.Api(plan.Api)}", CliTable.Count(plan.Fields), CliTable.Count(plan.EstimatedRows),
                    CliTable.Count(plan.EstimatedCalls), Markup.Escape(string.Join(" ", plan.Reasons)));
            if (forecast.Together > 0) table.AddRow("All together", "", "", "", CliTable.Count(forecast.Together), "What changed and what was deleted is asked for several tables in one call; so are counts and limits.");
            context.Terminal.Ansi(context.Out).Write(table);
            context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Words.Plural(forecast.Tables.Count, "table", "tables")}, {RowsOf(forecast.Tables)} and {Words.Plural(forecast.Calls, "API call", "API calls")}. Next: orgtap sync {context.Get(connection)}"));
            return ExitCode.Done;
        });
    }

    /// <summary>An incremental load's rows are known only once it runs; they are not counted as none.</summary>
    private static string RowsOf(IReadOnlyList<PlanDocument> plans)
    {
        var unknown = plans.Count(plan => plan.EstimatedRows is null);
        if (unknown == plans.Count) return "rows not known beforehand";
        var known = $"about {Words.Plural(plans.Sum(plan => plan.EstimatedRows ?? 0), "row", "rows")}";
        return unknown == 0 ? known : $"{known} (not known beforehand for {Words.Plural(unknown, "table", "tables")})";
    }
}
