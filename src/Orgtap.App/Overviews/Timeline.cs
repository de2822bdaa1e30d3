using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

public enum TimelineKind
{
    Run,
    Setting,
    Schema,
}

/// <summary>Something that happened to a connection.</summary>
/// <param name="Actor">Who did it; null where the org changed by itself.</param>
/// <param name="Run">The run it is about; null otherwise.</param>
public sealed record TimelineEntry(DateTimeOffset At, TimelineKind Kind, string? Actor, string Sentence, long? Run);

/// <summary>What happened to a connection: runs, changes of settings, authorizations, and changes of the org's tables and fields; newest first.</summary>
public sealed class Timeline(RunStore runs, AuditLog audit, SchemaChangeStore changes)
{
    /// <summary>Entries a face asks for, at most.</summary>
    public const int Most = 500;

    public async Task<IReadOnlyList<TimelineEntry>> OfAsync(Connection connection, int limit, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, Most);
        var entries = new List<TimelineEntry>();
        entries.AddRange((await runs.ListAsync(connection.Id, limit, cancellationToken)).Select(Of));
        entries.AddRange((await audit.ListAsync(connection.Name, limit, cancellationToken)).Select(Of));
        entries.AddRange((await changes.ListAsync(connection.Id, limit, cancellationToken)).Select(noticed => new TimelineEntry(noticed.At, TimelineKind.Schema, null, noticed.Change.Sentence, null)));
        return [.. entries.OrderByDescending(entry => entry.At).Take(limit)];
    }

    private static TimelineEntry Of(Run run) => new(run.StartedAt, TimelineKind.Run, run.StartedBy, $"{PurposeOf(run.Purpose)} {run.Id}: {OutcomeOf(run)}.", run.Id.Value);

    private static string PurposeOf(RunPurpose purpose) => purpose switch
    {
        RunPurpose.Verify => "Verification, run",
        RunPurpose.VerifyDeep => "Verification of every value, run",
        RunPurpose.Reconcile => "Comparison of all Ids, run",
        RunPurpose.Refresh => "Reading of formulas, run",
        _ => "Run",
    };

    private static string OutcomeOf(Run run) => run.Outcome switch
    {
        RunOutcome.Running => "under way",
        RunOutcome.Completed => "complete",
        RunOutcome.Stopped => run.Problem is { } stop ? $"stopped. {stop.Message.TrimEnd('.')}" : "stopped",
        _ => run.Problem is { } problem ? $"{run.Outcome.ToString().ToLowerInvariant()}. {problem.Message.TrimEnd('.')}" : run.Outcome.ToString().ToLowerInvariant(),
    };

    private static TimelineEntry Of(AuditEntry entry) => new(entry.At, TimelineKind.Setting, entry.Actor, Worded(entry), null);

    private static string Worded(AuditEntry entry) => (entry.Action switch
    {
        "connection.created" => "Connected",
        "connection.tested" => "Tested",
        "connection.reauthorized" => "Authorized again",
        "request.made" => "Admin asked to authorize",
        "request.resent" => "Admin asked again",
        "request.withdrawn" => "Request to an admin withdrawn",
        "request.started" => "Authorize was pressed",
        "request.declined" => "Admin declined to authorize",
        "connection.paused" => "Paused",
        "connection.resumed" => "Resumed",
        "masking.set" => "Masking rules set",
        "threshold.set" => "API quota threshold set",
        "selection.set" => "Data sync changed",
        "schedule.set" => "Update frequency set",
        _ => AuditWords.Of(entry.Action),
    }) + (entry.Detail is { Length: > 0 } detail ? $": {detail}." : ".");
}
