using System.Globalization;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Syncs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orgtap.App.Cli;

/// <summary>Draws a run: a table redrawn in place on a terminal, else a plain line per table begun and ended, and one every few seconds.</summary>
internal static class RunProgress
{
    private static readonly TimeSpan DrawEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    /// <param name="ended">Cancelled when the run is over; the last state is drawn then.</param>
    public static Task WatchAsync(Terminal terminal, LiveRuns live, Connection connection, CancellationToken ended) =>
        terminal.Live ? DrawAsync(terminal, live, connection, ended) : WriteLinesAsync(terminal, live, connection, ended);

    private static Task DrawAsync(Terminal terminal, LiveRuns live, Connection connection, CancellationToken ended) =>
        terminal.Ansi(terminal.Out).Live(new Text("Starting")).AutoClear(true).StartAsync(async display =>
        {
            while (true)
            {
                if (live.Current(connection.Id) is { } run) display.UpdateTarget(Picture(run, terminal.Time));
                if (!await PauseAsync(DrawEvery, terminal.Time, ended)) return;
            }
        });

    private static async Task WriteLinesAsync(Terminal terminal, LiveRuns live, Connection connection, CancellationToken ended)
    {
        var states = new Dictionary<string, RunTableState>();
        var lastSum = terminal.Time.GetTimestamp();
        while (true)
        {
            var going = await PauseAsync(DrawEvery, terminal.Time, ended);
            if (live.Current(connection.Id) is { } run)
            {
                foreach (var table in run.Tables)
                {
                    if (states.GetValueOrDefault(table.Table.SObject, RunTableState.Waiting) == table.Table.State) continue;
                    states[table.Table.SObject] = table.Table.State;
                    terminal.Error.WriteLine(LineOf(table));
                }
                if (going && terminal.Time.GetElapsedTime(lastSum) >= LineEvery)
                {
                    lastSum = terminal.Time.GetTimestamp();
                    terminal.Error.WriteLine(SumOf(run, terminal.Time));
                }
            }
            if (!going) return;
        }
    }

    internal static string LineOf(TableSnapshot table) => table.Table switch
    {
        { State: RunTableState.Running } => $"{table.Table.SObject}: started, {(table.Table.RowsExpected is { } rows ? $"about {CliTable.Count(rows)} rows" : "rows unknown")}",
        { State: RunTableState.Done, Receipt: { } receipt } => $"{table.Table.SObject}: {receipt.Verdict.Words()}. {receipt.Sentence}",
        { Problem: { } problem } => $"{table.Table.SObject}: {table.Table.State}. {problem.Message} {ErrorText.TurnWords(problem.Turn)}: {problem.NextStep}",
        _ => $"{table.Table.SObject}: {table.Table.State}",
    };

    internal static string SumOf(RunSnapshot run, TimeProvider time)
    {
        var tables = run.Tables.Select(table => table.Table).ToList();
        var expected = RunFigures.RowsExpected(tables);
        var end = RunFigures.ExpectedEnd(run, time.GetUtcNow());
        return string.Create(CultureInfo.InvariantCulture,
            $"{RunFigures.RowsWritten(tables):N0}{(expected is null ? "" : $" of about {expected:N0}")} rows, {run.RowsPerSecond:N0} rows/s, {run.ApiCalls:N0} API calls{(end is null ? "" : $", expected end {CliTable.Time(end, time)}")}");
    }

    private static Rows Picture(RunSnapshot run, TimeProvider time)
    {
        var table = CliTable.New("Table", "State", "Progress", "#Rows", "#Rows/s", "Ends");
        foreach (var part in run.Tables)
            table.AddRow(
                new Text(part.Table.SObject), new Text(part.Table.State == RunTableState.Running ? part.Activity : part.Table.Receipt?.Verdict.Words() ?? part.Table.State.ToString()),
                Bar(part.Table), new Text(CliTable.Count(part.Table.RowsWritten)), new Text(part.RowsPerSecond < 1 ? "" : CliTable.Count((long)part.RowsPerSecond)),
                new Text(part.ExpectedEnd is { } end ? CliTable.Time(end, time) : ""));
        return new Rows(table, new Text(SumOf(run, time)));
    }

    private static IRenderable Bar(RunTable table)
    {
        const int width = 24;
        if (table.State == RunTableState.Waiting || table.RowsExpected is not { } expected) return new Text(table.State == RunTableState.Done ? new string('━', width) : "");
        var share = expected == 0 ? 1 : Math.Clamp((double)table.RowsWritten / expected, 0, 1);
        var full = (int)(share * width);
        return new Markup($"[teal]{new string('━', full)}[/][grey]{new string('─', width - full)}[/]");
    }

    /// <returns>False once the run has ended.</returns>
    private static async Task<bool> PauseAsync(TimeSpan pause, TimeProvider time, CancellationToken ended)
    {
        if (ended.IsCancellationRequested) return false;
        try
        {
            await Task.Delay(pause, time, ended);
            return true;
        }
        catch (OperationCanceledException)
        {
            // One more look at how it ended.
            return true;
        }
    }
}
