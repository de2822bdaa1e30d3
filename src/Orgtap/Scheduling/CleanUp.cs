using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orgtap.Storage;
using Quartz;

namespace Orgtap.Scheduling;

/// <summary>How long history is kept. The audit log, and each connection's newest runs and imports, are kept for good.</summary>
/// <param name="Days">Runs, imports, mended incidents and what was sent; 30 to 3,650.</param>
public sealed record Retention(int Days)
{
    public const int Shortest = 30, Longest = 3_650;

    /// <summary>A little more than a year, so that a month can be compared with the same one of the year before.</summary>
    public static readonly Retention Usual = new(400);
}

/// <summary>Removes history that nobody is to need any more, a few hundred rows at a time, so that nobody waits for it.</summary>
public sealed partial class CleanUp(ControlStore store, Retention retention, TimeProvider time, ILogger<CleanUp> logger)
{
    private const int AtOnce = 500, Newest = 50, DaysOfCalls = 32;

    private const long MillisecondsOfAnHour = 3_600_000;

    // What is removed, as a choice of the rows' keys. Children go with their parents.
    private static readonly (string Table, string Key, string Old)[] Rules =
    [
        ("runs", "id", $"outcome <> 'Running' AND started_at < @before AND id NOT IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY connection_id, purpose ORDER BY id DESC) AS place FROM runs) AS placed WHERE place <= {Newest})"),
        ("conversation_imports", "id", $"outcome <> 'Running' AND started_at < @before AND id NOT IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY connection_id ORDER BY id DESC) AS place FROM conversation_imports) AS placed WHERE place <= {Newest})"),
        ("incidents", "id", "closed_at < @before"),
        ("webhook_messages", "id", "sent_at < @before"),
        // An e-mail that was neither sent nor is tried again is history too.
        ("outbox", "id", "created_at < @before AND next_attempt_at IS NULL"),
    ];

    /// <returns>How many rows were removed.</returns>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        var (now, removed) = (time.GetUtcNow(), 0L);
        var before = now.AddDays(-retention.Days).ToUnixTimeMilliseconds();
        foreach (var (table, key, old) in Rules)
            removed += await RemoveAsync($"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {old} LIMIT {AtOnce})", new { before }, cancellationToken);
        var hour = now.AddDays(-DaysOfCalls).ToUnixTimeMilliseconds() / MillisecondsOfAnHour;
        removed += await RemoveAsync("DELETE FROM api_calls WHERE hour < @hour", new { hour }, cancellationToken);
        if (removed > 0) Removed(removed, retention.Days);
        return removed;
    }

    private async Task<long> RemoveAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        var removed = 0L;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var some = await store.WriteAsync(transaction => transaction.Connection!.ExecuteAsync(sql, parameters, transaction), cancellationToken);
            removed += some;
            if (some < AtOnce) return removed;
        }
    }

    [LoggerMessage(7401, LogLevel.Information, "{Count} rows of history older than {Days} days were removed")]
    private partial void Removed(long count, int days);
}

/// <summary>The job that cleans up.</summary>
[DisallowConcurrentExecution]
public sealed class CleanUpJob(CleanUp cleanUp) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) => await cleanUp.RunAsync(cancellationToken);
}

/// <summary>Sets it to work.</summary>
public static class CleanUpSchedule
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(6);

    /// <summary>From now on old history is removed. Quartz must be set up.</summary>
    public static Task KeepCleanAsync(this IServiceProvider services, CancellationToken cancellationToken) => services.RepeatAsync<CleanUpJob>(JobKind.CleanUp, Period, cancellationToken);
}
