using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orgtap.App.Web.Shell;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap calls</c>: what a connection's API calls are for, and what each frequency would cost.</summary>
internal static class CallsVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var json = VerbRunner.Json();
        return verbs.Run(new Command("calls", "Show what API calls are used for, what each frequency would cost, and how good the forecasts were") { connection, json }, Needs.StoresAnywhere,
            ["orgtap calls acme", "orgtap calls acme --json"], async (context, cancellationToken) =>
        {
            var calls = await context.Readings.CallsAsync(context.Get(connection), cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(calls, CliJson.Options));
                return ExitCode.Done;
            }
            context.Out.WriteLine(calls.Use is { } use
                ? string.Create(CultureInfo.InvariantCulture, $"The org has used {use.Used:N0} of its {use.Maximum:N0} API calls of the last 24 hours, {use.Own:N0} of them Orgtap's; {context.Get(connection)} stops at {use.StopsAt:N0}.")
                : "What the org has used is not known before the first call.");
            var own = CliTable.New("Connection", "For", "Through", "#Calls in 24 hours");
            foreach (var each in calls.Own) own.AddRow(Markup.Escape(each.Connection), Words.Purpose(each.Purpose), Words.Interface(each.Interface), CliTable.Count(each.Calls));
            if (calls.Own.Count > 0) context.Terminal.Ansi(context.Out).Write(own);
            var costs = CliTable.New("Sync", "#Calls a day, about", "#Of the org's", "");
            foreach (var cost in calls.Frequencies)
                costs.AddRow(cost.Words, CliTable.Count(cost.CallsADay), cost.SharePercent is { } share ? share.ToString("0.0", CultureInfo.InvariantCulture) + " %" : "–", (cost.IsNow ? "now " : "") + (cost.Fits ? "fits" : ""));
            context.Terminal.Ansi(context.Out).Write(costs);
            if (calls.ErrorPercent is { } error)
                context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Forecasts of the latest {Words.Plural(calls.Foretold.Count, "sync", "syncs")}: {error:0} % off in the middle."));
            return ExitCode.Done;
        });
    }
}
