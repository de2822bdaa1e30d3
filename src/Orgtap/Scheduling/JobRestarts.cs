using System.Collections.Concurrent;
using Orgtap.Primitives;

namespace Orgtap.Scheduling;

/// <summary>A job that was running when it was decided to restart.</summary>
/// <param name="Name">For people.</param>
/// <param name="StopAsync">Returns when it has come to its end, behind what it is committing.</param>
public sealed record RestartableJob(string Name, Func<CancellationToken, Task> StopAsync, Func<CancellationToken, Task> StartAsync);

public enum RestartState
{
    Waiting,
    Stopping,

    /// <summary>Stopped; starts again at <see cref="RestartStep.StartsAt"/>.</summary>
    Paused,
    Started,
    Failed,

    /// <summary>Somebody ended the restart before its turn; it runs on.</summary>
    Left,
}

/// <summary>How far the restart of one job is.</summary>
/// <param name="Failure">Why it could not be restarted, for people.</param>
public sealed record RestartStep(string Name, RestartState State, DateTimeOffset? StartsAt, string? Failure);

/// <summary>
/// Restarts jobs one at a time, in the order given, with a pause between stop and start, and lets everybody see how far it is. A job that cannot be restarted does not keep the others from it. Which jobs were running is the
/// caller's to say: what was stopped stays stopped.
/// </summary>
public sealed class JobRestarts(TimeProvider time)
{
    /// <value>Between stop and start. 12 seconds: Salesforce needs a moment until every server knows a new grant.</value>
    public TimeSpan Pause { get; set; } = TimeSpan.FromSeconds(12);

    private volatile bool _ended;

    // "" stands for a restart over all connections.
    private readonly ConcurrentDictionary<string, IReadOnlyList<RestartStep>> _progress = new();

    /// <summary>The last restart of a connection's jobs; empty: there was none since this process began.</summary>
    public IReadOnlyList<RestartStep> ProgressOf(ConnectionId connection) => _progress.GetValueOrDefault(connection.Value, []);

    /// <summary>The last restart of all connections' jobs, begun by hand.</summary>
    public IReadOnlyList<RestartStep> ProgressOfAll => _progress.GetValueOrDefault("", []);

    /// <exception cref="OperationCanceledException">The process ends; what was stopped and not started again is the schedule's to start.</exception>
    public Task RunAsync(ConnectionId connection, IReadOnlyList<RestartableJob> running, CancellationToken cancellationToken) => RunAsync(connection.Value, running, cancellationToken);

    /// <summary>The same for jobs of all connections.</summary>
    /// <inheritdoc cref="RunAsync(ConnectionId, IReadOnlyList{RestartableJob}, CancellationToken)"/>
    public Task RunAllAsync(IReadOnlyList<RestartableJob> running, CancellationToken cancellationToken) => RunAsync("", running, cancellationToken);

    /// <summary>Ends the restart of all connections' jobs behind the one that is stopped at this moment, which starts again.</summary>
    public void EndAll() => _ended = true;

    private async Task RunAsync(string key, IReadOnlyList<RestartableJob> running, CancellationToken cancellationToken)
    {
        var steps = running.Select(job => new RestartStep(job.Name, RestartState.Waiting, null, null)).ToArray();
        if (key.Length == 0) _ended = false;
        Show();
        for (var i = 0; i < running.Count; i++)
        {
            if (key.Length == 0 && _ended)
            {
                Set(i, RestartState.Left);
                continue;
            }
            try
            {
                Set(i, RestartState.Stopping);
                await running[i].StopAsync(cancellationToken);
                Set(i, RestartState.Paused, time.GetUtcNow() + Pause);
                await Task.Delay(Pause, time, cancellationToken);
                await running[i].StartAsync(cancellationToken);
                Set(i, RestartState.Started);
            }
            catch (OrgtapException failure)
            {
                Set(i, RestartState.Failed, null, $"{failure.Message} {failure.NextStep}");
            }
        }

        void Set(int index, RestartState state, DateTimeOffset? startsAt = null, string? failure = null)
        {
            steps[index] = steps[index] with { State = state, StartsAt = startsAt, Failure = failure };
            Show();
        }

        void Show() => _progress[key] = [.. steps];
    }
}
