using Microsoft.Extensions.Logging;
using Orgtap.Authorization;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Scheduling;
using Orgtap.Syncs;
using Quartz;

namespace Orgtap.Reauthorization;

/// <summary>
/// Looks between syncs whether each connection's grant still lets Orgtap in, so that a dead one is known before the next sync needs it. One counted call, metered as every other; a connection that synced or was
/// looked at within <see cref="Rest"/> is left alone, and so is one that is paused or whose admin has been asked for already.
/// </summary>
public sealed partial class TokenChecks(
    ConnectionStore connections, GrantStore grants, AccessTokens tokens, OrgClients clients, RunStore runs, SyncJobs syncs, TimeProvider time, ILogger<TokenChecks> logger)
{
    /// <summary>How often it is looked which grants are due.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    /// <summary>How long a grant that was seen to work is left alone.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromHours(1);

    /// <summary>
    /// A refresh token is used at least this often: orgs let one die that is not used (mostly after 30 days), and while its session lives on, nothing else would show that it is dead.
    /// </summary>
    public static readonly TimeSpan RenewAfter = TimeSpan.FromDays(1);

    private const int AtOnce = 4;

    /// <returns>How many grants were found not to let Orgtap in any more.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var (history, running, lost) = (await runs.LastStartsAsync(cancellationToken), await syncs.RunningAsync(cancellationToken), 0);
        var worth = (await connections.ListAsync(cancellationToken)).Where(connection => IsWorthALook(connection) && !running.Contains(connection.Id));
        await Parallel.ForEachAsync(worth, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (connection, stop) =>
        {
            if (await grants.FindAsync(connection.Id, stop) is not { } grant) return;
            var lastSync = history.GetValueOrDefault(connection.Id)?.Last;
            if (time.GetUtcNow() - Later(grant.CheckedAt, lastSync) < Rest) return;
            if (!await LookAsync(connection, grant, stop)) Interlocked.Increment(ref lost);
        });
        return lost;
    }

    /// <summary>Whether a look can tell something new. Pure.</summary>
    internal static bool IsWorthALook(Connection connection) => connection is { SyncEnabled: true, OrgId: not null, InstanceUrl: not null }
        // A dead grant comes to life again only where the app or its user was mended in Setup; passwords are not tried again, because that locks the user out.
        && (connection.Problem is not { Kind: FailureKind.ReauthorizationRequired } || connection.Flow is AuthorizationFlow.ClientCredentials or AuthorizationFlow.JwtBearer);

    private async Task<bool> LookAsync(Connection connection, Grant grant, CancellationToken cancellationToken)
    {
        var wasDead = connection.Problem is { Kind: FailureKind.ReauthorizationRequired };
        try
        {
            if (wasDead || (grant.RefreshToken is not null && time.GetUtcNow() - grant.IssuedAt >= RenewAfter)) await tokens.ProveAsync(connection.Id, cancellationToken);
            await clients.Open(connection.Id, connection.InstanceUrl!, new CallCounter(CallPurpose.TokenCheck)).LimitsAsync(cancellationToken);
            await grants.SetCheckedAsync(connection.Id, cancellationToken);
            if (wasDead) await connections.SetProblemAsync(connection.Id, null, cancellationToken);
            return true;
        }
        catch (OrgtapException refusal) when (refusal.Kind is FailureKind.ReauthorizationRequired or FailureKind.Permission or FailureKind.InvalidInput)
        {
            // Somebody authorized again meanwhile, or removed the connection: the refusal is not about what is there now.
            if (await grants.FindAsync(connection.Id, cancellationToken) is not { } now || now.GrantedAt != grant.GrantedAt) return true;
            await connections.SetProblemAsync(connection.Id, Problem.From(refusal, time.GetUtcNow()), cancellationToken);
            await grants.SetCheckedAsync(connection.Id, cancellationToken);
            Lost(connection.Name, refusal.Kind, refusal.Detail);
            return false;
        }
        catch (OrgtapException passing)
        {
            // The org cannot be reached or its quota is used up: that says nothing of the grant. It is looked again in a while.
            NotLooked(connection.Name, passing.Kind, passing.Detail);
            return true;
        }
    }

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;

    [LoggerMessage(9101, LogLevel.Warning, "{Connection} no longer lets Orgtap in: {Kind} ({Detail})")]
    private partial void Lost(string connection, FailureKind kind, string? detail);

    [LoggerMessage(9102, LogLevel.Information, "Whether {Connection} lets Orgtap in could not be looked at: {Kind} ({Detail})")]
    private partial void NotLooked(string connection, FailureKind kind, string? detail);
}

/// <summary>The job that looks.</summary>
[DisallowConcurrentExecution]
public sealed class TokenCheckJob(TokenChecks checks) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) => await checks.RunAsync(cancellationToken);
}

/// <summary>Sets it to work.</summary>
public static class TokenCheckSchedule
{
    /// <summary>From now on grants are looked at when they are due. Quartz must be set up.</summary>
    public static Task KeepCheckingTokensAsync(this IServiceProvider services, CancellationToken cancellationToken) => services.RepeatAsync<TokenCheckJob>(JobKind.TokenCheck, TokenChecks.Period, cancellationToken);
}
