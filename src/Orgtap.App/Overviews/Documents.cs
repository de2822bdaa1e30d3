using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Syncs;

namespace Orgtap.App.Overviews;

/// <summary>A problem as JSON.</summary>
/// <param name="Turn">Who acts: <c>We</c>, <c>Operator</c> or <c>Admin</c>.</param>
public sealed record ProblemDocument(string Message, string NextStep, Turn Turn, FailureKind Kind, DateTimeOffset Since, DateTimeOffset? RetryAt, string? Detail)
{
    public static ProblemDocument? Of(Problem? problem) => problem is null ? null
        : new(problem.Message, problem.NextStep, problem.Turn, problem.Kind, problem.Since, problem.RetryAt, problem.Detail);
}

/// <summary>API calls of an org in the last 24 hours.</summary>
/// <param name="StopsAt">Calls at which this connection stops.</param>
public sealed record ApiUseDocument(long Used, long Maximum, long Own, long StopsAt, DateTimeOffset ObservedAt)
{
    public static ApiUseDocument? Of(ConnectionOverview overview) => overview.Use is { } use
        ? new ApiUseDocument(use.Used, use.Maximum, use.Own, use.Maximum * overview.Connection.QuotaThresholdPercent / 100, use.ObservedAt) : null;
}

/// <summary>A connection as JSON, in the HTTP API and with <c>--json</c>. Holds no secret.</summary>
/// <param name="DataAsOf">Every change of the org up to here is in the replica; absent while a selected table is not loaded yet.</param>
/// <param name="Edition">As the org calls it, e.g. Enterprise Edition; absent where the user may not see it.</param>
/// <param name="AuthorizedBy">Who gave the access that is in use: an operator, or the admin who was asked.</param>
/// <param name="Replica">Where its rows lie, or will: the path of a file, or a PostgreSQL database and its schema.</param>
public sealed record ConnectionDocument(
    string Name, string Status, ProblemDocument? Problem, string? OrgId, string? OrgName, Uri LoginUrl, Uri? InstanceUrl, string? Username, AuthorizationFlow Flow,
    bool SyncEnabled, int QuotaThresholdPercent, int SelectedTables, long Rows, ApiUseDocument? ApiUse, long? RunningRun, DateTimeOffset? LastSuccessAt, DateTimeOffset CreatedAt,
    string? Replica = null, string? UpdateFrequency = null, DateTimeOffset? NextSyncAt = null, DateTimeOffset? DataAsOf = null, bool Sandbox = false, string? Edition = null, string? AuthorizedBy = null, DateTimeOffset? AuthorizedAt = null)
{
    public static ConnectionDocument Of(ConnectionOverview overview)
    {
        var connection = overview.Connection;
        return new ConnectionDocument(
            connection.Name, overview.Status.Word(), ProblemDocument.Of(connection.Problem), connection.OrgId?.Value, connection.OrgName, connection.LoginUrl,
            connection.InstanceUrl, connection.Username, connection.Flow, connection.SyncEnabled, connection.QuotaThresholdPercent, overview.Selection.Count, overview.Rows,
            ApiUseDocument.Of(overview),
            overview.IsRunning ? overview.LastRun?.Id.Value : null, connection.LastSuccessAt, connection.CreatedAt, overview.Replica, connection.Frequency.Text, overview.NextSyncAt,
            overview.DataAsOf, overview.IsSandbox, connection.Edition, connection.AuthorizedBy, connection.AuthorizedAt);
    }
}

/// <summary>A field of a table that can be selected, or cannot and why.</summary>
public sealed record FieldDocument(string Name, string Label, string Type, bool Selectable, string? Reason, bool Formula, bool Required)
{
    public static FieldDocument Of(CatalogField field) => new(field.Name, field.Label, field.SalesforceType, field.Selectable, field.Reason, field.Formula, field.Required);
}

/// <summary>What is selected, and what of the wish this org lacks.</summary>
/// <param name="Fields">API names; null: all selectable fields.</param>
public sealed record SelectionDocument(IReadOnlyList<SelectedObject> Tables, IReadOnlyList<MissingPart>? Missing = null);

/// <summary>What the next sync would do and cost.</summary>
/// <param name="Calls">All API calls, about.</param>
/// <param name="Together">Of these, the ones that ask about several tables at once.</param>
public sealed record ForecastDocument(long Calls, long Together, IReadOnlyList<PlanDocument> Tables)
{
    public static ForecastDocument Of(SyncForecast forecast) => new(forecast.Calls, forecast.Together, [.. forecast.Plans.Select(PlanDocument.Of)]);
}

