using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

/// <summary>Removes a connection, for page, verb and endpoint alike.</summary>
public static class Removing
{
    /// <summary>Revokes the grant, forgets the connection, and deletes its replica if asked to.</summary>
    /// <exception cref="InvalidInputException">A run is under way.</exception>
    public static async Task RemoveAsync(IServiceProvider services, Connection connection, bool deleteReplica, string actor, CancellationToken cancellationToken)
    {
        var runs = services.GetRequiredService<RunStore>();
        await runs.CloseAbandonedAsync(connection.Id, cancellationToken);
        if (await runs.FindRunningAsync(connection.Id, cancellationToken) is { } running)
            throw new InvalidInputException($"{connection.Name} is being synced (run {running.Id}).", "Stop that run first.");
        if (services.GetRequiredService<Orgtap.Scheduling.ConversationJobs>().IsRunning(connection.Id))
            throw new InvalidInputException($"Conversations of {connection.Name} are being imported.", "Wait for the end of that import.");
        await services.GetRequiredService<OrgConnector>().RemoveAsync(connection, actor, cancellationToken);
        services.GetRequiredService<OrgClients>().Close(connection.Id);
        if (!deleteReplica) return;
        await services.GetRequiredService<ReplicaFiles>().DeleteAsync(connection, cancellationToken);
    }
}
