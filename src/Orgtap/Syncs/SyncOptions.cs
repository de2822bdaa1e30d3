using Orgtap.Extraction;

namespace Orgtap.Syncs;

/// <summary>Settings of sync runs that an installation may change.</summary>
public sealed record SyncOptions
{
    public ExtractionOptions Extraction { get; init; } = new();

    /// <summary>Tables of one run that are loaded at once.</summary>
    /// <value>Default 3.</value>
    public int ParallelTables { get; init; } = 3;

    /// <summary>How often a table is tried again within a run after a failure that passes by itself. Progress in between starts the count anew.</summary>
    /// <value>Default 3.</value>
    public int TableRetries { get; init; } = 3;

    /// <summary>The wait before the first of them; each later one waits four times as long.</summary>
    /// <value>Default 2 seconds.</value>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A describe younger than this is not asked for again by a run.</summary>
    /// <value>Default 1 hour.</value>
    public TimeSpan DescribeAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>When the operator is told that the next attempt takes place after a passing failure.</summary>
    /// <value>Default 15 minutes.</value>
    public TimeSpan NextAttempt { get; init; } = TimeSpan.FromMinutes(15);
}
