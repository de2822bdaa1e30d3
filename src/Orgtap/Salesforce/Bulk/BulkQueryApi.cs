using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orgtap.Salesforce.Describe;
using Orgtap.Salesforce.Soql;

namespace Orgtap.Salesforce.Bulk;

/// <summary>Query jobs of Bulk API 2.0. Each method is one counted call, but for the two that list.</summary>
public sealed partial class BulkQueryApi
{
    private const int MaximumListPages = 50;

    private readonly OrgHttp _http;
    private readonly Func<CancellationToken, Task<ApiVersion>> _version;

    internal BulkQueryApi(OrgHttp http, Func<CancellationToken, Task<ApiVersion>> version)
    {
        _http = http;
        _version = version;
    }

    /// <summary>Starts a job. Never repeated by itself: a lost answer would leave a second job behind.</summary>
    /// <param name="includeDeleted">Also rows in the recycle bin and archived activities.</param>
    /// <exception cref="SalesforceException">Unsupported: Bulk cannot serve this object or query.</exception>
    public async Task<BulkJob> CreateAsync(string soql, bool includeDeleted, CancellationToken cancellationToken)
    {
        var version = await _version(cancellationToken);
        using var request = _http.Request(HttpMethod.Post, $"{version.Path}/jobs/query", SoqlQuery.ObjectOf(soql));
        request.Content = Json(new
        {
            operation = includeDeleted ? "queryAll" : "query", query = soql, contentType = "CSV", columnDelimiter = "COMMA", lineEnding = "LF",
        });
        var (document, _) = await _http.JsonAsync(request, cancellationToken);
        using (document) return BulkJob.Read(document.RootElement, version.ToString());
    }

    /// <param name="apiVersion">Of the job's creation.</param>
    /// <exception cref="BulkJobGoneException">Salesforce no longer has it.</exception>
    public Task<BulkJob> GetAsync(string jobId, string apiVersion, CancellationToken cancellationToken) => OrGoneAsync(jobId, async () =>
    {
        var (document, _) = await _http.GetJsonAsync(JobPath(jobId, apiVersion), "the Bulk job", cancellationToken);
        using (document) return BulkJob.Read(document.RootElement, apiVersion);
    });

