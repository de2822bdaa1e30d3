using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;

namespace Orgtap.Syncs;

public enum RunOutcome
{
    Running,

    /// <summary>Every table is complete.</summary>
    Completed,

    /// <summary>Some tables are; the others failed or miss rows.</summary>
    Partial,

    /// <summary>No table came through.</summary>
    Failed,

    /// <summary>Somebody, the quota or the end of the process stopped it between two pages; the next run goes on.</summary>
    Stopped,
}

/// <summary>One sync of one connection.</summary>
/// <param name="StartedBy">An e-mail address, <c>command line</c> or <c>scheduler</c>.</param>
/// <param name="Verdict">The worst of its tables' verdicts; null while it runs or if none was loaded.</param>
public sealed record Run(
    RunId Id, ConnectionId ConnectionId, string StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, RunOutcome Outcome, Verdict? Verdict,
    long ApiCalls, Problem? Problem, IReadOnlyList<RunTable> Tables)
{
    /// <summary>What it does beyond bringing every table up to date.</summary>
    public RunPurpose Purpose { get; init; }

    /// <summary>The trace of whoever began it, as W3C's traceparent; null: nobody traced.</summary>
    public string? Trace { get; init; }

    /// <summary>What it was expected to cost when it began; null: not foretold.</summary>
    public long? ExpectedCalls { get; init; }
}

/// <summary>When a connection's runs of each purpose, or of one that does the same and more, began last; null: never.</summary>
public sealed record RunStarts(DateTimeOffset? Last, DateTimeOffset? LastReconcile, DateTimeOffset? LastRefresh)
{
    public static readonly RunStarts None = new(null, null, null);

    /// <summary>By how much the clocks of several machines may differ.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>Without starts that lie ahead: they were noted while a clock was wrong.</summary>
    public RunStarts Until(DateTimeOffset now)
    {
        return new RunStarts(Past(Last), Past(LastReconcile), Past(LastRefresh));

        DateTimeOffset? Past(DateTimeOffset? start) => start > now + Tolerance ? null : start;
    }
}

public enum RunTableState
{
    Waiting,
    Running,
    Done,
    Failed,

    /// <summary>Not tried, or left between two pages, because the run stopped.</summary>
    Held,
}

/// <summary>One table of a run.</summary>
/// <param name="RowsExpected">Of the whole load; exact once Salesforce told, before that about; null: unknown.</param>
/// <param name="RowsWritten">Of the whole load, earlier runs of a resumed load included.</param>
/// <param name="Bytes">Of response bodies, unpacked.</param>
public sealed record RunTable(
    string SObject, RunTableState State, PlanSummary? Plan = null, Receipt? Receipt = null, Problem? Problem = null, long? RowsExpected = null,
    long RowsWritten = 0, long Bytes = 0, long ApiCalls = 0, DateTimeOffset? StartedAt = null, DateTimeOffset? EndedAt = null);
