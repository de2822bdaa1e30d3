using Orgtap.Records;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Extraction;

/// <summary>The SOQL of a load. Deleted rows are asked for too (queryAll), so that they arrive marked.</summary>
public static class LoadQuery
{
    /// <summary>For a Bulk job: in no order, so that Salesforce may cut it into chunks.</summary>
    public static SoqlQuery Whole(ExtractionPlan plan) => SoqlQuery.Select(plan.Schema.Columns.Select(column => column.Name)).From(plan.SObject).Where(Window(plan));

    /// <summary>For a Bulk job of one slice.</summary>
    public static SoqlQuery Slice(ExtractionPlan plan, Checkpoint load) => load.Cuts is not { Count: > 0 } cuts ? Whole(plan) : Whole(plan).Where(
        load.Slice > 0 ? SoqlCondition.IdAfter(cuts[load.Slice - 1]) : null, load.Slice < cuts.Count ? SoqlCondition.IdUpTo(cuts[load.Slice]) : null);

    /// <summary>For REST: in order of Id, behind the last one that is committed.</summary>
    /// <param name="lastId">Null: from the beginning.</param>
    public static SoqlQuery Keyset(ExtractionPlan plan, string? lastId) => Keyset(plan, [.. plan.Schema.Columns.Select(column => column.Name)], lastId, null);

    /// <summary>The same for some of the fields and up to an Id.</summary>
    /// <param name="upTo">Included; null: to the end.</param>
    public static SoqlQuery Keyset(ExtractionPlan plan, IReadOnlyList<string> fields, string? after, string? upTo) =>
        SoqlQuery.Select(fields).From(plan.SObject).Where(Window(plan)).Where(Ids(after, upTo)).OrderBy("Id");

    /// <summary>Other fields of rows that were just read. The window has no end here: a row that was changed since then must not be missing.</summary>
    public static SoqlQuery Rest(ExtractionPlan plan, IReadOnlyList<string> fields, string? after, string upTo) =>
        SoqlQuery.Select(fields).From(plan.SObject).Where(Window(plan)[..^(plan.StampField is null ? 0 : 1)]).Where(Ids(after, upTo)).OrderBy("Id");

    /// <summary>For a question that travels with others.</summary>
    public static SoqlQuery Probe(ExtractionPlan plan) => Keyset(plan, null).Limit(ProbedLoad.RowsFor(plan) + 1);

    /// <summary>Single rows, whatever their stamps.</summary>
    public static SoqlQuery ByIds(ExtractionPlan plan, IReadOnlyList<string> fields, IReadOnlyList<string> ids) =>
        SoqlQuery.Select(fields).From(plan.SObject).Where(SoqlCondition.In("Id", ids));

    private static SoqlCondition?[] Ids(string? after, string? upTo) =>
        [after is null ? null : SoqlCondition.IdAfter(after), upTo is null ? null : SoqlCondition.IdUpTo(upTo)];

    private static SoqlCondition?[] Window(ExtractionPlan plan) => plan.StampField is not { } stamp ? [] :
    [
        plan.Window.After is { } after ? SoqlCondition.StampAfter(stamp, after) : null,
        SoqlCondition.StampUpTo(stamp, plan.Window.UpTo),
    ];
}