/// <summary>How a table would be loaded, at what cost, and why so.</summary>
public sealed record PlanDocument(
    string Table, ExtractionApi Api, LoadMode Mode, int Fields, long? EstimatedRows, long EstimatedCalls, bool Resumes, IReadOnlyList<string> Reasons)
{
    public static PlanDocument Of(ExtractionPlan plan) =>
        new(plan.SObject, plan.Api, plan.Mode, plan.Schema.Columns.Count, plan.EstimatedRows, plan.EstimatedCalls, plan.Resumes, plan.Reasons);
}

/// <summary>The proof of one table's load.</summary>
public sealed record ReceiptDocument(
    string Verdict, string Sentence, LoadMode Mode, ExtractionApi Api, long? Expected, long? Reported, long Received, long Written, long Inserted, long Changed,
    long Unchanged, long MarkedDeleted, long Rejected, IReadOnlyList<RejectedRow> RejectedRows)
{
    public static ReceiptDocument? Of(Receipt? receipt) => receipt is null ? null : new(
        receipt.Verdict.Words(), receipt.Sentence, receipt.Mode, receipt.Api, receipt.Expected, ReportedBy(receipt), receipt.Tally.Parsed, receipt.Tally.Written,
        receipt.Tally.Inserted, receipt.Tally.Changed, receipt.Tally.Unchanged, receipt.Tally.MarkedDeleted, receipt.Tally.Rejected, receipt.Rejected);

    /// <summary>Rows Salesforce said there are; null where it did not count them all.</summary>
    public static long? ReportedBy(Receipt receipt) =>
        receipt.Expected ?? (receipt.Tally.Pages > 0 && receipt.Tally.ReportedPages == receipt.Tally.Pages ? receipt.Tally.Reported : null);
}

/// <summary>One table of a run.</summary>
/// <param name="Activity">What it is doing, for people; only while it runs.</param>
public sealed record RunTableDocument(
    string Table, RunTableState State, long? RowsExpected, long RowsWritten, double? RowsPerSecond, DateTimeOffset? ExpectedEnd, long Bytes, long ApiCalls,
    DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, ReceiptDocument? Receipt, ProblemDocument? Problem, IReadOnlyList<string>? Reasons, string? Activity = null);

/// <summary>One sync of one connection, with its receipts; while it runs, live.</summary>
public sealed record RunDocument(
    long Id, string Connection, string StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, RunOutcome Outcome, string? Verdict, long ApiCalls, long? ExpectedCalls,
    long RowsWritten, long? RowsExpected, double? RowsPerSecond, ProblemDocument? Problem, IReadOnlyList<RunTableDocument> Tables)
{
    /// <param name="live">What this process knows of the run while it runs it; null otherwise.</param>
    public static RunDocument Of(Run run, string connection, RunSnapshot? live)
    {
        var tables = live is null
            ? run.Tables.Select(table => (Table: table, Rate: (double?)null, End: (DateTimeOffset?)null, Activity: (string?)null)).ToList()
            : [.. live.Tables.Select(table => (table.Table, (double?)Math.Round(table.RowsPerSecond), table.ExpectedEnd, (string?)table.Activity))];
        return new RunDocument(
            run.Id.Value, connection, run.StartedBy, run.StartedAt, run.EndedAt, run.Outcome, run.Verdict?.Words(), live?.ApiCalls ?? run.ApiCalls, run.ExpectedCalls,
            tables.Sum(table => table.Table.RowsWritten), RunFigures.RowsExpected([.. tables.Select(table => table.Table)]),
            live is null ? null : Math.Round(live.RowsPerSecond), ProblemDocument.Of(run.Problem),
            [.. tables.Select(table => new RunTableDocument(
                table.Table.SObject, table.Table.State, table.Table.RowsExpected, table.Table.RowsWritten, table.Rate, table.End, table.Table.Bytes, table.Table.ApiCalls,
                table.Table.StartedAt, table.Table.EndedAt, ReceiptDocument.Of(table.Table.Receipt), ProblemDocument.Of(table.Table.Problem), table.Table.Plan?.Reasons, table.Activity))]);
    }

    /// <summary>A run as this process sees it at this moment.</summary>
    public static RunDocument Of(RunSnapshot live, string connection) => Of(new Run(live.Id, live.ConnectionId, live.StartedBy, live.StartedAt, live.EndedAt, live.Outcome,
        live.Verdict, live.ApiCalls, live.Problem, [.. live.Tables.Select(table => table.Table)]), connection, live);
}
