using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce.Bulk;
using Orgtap.Salesforce.Describe;
using Orgtap.Salesforce.Jobs;
using Orgtap.Salesforce.OAuth;
using Orgtap.Salesforce.Query;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Salesforce;

/// <summary>
/// Speaks to one org. Cheap to make: one per table of a run, with its own counter. Every call may throw <see cref="SalesforceException"/> or, when the
/// quota guard says no, <see cref="QuotaStopException"/>.
/// </summary>
public sealed class SalesforceClient
{
    private readonly OrgHttp _http;
    private readonly VersionMemory _version;

    internal SalesforceClient(OrgHttp http, VersionMemory version)
    {
        _http = http;
        _version = version;
        Bulk = new BulkQueryApi(http, VersionAsync);
        Entries = new ConversationEntries(this, http);
        OrgJobs = new OrgJobsApi(this, http);
    }

    /// <summary>What was said in messaging sessions and calls.</summary>
    public ConversationEntries Entries { get; }

    /// <summary>Jobs inside the org.</summary>
    public OrgJobsApi OrgJobs { get; }

    /// <summary>Query jobs of Bulk API 2.0.</summary>
    public BulkQueryApi Bulk { get; }

    /// <summary>The newest API version that both the org and Orgtap know. Asked for without a token; not counted by Salesforce.</summary>
    /// <exception cref="SalesforceException">Unsupported: there is none.</exception>
    public async Task<ApiVersion> VersionAsync(CancellationToken cancellationToken)
    {
        if (_version.Version is { } known) return known;
        var (document, _) = await _http.GetJsonAsync("/services/data", "the org's API versions", cancellationToken);
        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Array) throw SalesforceException.Unexpected("the org's API versions", "the answer is no list");
            var offered = new List<ApiVersion>();
            foreach (var item in document.RootElement.EnumerateArray())
                if (ApiVersion.TryParse(item.Text("version"), out var version)) offered.Add(version);
            var usable = offered.Where(version => version >= ApiVersion.Oldest && version <= ApiVersion.Newest).ToList();
            if (usable.Count == 0)
                throw new SalesforceException(FailureKind.Unsupported, $"The org offers no API version between {ApiVersion.Oldest} and {ApiVersion.Newest}.",
                    "Check that the address is a Salesforce org's, or use a newer Orgtap.", null, null, $"offered: {string.Join(", ", offered)}");
            var newest = usable.Max();
            _version.Remember(newest);
            return newest;
        }
    }

    /// <summary>Every object the user can see; read it with <see cref="GlobalDescribe.Parse"/>.</summary>
    /// <param name="ifModifiedSince">From the last answer, word for word.</param>
    public async Task<DescribeAnswer> GlobalDescribeAsync(string? ifModifiedSince, CancellationToken cancellationToken) =>
        await ConditionalAsync($"{(await VersionAsync(cancellationToken)).Path}/sobjects", "the list of tables", ifModifiedSince, cancellationToken);

    /// <summary>One object; read it with <see cref="ObjectDescribe.Parse"/>.</summary>
    public async Task<DescribeAnswer> DescribeAsync(string sobject, string? ifModifiedSince, CancellationToken cancellationToken) =>
        await ConditionalAsync($"{(await VersionAsync(cancellationToken)).Path}/sobjects/{SoqlName.Check(sobject)}/describe", sobject, ifModifiedSince, cancellationToken);

    /// <summary>Rows per object, as cheaply as the org allows; may be some minutes old. Objects that cannot be counted are absent.</summary>
    public Task<IReadOnlyDictionary<string, long>> CountAsync(IReadOnlyList<string> sobjects, CancellationToken cancellationToken) =>
        new RecordCounts(this, _http).CountAsync(sobjects, cancellationToken);

    /// <summary>Reads a query page by page; the pages are the caller's to dispose. A page is asked for when the one before was taken.</summary>
    /// <param name="soql">From <see cref="SoqlQuery"/>.</param>
    /// <param name="includeDeleted">Also rows in the recycle bin and archived activities.</param>
    public async IAsyncEnumerable<QueryPage> QueryAsync(string soql, bool includeDeleted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var subject = SoqlQuery.ObjectOf(soql);
        var path = $"{(await VersionAsync(cancellationToken)).Path}/{(includeDeleted ? "queryAll" : "query")}?q={Uri.EscapeDataString(soql)}";
        while (true)
        {
            using var request = _http.Request(HttpMethod.Get, path, subject);
            request.Headers.TryAddWithoutValidation("Sforce-Query-Options", "batchSize=2000");
            var (document, bytes) = await _http.JsonAsync(request, cancellationToken);
            var root = document.RootElement;
            var next = root.Text("nextRecordsUrl");
            if (root.Flag("done") is not { } done || !root.HasList("records") || (!done && next is null))
            {
                document.Dispose();
                throw SalesforceException.Unexpected(subject, "a page of a query without its rows or its end");
            }

            yield return new QueryPage(root.Long("totalSize") ?? 0, done, document, bytes);
            if (done) yield break;
            path = QueryLocator.Check(_http.PathAtPinnedHost(next!, subject), subject);
        }
    }

    /// <summary>Up to 25 questions, five of them queries, for one counted call. Each answer may fail by itself.</summary>
    /// <exception cref="SalesforceException">Unsupported, where the org has no composite resource.</exception>
    public async Task<IReadOnlyList<CompositeAnswer>> CompositeAsync(IReadOnlyList<CompositeCall> calls, CancellationToken cancellationToken)
    {
        if (calls.Count is 0 or > CompositeCall.MaximumCalls || calls.Count(call => call.IsQuery) > CompositeCall.MaximumQueries)
            throw new ArgumentException($"A series has up to {CompositeCall.MaximumCalls} calls, {CompositeCall.MaximumQueries} of them queries.", nameof(calls));
        var version = await VersionAsync(cancellationToken);
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            allOrNone = false,
            collateSubrequests = true,
            compositeRequest = calls.Select(call => new { method = "GET", url = $"{version.Path}/{call.Path}", referenceId = call.ReferenceId }),
        });
        using var request = _http.Request(HttpMethod.Post, $"{version.Path}/composite", "several tables at once");
        request.Options.Set(OrgRequest.Repeatable, true);
        request.Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        var (document, _) = await _http.JsonAsync(request, cancellationToken);
        using (document) return [.. document.RootElement.Items("compositeResponse").Select(ReadAnswer)];
    }

    /// <summary>Records that were deleted, for good or into the recycle bin, of many objects; 25 to a counted call. Each answer may fail by itself.</summary>
    public Task<IReadOnlyList<Replication.DeletedList>> DeletedAsync(IReadOnlyList<Replication.DeletedWindow> windows, CancellationToken cancellationToken) =>
        Replication.DeletedLists.AskAsync(this, _http, windows, cancellationToken);

    /// <summary>The smallest and the largest Id of an object, deleted rows included; null where it has no rows or cannot be sorted. Two counted calls.</summary>
    public async Task<(string First, string Last)?> IdRangeAsync(string sobject, CancellationToken cancellationToken)
    {
        try
        {
            return await EndAsync(false) is { } first && await EndAsync(true) is { } last ? (first, last) : null;
        }
        catch (SalesforceException refused) when (refused.Kind is FailureKind.Unsupported or FailureKind.SchemaChanged or FailureKind.Defect && refused.StatusCode is not null)
        {
            return null;
        }

        async Task<string?> EndAsync(bool descending)
        {
            string? id = null;
            await foreach (var page in QueryAsync(SoqlQuery.Select("Id").From(sobject).OrderBy("Id", descending).Limit(1).ToString(), true, cancellationToken))
                using (page)
                    foreach (var row in page.Records.EnumerateArray()) id = row.Text("Id");
            return id;
        }
    }

    /// <summary>The Id of the user we speak as, 18 characters; null where the org does not say. One call.</summary>
    public async Task<string?> UserIdAsync(CancellationToken cancellationToken)
    {
        var (document, _) = await _http.GetJsonAsync("/services/oauth2/userinfo", "the user", cancellationToken);
        using (document) return SalesforceId.To18(document.RootElement.Text("user_id"));
    }

    public async Task<OrgLimits> LimitsAsync(CancellationToken cancellationToken)
    {
        var (document, _) = await _http.GetJsonAsync($"{(await VersionAsync(cancellationToken)).Path}/limits", "the org's limits", cancellationToken);
        using (document) return OrgLimits.Parse(document.RootElement);
    }

    /// <summary>The org's name, edition and kind. One counted call.</summary>
    public async Task<OrganizationFacts> OrganizationAsync(CancellationToken cancellationToken)
    {
        var query = SoqlQuery.Select("Id", "Name", "OrganizationType", "IsSandbox").From("Organization").Limit(1).ToString();
        await foreach (var page in QueryAsync(query, false, cancellationToken))
        {
            using (page)
            {
                foreach (var row in page.Records.EnumerateArray())
                    if (SalesforceId.To18(row.Text("Id")) is { } id)
                        return new OrganizationFacts(new OrgId(id), row.Text("Name") ?? id, row.Text("OrganizationType"), row.Flag("IsSandbox") ?? false);
            }
        }

        throw SalesforceException.Unexpected("Organization", "the org says nothing about itself");
    }

    private async Task<DescribeAnswer> ConditionalAsync(string path, string subject, string? ifModifiedSince, CancellationToken cancellationToken)
    {
        using var request = _http.Request(HttpMethod.Get, path, subject);
        request.Headers.Accept.ParseAdd("application/json");
        if (ifModifiedSince is not null) request.Headers.TryAddWithoutValidation("If-Modified-Since", ifModifiedSince);
        using var response = await _http.SendAsync(request, cancellationToken);
        var lastModified = response.Content.Headers.NonValidated.TryGetValues("Last-Modified", out var values) ? values.ToString() : null;
        if (response.StatusCode == HttpStatusCode.NotModified) return new DescribeAnswer(null, lastModified ?? ifModifiedSince);
        await using var body = await _http.OpenBodyAsync(response, subject, cancellationToken);
        using var reader = new StreamReader(body, Encoding.UTF8);
        return new DescribeAnswer(await reader.ReadToEndAsync(cancellationToken), lastModified);
    }

    private static CompositeAnswer ReadAnswer(JsonElement item)
    {
        var reference = item.Text("referenceId") ?? "";
        var status = item.Int("httpStatusCode");
        var body = item.TryGetProperty("body", out var answered) ? answered.Clone() : default;
        var failure = status is >= 200 and < 300 ? null
            : ErrorClassifier.Classify(reference, (HttpStatusCode)status, body.ValueKind == JsonValueKind.Undefined ? "" : body.GetRawText(), "application/json");
        return new CompositeAnswer(reference, status, body, failure);
    }
}
