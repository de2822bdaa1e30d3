using System.Globalization;
using Orgtap.App.Overviews;
using Orgtap.Syncs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orgtap.App.Cli;

/// <summary>Draws a run: a table redrawn in place on a terminal, else a plain line per table begun and ended, and one every few seconds.</summary>
internal static class RunProgress
{
    private static readonly TimeSpan DrawEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    /// <param name="look">The run as it is now; null: nothing to see yet.</param>
    /// <param name="ended">Cancelled when the run is over; the last state is drawn then.</param>
    public static Task WatchAsync(Terminal terminal, Func<ValueTask<RunDocument?>> look, CancellationToken ended) =>
        terminal.Live ? DrawAsync(terminal, look, ended) : WriteLinesAsync(terminal, look, ended);

    private static Task DrawAsync(Terminal terminal, Func<ValueTask<RunDocument?>> look, CancellationToken ended) =>
        terminal.Ansi(terminal.Out).Live(new Text("Starting")).AutoClear(true).StartAsync(async display =>
        {
            while (true)
            {
                if (await look() is { } run) display.UpdateTarget(Picture(run, terminal.Time));
                if (!await PauseAsync(DrawEvery, terminal.Time, ended)) return;
            }
        });

    private static async Task WriteLinesAsync(Terminal terminal, Func<ValueTask<RunDocument?>> look, CancellationToken ended)
    {
        var states = new Dictionary<string, RunTableState>();
        var lastSum = terminal.Time.GetTimestamp();
        while (true)
        {
            var going = await PauseAsync(DrawEvery, terminal.Time, ended);
            if (await look() is { } run)
            {
                foreach (var table in run.Tables)
                {
                    if (states.GetValueOrDefault(table.Table, RunTableState.Waiting) == table.State) continue;
                    states[table.Table] = table.State;
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

    internal static string LineOf(RunTableDocument table) => table switch
    {
        { State: RunTableState.Running } => $"{table.Table}: started, {(table.RowsExpected is { } rows ? $"about {CliTable.Count(rows)} rows" : "rows unknown")}",
        { State: RunTableState.Done, Receipt: { } receipt } => $"{table.Table}: {receipt.Verdict}. {receipt.Sentence}",
        { Problem: { } problem } => $"{table.Table}: {table.State}. {problem.Message} {ErrorText.TurnWords(problem.Turn)}: {problem.NextStep}",
        _ => $"{table.Table}: {table.State}",
    };

    internal static string SumOf(RunDocument run, TimeProvider time)
    {
        var end = RunFigures.ExpectedEnd(run.RowsExpected - run.RowsWritten, run.RowsPerSecond, time.GetUtcNow());
        return string.Create(CultureInfo.InvariantCulture,
            $"{run.RowsWritten:N0}{(run.RowsExpected is { } expected ? $" of about {expected:N0}" : "")} rows, {run.RowsPerSecond ?? 0:N0} rows/s, {run.ApiCalls:N0} API calls{(end is null ? "" : $", expected end {CliTable.Time(end, time)}")}");
    }

    private static Rows Picture(RunDocument run, TimeProvider time)
    {
        var table = CliTable.New("Table", "State", "Progress", "#Rows", "#Rows/s", "Ends");
        foreach (var part in run.Tables)
            table.AddRow(
                new Text(part.Table), new Text(part.State == RunTableState.Running ? part.Activity ?? "" : part.Receipt?.Verdict ?? part.State.ToString()),
                Bar(part), new Text(CliTable.Count(part.RowsWritten)), new Text(part.RowsPerSecond is not >= 1 ? "" : CliTable.Count((long)part.RowsPerSecond)),
                new Text(part.ExpectedEnd is { } end ? CliTable.Time(end, time) : ""));
        return new Rows(table, new Text(SumOf(run, time)));
    }

    private static IRenderable Bar(RunTableDocument table)
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
