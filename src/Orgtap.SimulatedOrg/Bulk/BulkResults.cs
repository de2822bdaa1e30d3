using System.Globalization;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.Bulk;

/// <summary>Result pages of a job, one after the other (<c>/results</c>) or as addresses to fetch side by side (<c>/resultPages</c>, API 58.0).</summary>
internal sealed class BulkResults(BulkJobs jobs, TimeProvider time, Oldness oldness, int defaultPageRows)
{
    private const int AddressesAtOnce = 5;
    private const decimal ResultPagesSince = 58.0m;
    private readonly Locators _locators = new(oldness.Locators);

    public RestResource Results => new("bulk.results", "GET", "jobs/query/{job}/results", Page, Alone: true);

    public RestResource ResultPages => new("bulk.resultPages", "GET", "jobs/query/{job}/resultPages", Addresses, Alone: true);

    private RestReply Page(RestCall call)
    {
        if (Finished(call) is not { } job) return new RestReply(204);
        var spool = job.Slot.Spool;
        var place = Place(call);
        if (place.From > spool.Count) throw new RestException(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
        var to = Math.Min(place.From + Math.Min(place.Rows ?? long.MaxValue, MaxRecords(call) ?? place.Rows ?? defaultPageRows), spool.Count);
        var left = place.Rows - (to - place.From);
        var next = to < spool.Count ? _locators.Text(new ResultPlace(to, left > 0 ? left : null)) : "null";
        // Rows that a fault takes away are the page's last ones, so the client's next page goes on behind the gap.
        var dropped = call.Faults.Find<FaultEffect.DropRows>();
        var sent = Math.Max(place.From, to - (dropped?.Rows ?? 0));
        var told = (dropped is { LowerHeader: true } ? sent : to) - place.From + (call.Faults.Find<FaultEffect.WrongRecordCount>()?.Difference ?? 0);
        var headers = new List<(string, string)> { ("Sforce-Locator", next) };
        if (!oldness.NoRecordCountHeader) headers.Add(("Sforce-NumberOfRecords", told.ToString(CultureInfo.InvariantCulture)));
        var zipped = call.Headers("Accept-Encoding")?.Contains("gzip", StringComparison.OrdinalIgnoreCase) == true;
        return new RestReply
        {
            Headers = headers,
            Stream = (response, cancellationToken) => SendAsync(response, spool, place.From, sent, zipped, cancellationToken),
        };
    }

    private static async Task SendAsync(HttpResponse response, ResultSpool spool, long from, long to, bool zipped, CancellationToken cancellationToken)
    {
        response.ContentType = "text/csv";
        if (!zipped)
        {
            response.ContentLength = spool.Header.Length + spool.LengthOf(from, to);
            await spool.CopyAsync(response.BodyWriter, from, to, cancellationToken);
            return;
        }
        var file = new FileInfo(await spool.ZippedAsync(from, to));
        response.Headers.ContentEncoding = "gzip";
        response.ContentLength = file.Length;
        await using var content = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, useAsync: true);
        await content.CopyToAsync(response.Body, 128 << 10, cancellationToken);
    }

    private RestReply Addresses(RestCall call)
    {
        if (decimal.Parse(call.Version, CultureInfo.InvariantCulture) < ResultPagesSince) throw RestException.NotFound();
        if (Finished(call) is not { } job) return new RestReply(204);
        var count = job.Slot.Spool.Count;
        var from = Place(call).From;
        // The server alone chooses how large these pages are: maxRecords is documented for /results only.
        var rows = Place(call).Rows ?? defaultPageRows;
        var starts = new List<long>();
        var next = from;
        for (; starts.Count < AddressesAtOnce && (next < count || next == 0 && starts.Count == 0); next += rows) starts.Add(next);
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("resultPages");
            foreach (var start in starts)
            {
                writer.WriteStartObject();
                writer.WriteString("resultUrl", Address("results", start));
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteString("nextRecordsUrl", next < count ? Address("resultPages", next) : null);
            writer.WriteBoolean("done", next >= count);
            writer.WriteEndObject();
        });

        string Address(string resource, long start) =>
            $"{call.VersionPath}/jobs/query/{job.Id}/{resource}?locator={Uri.EscapeDataString(_locators.Text(new ResultPlace(start, rows)))}";
    }

    /// <summary>The job of the call if it is complete; null where the answer is 204.</summary>
    private BulkJob? Finished(RestCall call)
    {
        var job = jobs.Find(call["job"]);
        if (job.Version != call.Version)
            throw new RestException(409, "API_VERSION_MISMATCH", $"The job was created with API version {job.Version}; its results can be read with that version only");
        if (job.State(time.GetUtcNow()) == BulkJobState.JobComplete) return job;
        return oldness.EarlyResultsAreEmpty ? null : throw new RestException(412, "JOB_NOT_COMPLETE", "The job has not completed");
    }

    private ResultPlace Place(RestCall call) => call.Parameter("locator") is { } locator ? _locators.Parse(locator) : default;

    private static long? MaxRecords(RestCall call)
    {
        if (call.Parameter("maxRecords") is not { } text) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rows > 0
            ? rows : throw new RestException(400, "INVALID_INPUT", "maxRecords must be a positive number");
    }
}
