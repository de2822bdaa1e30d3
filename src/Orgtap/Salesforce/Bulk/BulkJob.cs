using System.Globalization;
using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Salesforce.Bulk;

/// <summary>Where a Bulk job is. Salesforce's words.</summary>
public enum BulkJobState
{
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,

    /// <summary>A word Orgtap does not know; treated as not finished.</summary>
    Other,
}

/// <summary>A query job of Bulk API 2.0. Salesforce keeps it and its results for 7 days.</summary>
/// <param name="ApiVersion">Of its creation, e.g. <c>66.0</c>; results are only given out under it.</param>
/// <param name="NumberRecordsProcessed">Rows so far, and all of them once complete; null where the org does not tell.</param>
/// <param name="ErrorMessage">Why it failed; Salesforce sometimes leaves it out.</param>
public sealed record BulkJob(
    string Id, string ApiVersion, BulkJobState State, string? Object, string? Operation, long? NumberRecordsProcessed, string? ErrorMessage,
    string? CreatedById, DateTimeOffset? CreatedDate)
{
    public bool IsFinished => State is BulkJobState.JobComplete or BulkJobState.Failed or BulkJobState.Aborted;

    internal static BulkJob Read(JsonElement root, string askedWith)
    {
        var id = root.Text("id") ?? throw SalesforceException.Unexpected("a Bulk job", "the job has no id");
        // Numeric in every answer seen, e.g. 66.0; the version of the request stands in where it is left out.
        var version = Salesforce.ApiVersion.TryParse(root.Text("apiVersion"), out var parsed) ? parsed.ToString() : askedWith;
        var created = DateTimeOffset.TryParseExact(root.Text("createdDate"), "yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var at)
            ? at : (DateTimeOffset?)null;
        return new BulkJob(id, version, Enum.TryParse<BulkJobState>(root.Text("state"), out var state) ? state : BulkJobState.Other,
            root.Text("object"), root.Text("operation"), root.Long("numberRecordsProcessed"), root.Text("errorMessage"), root.Text("createdById"), created);
    }
}

/// <summary>Results were asked for before the job was complete. Wait and ask again.</summary>
public sealed class BulkJobNotReadyException(string jobId, string? detail = null) : OrgtapException(
    FailureKind.Transient, "Salesforce has not finished preparing the rows.", "Nothing to do: Orgtap asks again.", detail)
{
    public string JobId { get; } = jobId;
}

/// <summary>Salesforce no longer has the job: deleted, older than 7 days, or made by another user. The rows are asked for with a new job.</summary>
public sealed class BulkJobGoneException(string jobId, string? detail = null) : OrgtapException(
    FailureKind.Transient, "Salesforce no longer has the rows it had prepared.", "Nothing to do: Orgtap asks for them again.", detail)
{
    public string JobId { get; } = jobId;
}
