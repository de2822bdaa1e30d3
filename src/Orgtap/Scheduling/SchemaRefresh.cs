using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Syncs;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>
/// Looks once a day whether a connection's tables and fields changed in the org, so that what somebody renamed or took away is known before the next sync, and new tables can be chosen. A sync looks itself
/// when its describes are older than an hour; what it has looked at costs nothing here. 25 tables cost one call.
/// </summary>
public sealed partial class SchemaRefresh(ConnectionStore connections, SelectionStore selections, CatalogReader catalog, SyncJobs syncs, ILogger<SchemaRefresh> logger)
{
    /// <summary>How old a describe becomes before it is asked for again.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromDays(1);

    /// <returns>How many connections were looked at.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var (chosen, running, looked) = (await selections.AllAsync(cancellationToken), await syncs.RunningAsync(cancellationToken), 0);
        foreach (var connection in await connections.ListAsync(cancellationToken))
        {
            if (connection is not { SyncEnabled: true, OrgId: not null, InstanceUrl: not null, Problem: null } || running.Contains(connection.Id)) continue;
            if (chosen.GetValueOrDefault(connection.Id) is not { Count: > 0 } tables) continue;
            try
            {
                await catalog.RefreshAsync(connection, [.. tables.Select(table => table.SObject)], Age, new CallCounter(CallPurpose.SchemaRefresh), cancellationToken);
                looked++;
            }
            catch (OrgtapException failure)
            {
                // What is wrong with the org or the grant, the sync and the token check say; it is looked again in an hour.
                NotLooked(connection.Name, failure.Kind, failure.Detail);
            }
        }
        return looked;
    }

    [LoggerMessage(7501, LogLevel.Information, "Tables and fields of {Connection} could not be looked at: {Kind} ({Detail})")]
    private partial void NotLooked(string connection, FailureKind kind, string? detail);
}

/// <summary>The job that looks.</summary>
[DisallowConcurrentExecution]
public sealed class SchemaRefreshJob(SchemaRefresh refresh) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) => await refresh.RunAsync(cancellationToken);
}

/// <summary>Sets it to work.</summary>
public static class SchemaRefreshSchedule
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <summary>From now on tables and fields are looked at when they are due. Quartz must be set up.</summary>
    public static Task KeepSchemasAsync(this IServiceProvider services, CancellationToken cancellationToken) => services.RepeatAsync<SchemaRefreshJob>(JobKind.SchemaRefresh, Period, cancellationToken);
}
