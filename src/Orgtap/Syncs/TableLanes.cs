using System.Collections.Concurrent;
using Orgtap.Catalog;

namespace Orgtap.Syncs;

/// <summary>The tables of one run that this process works on, several at once: those it was given, then those on offer to every process.</summary>
internal sealed class TableLanes(RunContext run, IReadOnlyList<SelectedObject> selection, IReadOnlyDictionary<string, TableProbe> probes)
{
    private readonly ConcurrentDictionary<string, TableSync> _syncs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What was worked on here, in the order of the selection.</summary>
    public IReadOnlyList<TableSync> Syncs => [.. selection.Where(selected => _syncs.ContainsKey(selected.SObject)).Select(selected => _syncs[selected.SObject])];

    /// <summary>Loads these tables and what is on offer, until nothing is left or the run stops. Tables that were not begun then are left as they are.</summary>
    public async Task LoadAsync(IEnumerable<string> given)
    {
        var own = new ConcurrentQueue<string>(given);
        await Task.WhenAll(Enumerable.Range(0, run.Options.ParallelTables).Select(_ => LaneAsync(own)));
    }

    private async Task LaneAsync(ConcurrentQueue<string> own)
    {
        while (!run.Stop.IsStopped)
        {
            if (!own.TryDequeue(out var sobject) && (!run.Runs.IsShared || (sobject = await run.Runs.Claims.NextAsync(run.Claim, CancellationToken.None)) is null)) return;
            // What was deselected meanwhile stays as it is.
            if (selection.FirstOrDefault(selected => string.Equals(selected.SObject, sobject, StringComparison.OrdinalIgnoreCase)) is not { } selected) continue;
            await _syncs.AddOrUpdate(sobject!, _ => new TableSync(run, selected, probes.GetValueOrDefault(selected.SObject)), (_, _) => new TableSync(run, selected)).RunAsync();
        }
    }
}
