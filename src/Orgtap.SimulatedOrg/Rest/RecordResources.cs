using System.Buffers;
using System.Text;
using System.Text.Json;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>One record by Id, and what changed or vanished between two times.</summary>
internal sealed class RecordResources(OrgStore store, SoqlEngine soql, TimeProvider time)
{
    public IEnumerable<RestResource> Resources =>
    [
        new("updated", "GET", "sobjects/{sobject}/updated", Updated),
        new("deleted", "GET", "sobjects/{sobject}/deleted", Deleted),
        new("record", "GET", "sobjects/{sobject}/{id}", Record),
        new("blob", "GET", "sobjects/{sobject}/{id}/{field}", Blob, Alone: true),
    ];

    private RestReply Record(RestCall call)
    {
        var sobject = Find(call);
        var fields = call.Parameter("fields") ?? string.Join(',', sobject.Fields.Select(field => field.Name));
        var id = call["id"];
        if (id.Length is not (15 or 18) || !id.All(char.IsAsciiLetterOrDigit))
            throw new RestException(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: " + id);
        var query = soql.Prepare($"SELECT {fields} FROM {sobject.Name} WHERE Id = '{id}'", includeDeleted: false);
        var rows = query.Run();
        if (rows.Count == 0)
            throw store.Read(sobject.Name, id) is null ? RestException.NotFound() : new RestException(404, "ENTITY_IS_DELETED", "entity is deleted");
        return RestReply.Of(writer =>
        {
            using var reader = rows.Read(0);
            reader.Read();
            reader.WriteJson(writer, call.VersionPath);
        });
    }

    /// <summary>The bytes of a base64 field; as many as BodyLength says, where the object has one.</summary>
    private RestReply Blob(RestCall call)
    {
        var sobject = Find(call);
        if (sobject.Field(call["field"]) is not { Type: "base64" } || store.Read(sobject.Name, call["id"]) is not { } row) throw RestException.NotFound();
        var length = row.TryGetValue("BodyLength", out var told) && told is long bytes ? bytes : 1_024;
        return new RestReply
        {
            Stream = async (response, cancellationToken) =>
            {
                response.ContentType = "application/octetstream";
                response.ContentLength = length;
                var line = Encoding.ASCII.GetBytes($"Content of {call["id"]}.\n");
                for (var sent = 0L; sent < length; sent += line.Length)
                    await response.Body.WriteAsync(line.AsMemory(0, (int)Math.Min(line.Length, length - sent)), cancellationToken);
            },
        };
    }

    private RestReply Updated(RestCall call)
    {
        var sobject = Replicated(call);
        var (start, end) = Window(call, days: 30);
        var stamp = sobject.Field("SystemModstamp") is not null ? "SystemModstamp" : "LastModifiedDate";
        var rows = soql.Prepare(
            $"SELECT Id FROM {sobject.Name} WHERE {stamp} >= {start:yyyy-MM-ddTHH:mm:ssZ} AND {stamp} < {end:yyyy-MM-ddTHH:mm:ssZ}", includeDeleted: false).Run();
        if (rows.Count > store.Replication.MostIds) throw new RestException(400, "EXCEEDED_ID_LIMIT", $"the response would hold more than {store.Replication.MostIds} ids");
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("ids");
            WriteIds(writer, rows);
            writer.WriteEndArray();
            writer.WriteString("latestDateCovered", SalesforceTime.Rest(end));
            writer.WriteEndObject();
        });
    }

    private RestReply Deleted(RestCall call)
    {
        var sobject = Replicated(call);
        var (start, end) = Window(call, days: 15);
        var earliest = WholeMinutes(time.GetUtcNow().AddDays(-15));
        if (store.Replication.PurgedBefore > earliest) earliest = WholeMinutes(store.Replication.PurgedBefore);
        if (start < earliest)
            throw new RestException(400, "INVALID_REPLICATION_DATE", $"startDate before org replication enabled date or purged: the earliest date available is {SalesforceTime.Rest(earliest)}");
        var gone = store.DeletedBetween(sobject.Name, start, end);
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("deletedRecords");
            foreach (var (id, at) in gone)
            {
                writer.WriteStartObject();
                writer.WriteString("id", id);
                writer.WriteString("deletedDate", SalesforceTime.Rest(at));
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteString("earliestDateAvailable", SalesforceTime.Rest(earliest));
            writer.WriteString("latestDateCovered", SalesforceTime.Rest(end));
            writer.WriteEndObject();
        });
    }

    private static void WriteIds(Utf8JsonWriter writer, QueryRows rows)
    {
        var cell = new ArrayBufferWriter<byte>(32);
        var bare = new CsvDialect(QuoteAll: false);
        using var reader = rows.Read(0);
        while (reader.Read())
        {
            cell.ResetWrittenCount();
            reader.WriteCsv(cell, bare);
            writer.WriteStringValue(cell.WrittenSpan.Trim("\"\r\n"u8));
        }
    }

    private SObjectType Find(RestCall call) => store.Schema.Find(call["sobject"]) ?? throw RestException.NotFound();

    private SObjectType Replicated(RestCall call) => Find(call) is { Replicateable: true } sobject
        ? sobject : throw new RestException(400, "INVALID_TYPE_FOR_OPERATION", $"entity type {call["sobject"]} does not support replication");

    /// <summary>The window asked for; seconds are ignored, and it ends at the latest now.</summary>
    private (DateTimeOffset Start, DateTimeOffset End) Window(RestCall call, int days)
    {
        var start = Time(call, "start");
        var end = Time(call, "end");
        var now = time.GetUtcNow();
        var covered = WholeMinutes(now - store.Replication.Lag);
        if (start < WholeMinutes(now.AddDays(-days)))
            throw new RestException(400, "INVALID_REPLICATION_DATE", $"startDate must be within the last {days} days");
        if (end > covered) end = covered;
        if (end - start < TimeSpan.FromMinutes(1))
            throw new RestException(400, "INVALID_REPLICATION_DATE", "endDate must be at least one minute greater than startDate");
        return (start, end);
    }

    private static DateTimeOffset Time(RestCall call, string name) =>
        call.Parameter(name) is { } text && SalesforceTime.Parse(text) is { } parsed
            ? WholeMinutes(parsed) : throw new RestException(400, "INVALID_REPLICATION_DATE", $"{name} must be an ISO 8601 date and time");

    private static DateTimeOffset WholeMinutes(DateTimeOffset moment) => new(moment.UtcTicks - moment.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero);
}
