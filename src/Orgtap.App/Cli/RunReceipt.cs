using System.Globalization;
using Orgtap.App.Overviews;
using Orgtap.App.Web.Shell;
using Orgtap.Syncs;
using Spectre.Console;

namespace Orgtap.App.Cli;

/// <summary>A run's receipt on the terminal.</summary>
internal static class RunReceipt
{
    public static void Write(Terminal terminal, Run run, string connection)
    {
        var table = CliTable.New("Table", "Verdict", "#Reported", "#Received", "#Written", "#API calls", "What happened");
        foreach (var part in run.Tables)
        {
            var receipt = part.Receipt;
            table.AddRow(
                Markup.Escape(part.SObject), receipt?.Verdict.Words() ?? part.State.ToString(), CliTable.Count(receipt is null ? null : ReceiptDocument.ReportedBy(receipt)),
                CliTable.Count(receipt?.Tally.Parsed), CliTable.Count(receipt?.Tally.Written ?? part.RowsWritten), CliTable.Count(part.ApiCalls),
                Markup.Escape(receipt?.Sentence ?? part.Problem?.Message ?? ""));
        }
        terminal.Ansi(terminal.Out).Write(table);
        var took = run.EndedAt is { } end ? (end - run.StartedAt).TotalSeconds : 0;
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Run {run.Id} of {connection}: {OutcomeOf(run)}. {Words.Plural(RunFigures.RowsWritten(run.Tables), "row", "rows")} in {Words.Plural(run.Tables.Count, "table", "tables")}, {Words.Plural(run.ApiCalls, "API call", "API calls")}, {took:0.0} s."));
        foreach (var part in run.Tables)
            foreach (var rejected in (part.Receipt?.Rejected ?? []).Take(20))
                terminal.Out.WriteLine($"Not written: {part.SObject} {rejected.Id}, {rejected.Field}: {rejected.Reason}");
        if (run.Problem is { } problem) ErrorText.Write(terminal.Out, problem);
    }

    /// <summary>A run that was cut short has no verdict of its own: what came through is complete, the rest was not tried.</summary>
    private static string OutcomeOf(Run run) => run is { Outcome: RunOutcome.Completed, Verdict: { } verdict }
        ? verdict.Words()
        : $"{run.Outcome}, {run.Tables.Count(table => table.Receipt?.Verdict is Verdict.Complete or Verdict.CompleteNotConfirmed)} of {run.Tables.Count} tables complete";
}
