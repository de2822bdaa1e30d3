using System.Globalization;
using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;
using Orgtap.Salesforce.Query;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Salesforce.Replication;

/// <summary>A question for the records of one object that were deleted within a span of time; seconds are ignored, the span must exceed a minute.</summary>
public sealed record DeletedWindow(string SObject, DateTimeOffset From, DateTimeOffset To)
{
    internal string Path => $"sobjects/{SoqlName.Check(SObject)}/deleted/?start={Instant(From)}&end={Instant(To)}";

    private static string Instant(DateTimeOffset at) => Uri.EscapeDataString(at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+00:00'", CultureInfo.InvariantCulture));
}

/// <summary>One record that was deleted, from the recycle bin too.</summary>
public readonly record struct DeletedRecord(string Id, DateTimeOffset At);

/// <summary>The answer about one object.</summary>
/// <param name="EarliestAvailable">What was deleted before is no longer listed.</param>
/// <param name="CoveredUpTo">Up to here the list is complete.</param>
/// <param name="Failure">Why there is no list; null if there is.</param>
/// <remarks>Source: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm</remarks>
public sealed record DeletedList(string SObject, IReadOnlyList<DeletedRecord> Records, DateTimeOffset? EarliestAvailable, DateTimeOffset? CoveredUpTo, SalesforceException? Failure)
{
    internal static DeletedList Failed(string sobject, SalesforceException failure) => new(sobject, [], null, null, failure);

    /// <summary>From an answer that travelled with others.</summary>
    public static DeletedList Of(DeletedWindow window, CompositeAnswer answer) => answer.Failure is { } failure ? Failed(window.SObject, failure) : Read(window.SObject, answer.Body);

    internal static DeletedList Read(string sobject, JsonElement body)
    {
        var records = new List<DeletedRecord>();
        foreach (var item in body.Items("deletedRecords"))
            if (item.Text("id") is { } id && Time(item, "deletedDate") is { } at) records.Add(new DeletedRecord(id, at));
        return new DeletedList(sobject, records, Time(body, "earliestDateAvailable"), Time(body, "latestDateCovered"), null);
    }

    private static DateTimeOffset? Time(JsonElement element, string name) =>
        element.Text(name) is { } text && DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ss.fffzz'00'", "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.fffzzz"],
            CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}

/// <summary>Asks for lists of deleted records, 25 to a counted call where the org has <c>/composite</c>, else one by one.</summary>
internal static class DeletedLists
{
    public static async Task<IReadOnlyList<DeletedList>> AskAsync(SalesforceClient client, OrgHttp http, IReadOnlyList<DeletedWindow> windows, CancellationToken cancellationToken)
    {
        var lists = new List<DeletedList>();
        var together = windows.Count > 1;
        foreach (var chunk in windows.Chunk(CompositeCall.MaximumCalls))
        {
            if (together)
            {
                try
                {
                    var calls = chunk.Select((window, index) => CompositeCall.Deleted($"gone{index}", window)).ToList();
                    foreach (var answer in await client.CompositeAsync(calls, cancellationToken))
                    {
                        var index = calls.FindIndex(call => call.ReferenceId == answer.ReferenceId);
                        if (index >= 0) lists.Add(DeletedList.Of(chunk[index], answer));
                    }
                    continue;
                }
                catch (SalesforceException refused) when (refused.Kind == FailureKind.Unsupported)
                {
                    together = false;
                }
            }
            foreach (var window in chunk) lists.Add(await OneAsync(client, http, window, cancellationToken));
        }
        return lists;
    }

    private static async Task<DeletedList> OneAsync(SalesforceClient client, OrgHttp http, DeletedWindow window, CancellationToken cancellationToken)
    {
        try
        {
            var (document, _) = await http.GetJsonAsync($"{(await client.VersionAsync(cancellationToken)).Path}/{window.Path}", window.SObject, cancellationToken);
            using (document) return DeletedList.Read(window.SObject, document.RootElement);
        }
        catch (SalesforceException refused) when (refused.Kind is FailureKind.Unsupported or FailureKind.Permission or FailureKind.SchemaChanged or FailureKind.Defect && refused.StatusCode is not null)
        {
            return DeletedList.Failed(window.SObject, refused);
        }
    }
}
