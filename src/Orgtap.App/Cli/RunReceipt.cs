using System.Globalization;
using Orgtap.App.Overviews;
using Orgtap.App.Web.Shell;
using Orgtap.Syncs;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary>A run's receipt on the terminal.</summary>
internal static class RunReceipt
{
    private const int WidthForSentences = 110;

    private static readonly string[] Columns = ["Table", "Verdict", "#Reported", "#Received", "#Written"];

    public static void Write(Terminal terminal, RunDocument run)
    {
        var console = terminal.Ansi(terminal.Out);
        // In a narrow terminal a column of sentences would be a word wide: there the numbers speak, and what needs words follows below.
        var isWide = console.Profile.Width >= WidthForSentences;
        var table = CliTable.New([.. Columns, .. isWide ? (string[])["#API calls", "What happened"] : ["#Calls"]]);
        foreach (var part in run.Tables)
        {
            var receipt = part.Receipt;
            string[] cells =
            [
                Markup.Escape(part.Table), receipt?.Verdict ?? part.State.ToString(), CliTable.Count(receipt?.Reported), CliTable.Count(receipt?.Received),
                CliTable.Count(receipt?.Written ?? part.RowsWritten), CliTable.Count(part.ApiCalls),
            ];
            table.AddRow([.. cells, .. isWide ? (string[])[Markup.Escape(SentenceOf(part))] : []]);
        }
        console.Write(table);
        if (!isWide)
            foreach (var part in run.Tables.Where(part => part.Receipt?.Verdict != Verdict.Complete.Words() && SentenceOf(part).Length > 0)) terminal.Out.WriteLine($"{part.Table}: {SentenceOf(part)}");
        var took = run.EndedAt is { } end ? (end - run.StartedAt).TotalSeconds : 0;
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Run {run.Id} of {run.Connection}: {OutcomeOf(run)}. {Words.Plural(run.RowsWritten, "row", "rows")} in {Words.Plural(run.Tables.Count, "table", "tables")}, {Words.Plural(run.ApiCalls, "API call", "API calls")}{(run.ExpectedCalls is { } expected ? $" ({Words.Count(expected)} expected)" : "")}, {took:0.0} s."));
        foreach (var part in run.Tables)
            foreach (var rejected in (part.Receipt?.RejectedRows ?? []).Take(20))
                terminal.Out.WriteLine($"Not written: {part.Table} {rejected.Id}, {rejected.Field}: {rejected.Reason}");
        if (run.Problem is { } problem) ErrorText.Write(terminal.Out, problem, terminal.Time);
    }

    private static string SentenceOf(RunTableDocument part) => part.Receipt?.Sentence ?? part.Problem?.Message ?? "";

    /// <summary>A run that was cut short has no verdict of its own: what came through is complete, the rest was not tried.</summary>
    private static string OutcomeOf(RunDocument run) => run is { Outcome: RunOutcome.Completed, Verdict: { } verdict }
        ? verdict
        : $"{run.Outcome}, {run.Tables.Count(table => table.Receipt?.Verdict is { } each && (each == Verdict.Complete.Words() || each == Verdict.CompleteNotConfirmed.Words()))} of {run.Tables.Count} tables complete";
}