    /// <summary>Opens one page of a complete job's rows. Returns when the headers are there; the body is read by the caller.</summary>
    /// <param name="locator">Null or empty: the first page.</param>
    /// <param name="maxRecords">Rows per page; 0: Salesforce chooses.</param>
    /// <exception cref="BulkJobNotReadyException">The job is not complete.</exception>
    /// <exception cref="BulkJobGoneException">Salesforce no longer has it.</exception>
    public Task<BulkResults> ResultsAsync(
        string jobId, string apiVersion, string? locator, int maxRecords, CancellationToken cancellationToken) => OrGoneAsync(jobId, async () =>
    {
        var query = new List<string>(2);
        if (maxRecords > 0) query.Add(string.Create(CultureInfo.InvariantCulture, $"maxRecords={maxRecords}"));
        if (!string.IsNullOrEmpty(locator)) query.Add("locator=" + Uri.EscapeDataString(locator));
        const string subject = "the rows of a Bulk job";
        using var request = _http.Request(HttpMethod.Get, $"{JobPath(jobId, apiVersion)}/results{(query.Count == 0 ? "" : "?")}{string.Join('&', query)}", subject);
        request.Headers.Accept.ParseAdd("text/csv");
        request.Options.Set(OrgRequest.StreamsBody, true);
        var response = await _http.SendAsync(request, cancellationToken);
        try
        {
            if (response.StatusCode == HttpStatusCode.NoContent) throw new BulkJobNotReadyException(jobId, "HTTP 204");
            var body = await _http.OpenBodyAsync(response, subject, cancellationToken);
            long? rows = long.TryParse(Header(response, "Sforce-NumberOfRecords"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
            // The last page carries the word "null".
            var next = Header(response, "Sforce-Locator") is { Length: > 0 } found && found != "null" ? found : null;
            return new BulkResults(response, body, rows, next);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    });

    /// <summary>Where all pages of a complete job begin, so that they can be read side by side (API 58.0 and later); the first page's is empty text.</summary>
    /// <returns>Null where the org has no such resource: read page after page then.</returns>
    public async Task<IReadOnlyList<string>?> ResultPageLocatorsAsync(string jobId, string apiVersion, CancellationToken cancellationToken)
    {
        if (!ApiVersion.TryParse(apiVersion, out var version) || version < ApiVersion.FirstWithResultPages) return null;
        const string subject = "the pages of a Bulk job";
        var locators = new List<string>();
        var path = $"{JobPath(jobId, apiVersion)}/resultPages";
        for (var asked = new HashSet<string>(StringComparer.Ordinal); asked.Add(path);)
        {
            JsonDocument document;
            try
            {
                (document, _) = await _http.GetJsonAsync(path, subject, cancellationToken);
            }
            catch (SalesforceException absent) when (asked.Count == 1
                && absent.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.BadRequest)
            {
                return null;
            }

            using (document)
            {
                var root = document.RootElement;
                foreach (var page in root.Items("resultPages"))
                    locators.Add(LocatorOf(_http.PathAtPinnedHost(page.Text("resultUrl") ?? "", subject)));
                // Both spellings are documented.
                var next = root.Text("nextRecordsUrl") ?? root.Text("nextRecordUrl");
                if (root.Flag("done") != false || next is null) return locators;
                path = _http.PathAtPinnedHost(next, subject);
                if (!PagesShape().IsMatch(path)) throw SalesforceException.Unexpected(subject, "its next page is not a list of pages");
            }
        }

        throw SalesforceException.Unexpected(subject, "the list of pages goes in a circle");
    }

    /// <summary>Query jobs of the org that the user may see, newest answers of Salesforce first. One call per page of the list.</summary>
    public async Task<IReadOnlyList<BulkJob>> ListAsync(CancellationToken cancellationToken)
    {
        const string subject = "the list of Bulk jobs";
        var version = await _version(cancellationToken);
        var jobs = new List<BulkJob>();
        var path = $"{version.Path}/jobs/query?jobType=V2Query";
        for (var page = 0; page < MaximumListPages; page++)
        {
            var (document, _) = await _http.GetJsonAsync(path, subject, cancellationToken);
            using (document)
            {
                jobs.AddRange(document.RootElement.Items("records").Select(item => BulkJob.Read(item, version.ToString())));
                if (document.RootElement.Flag("done") != false || document.RootElement.Text("nextRecordsUrl") is not { } next) break;
                path = _http.PathAtPinnedHost(next, subject);
                if (!ListShape().IsMatch(path)) throw SalesforceException.Unexpected(subject, "its next page is not a list of jobs");
            }
        }

        return jobs;
    }

    /// <summary>Stops a job that is not finished.</summary>
    public Task<BulkJob> AbortAsync(string jobId, string apiVersion, CancellationToken cancellationToken) => OrGoneAsync(jobId, async () =>
    {
        using var request = _http.Request(HttpMethod.Patch, JobPath(jobId, apiVersion), "the Bulk job");
        request.Content = Json(new { state = "Aborted" });
        var (document, _) = await _http.JsonAsync(request, cancellationToken);
        using (document) return BulkJob.Read(document.RootElement, apiVersion);
    });

    /// <summary>Deletes a finished job and its results. One that is gone already is fine.</summary>
    public async Task DeleteAsync(string jobId, string apiVersion, CancellationToken cancellationToken)
    {
        using var request = _http.Request(HttpMethod.Delete, JobPath(jobId, apiVersion), "the Bulk job");
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
        }
        catch (SalesforceException gone) when (gone.StatusCode == HttpStatusCode.NotFound)
        {
            // That is what was wanted.
        }
    }

    private static string JobPath(string jobId, string apiVersion) =>
        ApiVersion.TryParse(apiVersion, out var version) && jobId.Length is > 0 and <= 18 && jobId.All(char.IsAsciiLetterOrDigit)
            ? $"{version.Path}/jobs/query/{jobId}"
            : throw SalesforceException.Unexpected("a Bulk job", "a job id or version that is none");

    private static async Task<T> OrGoneAsync<T>(string jobId, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (SalesforceException failure) when (failure.StatusCode == HttpStatusCode.NotFound)
        {
            throw new BulkJobGoneException(jobId, failure.Detail);
        }
        catch (SalesforceException failure) when (failure.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            throw new BulkJobNotReadyException(jobId, failure.Detail);
        }
    }

    private static string LocatorOf(string path)
    {
        var locator = path.IndexOf('?', StringComparison.Ordinal) is >= 0 and var mark
            ? path[(mark + 1)..].Split('&').FirstOrDefault(pair => pair.StartsWith("locator=", StringComparison.Ordinal))
            : null;
        return locator is null ? "" : Uri.UnescapeDataString(locator["locator=".Length..]);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    private static ByteArrayContent Json<T>(T body) => new(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new("application/json") } };

    [GeneratedRegex(@"\A/services/data/v\d{1,3}\.\d/jobs/query/[A-Za-z0-9]{15,18}/resultPages(\?\S*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex PagesShape();

    [GeneratedRegex(@"\A/services/data/v\d{1,3}\.\d/jobs/query/?(\?\S*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex ListShape();
}
