using Microsoft.Extensions.Logging;
using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Syncs;

/// <summary>
/// Finds rows that vanished without a trace (deleted for good, or out of the recycle bin) through Salesforce's lists of deleted records, for all tables of a run
/// together: 25 of them cost one call, and those that were asked for with what changed (<see cref="TableProbes"/>) none.
/// </summary>
internal sealed partial class VanishedRows(RunContext run, IReadOnlyList<TableSync> syncs, CallCounter counter)
{
    private readonly ILogger _logger = run.Loggers.CreateLogger<VanishedRows>();

    public async Task FindAsync()
    {
        if (run.Stop.IsStopped) return;
        for (var i = 0; i < syncs.Count && !run.Stop.IsStopped; i++)
            if (syncs[i].KnownDeleted is { } known) await syncs[i].ApplyAsync(known.Asked, known.List);
        var asked = syncs.Select((sync, index) => (Index: index, Window: sync.DeletedWindow())).Where(each => each.Window is not null).ToList();
        if (asked.Count == 0 || run.Stop.IsStopped) return;
        try
        {
            var client = run.Clients.Open(run.Connection.Id, run.Connection.InstanceUrl!, counter);
            foreach (var list in await client.DeletedAsync([.. asked.Select(each => each.Window!)], run.Stop.Token))
            {
                if (list.Failure is { } refusal) NotListed(run.Run.Id, list.SObject, refusal.Message, refusal.Detail);
                var (index, window) = asked.First(each => each.Window!.SObject == list.SObject);
                await syncs[index].ApplyAsync(window!, list);
            }
        }
        catch (OperationCanceledException) when (run.Stop.IsStopped)
        {
        }
        catch (OrgtapException failure)
        {
            // The tables are up to date but for rows that vanished; the next run asks from the same moment.
            if (!run.Stop.Concerns(failure)) NotListed(run.Run.Id, "all tables", failure.Message, failure.Detail);
        }
    }

    [LoggerMessage(5201, LogLevel.Warning, "Run {RunId}: no list of deleted records of {SObject}: {Reason} {Detail}")]
    private partial void NotListed(RunId runId, string sobject, string reason, string? detail);
}
