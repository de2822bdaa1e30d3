using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using System.Xml;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Rest;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Bulk.V1;

/// <summary>Results of a batch: one for each 500,000 rows, at least one. Their Ids (752…) tell batch and place.</summary>
internal static class AsyncResults
{
    private const long RowsOfOne = 500_000;
    private const int MostOfOneBatch = 1_000;

    public static IReadOnlyList<string> Ids(AsyncBatch batch)
    {
        var count = Math.Max(1, (batch.Slot!.Spool.Count + RowsOfOne - 1) / RowsOfOne);
        var first = SalesforceId.OrdinalOf(System.Text.Encoding.ASCII.GetBytes(batch.Id))!.Value * MostOfOneBatch;
        return [.. Enumerable.Range(0, (int)count).Select(place => SalesforceId.Text("752", first + place))];
    }

    /// <exception cref="AsyncRefusal">No result of the batch.</exception>
    public static async Task SendAsync(HttpResponse response, AsyncBatch batch, string resultId, CancellationToken cancellationToken)
    {
        var ids = Ids(batch);
        var place = resultId.Length < 15 ? -1 : ids.ToList().FindIndex(id => id.StartsWith(resultId, StringComparison.Ordinal));
        if (place < 0) throw new AsyncRefusal("InvalidBatch", $"Unable to find result: {resultId}");
        var spool = batch.Slot!.Spool;
        var (from, to) = (place * RowsOfOne, Math.Min((place + 1) * RowsOfOne, spool.Count));
        if (batch.Job.Request.ContentType == "CSV")
        {
            response.ContentType = "text/csv";
            response.ContentLength = spool.Header.Length + spool.LengthOf(from, to);
            await spool.CopyAsync(response.BodyWriter, from, to, cancellationToken);
            return;
        }
        var isJson = batch.Job.Request.ContentType == "JSON";
        response.ContentType = isJson ? "application/json;charset=UTF-8" : "application/xml";
        await using var body = response.BodyWriter.AsStream(leaveOpen: true);
        using var rows = batch.Query!.Run().Read(from);
        var version = "/services/data/v" + batch.Job.Version;
        if (isJson) await JsonAsync(response.BodyWriter, rows, to - from, version, cancellationToken);
        else await XmlAsync(body, rows, to - from, version, cancellationToken);
    }

    private static async Task JsonAsync(PipeWriter output, RowReader rows, long count, string version, CancellationToken cancellationToken)
    {
        await using var writer = new Utf8JsonWriter(output, RestFrontDoor.JsonOptions);
        writer.WriteStartArray();
        for (var row = 0L; row < count && rows.Read(); row++)
        {
            rows.WriteJson(writer, version);
            if (writer.BytesPending < 64 << 10) continue;
            await writer.FlushAsync(cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
        writer.WriteEndArray();
    }

    /// <summary>Records as elements in the order of the query, empty fields as nil.</summary>
    private static async Task XmlAsync(Stream output, RowReader rows, long count, string version, CancellationToken cancellationToken)
    {
        const string instance = "http://www.w3.org/2001/XMLSchema-instance";
        using var record = new MemoryStream();
        await using var xml = XmlWriter.Create(output, new XmlWriterSettings { Async = true, CloseOutput = false });
        await xml.WriteStartDocumentAsync();
        await xml.WriteStartElementAsync(null, "queryResult", AsyncBody.Namespace);
        await xml.WriteAttributeStringAsync("xmlns", "xsi", null, instance);
        for (var row = 0L; row < count && rows.Read(); row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            record.SetLength(0);
            await using (var json = new Utf8JsonWriter(record, RestFrontDoor.JsonOptions)) rows.WriteJson(json, version);
            using var read = JsonDocument.Parse(record.GetBuffer().AsMemory(0, (int)record.Length));
            await xml.WriteStartElementAsync(null, "records", AsyncBody.Namespace);
            await WriteAsync(xml, read.RootElement, instance);
            await xml.WriteEndElementAsync();
        }
        await xml.WriteEndElementAsync();
        await xml.WriteEndDocumentAsync();
    }

    private static async Task WriteAsync(XmlWriter xml, JsonElement record, string instance)
    {
        await xml.WriteAttributeStringAsync("xsi", "type", instance, "sObject");
        foreach (var member in record.EnumerateObject())
        {
            if (member.Name == "attributes")
            {
                await xml.WriteElementStringAsync(null, "type", AsyncBody.Namespace, member.Value.GetProperty("type").GetString()!);
                continue;
            }
            await xml.WriteStartElementAsync(null, member.Name, AsyncBody.Namespace);
            if (member.Value.ValueKind == JsonValueKind.Null) await xml.WriteAttributeStringAsync("xsi", "nil", instance, "true");
            else if (member.Value.ValueKind == JsonValueKind.Object) await WriteAsync(xml, member.Value, instance);
            else await xml.WriteStringAsync(AsyncBody.CleanOf(member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText()));
            await xml.WriteEndElementAsync();
        }
    }

    /// <summary>The list of results: <c>["752…"]</c> for JSON jobs, <c>result-list</c> for the others.</summary>
    public static async Task ListAsync(HttpResponse response, AsyncBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Job.Request.ContentType == "JSON")
        {
            response.ContentType = "application/json;charset=UTF-8";
            await response.WriteAsync(JsonSerializer.Serialize(Ids(batch)), cancellationToken);
            return;
        }
        response.ContentType = "application/xml";
        var results = string.Concat(Ids(batch).Select(id => string.Create(CultureInfo.InvariantCulture, $"<result>{id}</result>")));
        await response.WriteAsync($"<result-list xmlns=\"{AsyncBody.Namespace}\">{results}</result-list>", cancellationToken);
    }
}
