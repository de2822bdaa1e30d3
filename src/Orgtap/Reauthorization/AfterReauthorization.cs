using Microsoft.Extensions.DependencyInjection;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Scheduling;
using Quartz;

namespace Orgtap.Reauthorization;

/// <summary>What follows a completed reauthorization: jobs that run are restarted; one that the dead grant had stopped is started. In the background, where it can be watched through <see cref="JobRestarts"/>.</summary>
public sealed class AfterReauthorization(ISchedulerFactory schedulers, SyncJobs syncs, ScheduledJobs jobs, JobStates states, SelectionStore selections, ConnectionStore connections, JobRestarts restarts)
{
    /// <summary>Who started such a run, as its history names it.</summary>
    public const string Actor = "reauthorization";

    internal const string ConnectionKey = "connection", WasRunningKey = "was-running", HadProblemKey = "had-problem";

    /// <param name="hadProblem">Something kept it from syncing until now.</param>
    public async Task BeginAsync(Connection connection, bool hadProblem, CancellationToken cancellationToken)
    {
        var scheduler = await schedulers.GetScheduler(cancellationToken);
        // In a verb, which runs no jobs, this stays undone; the schedule of the next `orgtap serve` starts what is due.
        var key = new JobKey($"{connection.Id}", "reauthorized");
        await scheduler.AddJob(
            JobBuilder.Create<AfterReauthorizationJob>().WithIdentity(key).StoreDurably().UsingJobData(ConnectionKey, connection.Id.Value).UsingJobData(WasRunningKey, await jobs.IsRunningAsync(connection.Id, cancellationToken)).UsingJobData(HadProblemKey, hadProblem).Build(),
            new AddJobOptions { Replace = true }, cancellationToken);
        await scheduler.TriggerJob(key, cancellationToken: cancellationToken);
    }

    /// <summary>Does it, and returns when all is started again.</summary>
    /// <param name="wasRunning">When it was authorized; what began since uses the new grant already.</param>
    public async Task RunAsync(ConnectionId id, bool wasRunning, bool hadProblem, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(id, cancellationToken) is not { SyncEnabled: true } connection) return;
        if (wasRunning)
            await restarts.RunAsync(id, await jobs.RunningAsync(id, Actor, cancellationToken), cancellationToken);
        // What somebody stopped stays stopped.
        else if (hadProblem && !(await states.AllAsync(cancellationToken)).IsStopped(id, JobKind.Sync) && (await selections.GetAsync(connection.Id, cancellationToken)).Count > 0)
            await syncs.StartAsync(id, Actor, cancellationToken);
    }
}

/// <summary>The job that does it.</summary>
[DisallowConcurrentExecution]
public sealed class AfterReauthorizationJob(AfterReauthorization after) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) => await after.RunAsync(
        new ConnectionId(context.MergedJobDataMap.GetString(AfterReauthorization.ConnectionKey)!), context.MergedJobDataMap.GetBoolean(AfterReauthorization.WasRunningKey),
        context.MergedJobDataMap.GetBoolean(AfterReauthorization.HadProblemKey), cancellationToken);
}

/// <summary>Puts authorization requests and their acceptance together.</summary>
public static class ReauthorizationServices
{
    /// <summary>Adds everything of this room; what it uses is the caller's to add.</summary>
    /// <param name="transport">For calls with a grant that is not stored yet; see <see cref="Salesforce.Transport"/>.</param>
    public static IServiceCollection AddReauthorization(this IServiceCollection services, Func<IServiceProvider, HttpMessageHandler> transport) => services
        .AddSingleton<AuthorizationRequestStore>().AddSingleton<AuthorizationRequests>().AddSingleton<SelectionAccess>().AddSingleton<AfterReauthorization>()
        .AddSingleton(all => ActivatorUtilities.CreateInstance<GrantAcceptance>(all, transport(all))).AddSingleton<AuthorizationReturn>()
        .AddSingleton<DeviceSignIns>().AddSingleton<TokenChecks>().AddSingleton(all => ActivatorUtilities.CreateInstance<ConnectionTest>(all, transport(all)))
        .AddSingleton(all => ActivatorUtilities.CreateInstance<SetupChecks>(all, transport(all)));
}
