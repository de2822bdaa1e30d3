using System.Text.Json;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Salesforce.Jobs;

/// <summary>
/// Apex that runs, waits to run, or ran in the background of the org: an AsyncApexJob that is no schedule's and no piece of a batch
/// (https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_asyncapexjob.htm). Times are UTC.
/// </summary>
/// <param name="Id">18 characters, beginning with 707.</param>
/// <param name="JobType">In Salesforce's words: BatchApex, Queueable, Future, SharingRecalculation, TestRequest …</param>
/// <param name="Status">In Salesforce's words: Holding, Queued, Preparing, Processing, Aborted, Completed, Failed.</param>
/// <param name="Said">What Salesforce says of a failure.</param>
/// <param name="Total">Pieces of a batch; 0 for everything else.</param>
public sealed record ApexRun(
    string Id, string JobType, string? ClassName, string? MethodName, string Status, string? Said, long Errors, long Processed, long Total, DateTimeOffset? CreatedAt, DateTimeOffset? EndedAt, string? StartedBy)
{
    internal static readonly string[] Unfinished = ["Holding", "Queued", "Preparing", "Processing"];

    internal static readonly string[] Ended = ["Aborted", "Completed", "Failed"];

    internal static readonly string[] Fields =
        ["Id", "JobType", "ApexClass.Name", "ApexClass.NamespacePrefix", "MethodName", "Status", "ExtendedStatus", "NumberOfErrors", "JobItemsProcessed", "TotalJobItems", "CreatedDate", "CompletedDate", "CreatedBy.Name"];

    /// <summary>It was ended, by itself or by somebody.</summary>
    public bool HasEnded => Array.IndexOf(Ended, Status) >= 0;

    internal static ApexRun? Read(JsonElement row) => row.Text("Id") is { } id
        ? new ApexRun(id, row.Text("JobType") ?? "", OrgTime.ClassOf(row), row.Text("MethodName"), row.Text("Status") ?? "", row.Text("ExtendedStatus"), row.Long("NumberOfErrors") ?? 0, row.Long("JobItemsProcessed") ?? 0,
            row.Long("TotalJobItems") ?? 0, OrgTime.Of(row, "CreatedDate"), OrgTime.Of(row, "CompletedDate"), OrgTime.NameOf(row, "CreatedBy"))
        : null;
}
