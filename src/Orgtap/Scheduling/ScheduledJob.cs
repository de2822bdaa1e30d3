using Orgtap.Connections;
using Orgtap.Primitives;

namespace Orgtap.Scheduling;

/// <summary>What a job does at this moment.</summary>
public enum JobActivity
{
    Running,

    /// <summary>It was stopped and finishes what it is committing.</summary>
    Stopping,

    /// <summary>For its time.</summary>
    Waiting,

    /// <summary>For something that has to happen first; see <see cref="ScheduledJob.Held"/>.</summary>
    Held,

    /// <summary>Somebody stopped it; it stays so until somebody starts it.</summary>
    Stopped,
}

/// <summary>A job's last run.</summary>
/// <param name="Words">How it ended, or how far it is, for people.</param>
/// <param name="Run">Of a sync; null for other jobs.</param>
/// <param name="ApiCalls">What it cost; null: it makes none or they are not counted by run.</param>
public sealed record LastJobRun(DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string Words, RunId? Run, long? ApiCalls);

/// <summary>A scheduled job (product E1).</summary>
/// <param name="Connection">Null: it belongs to the installation.</param>
/// <param name="Does">In one line, for people.</param>
/// <param name="Held">What it waits for, for people; null unless it is held.</param>
/// <param name="Last">Null: it has not run yet, or not since this process began.</param>
/// <param name="Next">Null: not by itself.</param>
/// <param name="Often">For people, behind the next run.</param>
public sealed record ScheduledJob(
    Connection? Connection, JobKind Kind, string Does, JobActivity Activity, string? Held, LastJobRun? Last, DateTimeOffset? Next, string Often, DateTimeOffset? StoppedAt, string? StoppedBy)
{
    /// <summary>How often it runs, where that can be set; null: it cannot.</summary>
    public UpdateFrequency? Frequency { get; init; }
}
