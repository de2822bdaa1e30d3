using System.Text.Json;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Salesforce.Query;

/// <summary>One of several questions that travel together and count as one call.</summary>
/// <param name="Path">Below the API version, e.g. <c>sobjects/Account/describe</c>.</param>
/// <param name="ReferenceId">Names the answer: letters, digits and underscores, beginning with a letter, unique among the calls.</param>
/// <param name="IsQuery">At most five of a series may be queries.</param>
public sealed record CompositeCall(string Path, string ReferenceId, bool IsQuery)
{
    /// <summary>Salesforce's limits of one series.</summary>
    public const int MaximumCalls = 25, MaximumQueries = 5;

    /// <param name="includeDeleted">Also rows in the recycle bin and archived activities.</param>
    public static CompositeCall Query(string referenceId, SoqlQuery query, bool includeDeleted) =>
        new($"{(includeDeleted ? "queryAll" : "query")}/?q={Uri.EscapeDataString(query.ToString())}", referenceId, true);

    public static CompositeCall Deleted(string referenceId, Replication.DeletedWindow window) => new(window.Path, referenceId, false);

    public static CompositeCall Describe(string referenceId, string sobject) => new($"sobjects/{SoqlName.Check(sobject)}/describe", referenceId, false);
}

/// <summary>The answer to a <see cref="CompositeCall"/>.</summary>
/// <param name="Body">Independent of any document's lifetime.</param>
/// <param name="Failure">What went wrong with this one; null when it was answered.</param>
public sealed record CompositeAnswer(string ReferenceId, int StatusCode, JsonElement Body, SalesforceException? Failure);
