using System.Text.Json;
using Orgtap.SimulatedOrg.Limits;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>
/// <c>/composite</c> (up to 25 subrequests, 5 of them queries, counted as ONE call) and <c>/composite/batch</c> (each subrequest counts).
/// </summary>
internal sealed class CompositeResources(Subrequests subrequests, ApiUsage usage)
{
    private const int MostSubrequests = 25;
    private const int MostQueries = 5;

    public IEnumerable<RestResource> Resources =>
    [
        new("composite", "POST", "composite", Composite, Alone: true),
        new("batch", "POST", "composite/batch", Batch, Alone: true),
    ];

    private sealed record Part(string Method, string Url, string ReferenceId, IReadOnlyDictionary<string, string> Headers);

    private RestReply Composite(RestCall call)
    {
        var parts = Parts(call.Body, "compositeRequest", needReference: true);
        if (parts.Count(part => Subrequests.IsQuery(part.Url)) > MostQueries)
            throw new RestException(400, "LIMIT_EXCEEDED", "The composite request contains more than 5 query and sObject collection operations.");
        if (parts.Select(part => part.ReferenceId).Distinct().Count() < parts.Count)
            throw new RestException(400, "INVALID_INPUT", "The reference IDs of a composite request must be unique.");
        var replies = parts.Select(part => subrequests.Answer(call, part.Method, part.Url, part.Headers, "composite")).ToArray();
        if (Flag(call.Body, "allOrNone") && replies.Any(IsFailure))
            replies = [.. replies.Select(reply => IsFailure(reply) ? reply : RestReply.Error(new RestException(400, "PROCESSING_HALTED",
                "The transaction was rolled back since another operation in the same transaction failed.")))];
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("compositeResponse");
            foreach (var (part, reply) in parts.Zip(replies))
            {
                writer.WriteStartObject();
                WriteBody(writer, "body", reply);
                writer.WriteStartObject("httpHeaders");
                foreach (var (name, value) in reply.Headers) writer.WriteString(name, value);
                writer.WriteEndObject();
                writer.WriteNumber("httpStatusCode", reply.Status);
                writer.WriteString("referenceId", part.ReferenceId);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private RestReply Batch(RestCall call)
    {
        var parts = Parts(call.Body, "batchRequests", needReference: false);
        usage.Count(parts.Count - 1);
        call.Cost.Calls = parts.Count;
        var halt = Flag(call.Body, "haltOnError");
        var replies = new List<RestReply>();
        foreach (var part in parts)
            replies.Add(halt && replies.Exists(IsFailure)
                ? RestReply.Error(new RestException(412, "BATCH_PROCESSING_HALTED", "Batch processing halted per user request"))
                : subrequests.Answer(call, part.Method, part.Url, part.Headers, "batch"));
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("hasErrors", replies.Exists(IsFailure));
            writer.WriteStartArray("results");
            foreach (var reply in replies)
            {
                writer.WriteStartObject();
                writer.WriteNumber("statusCode", reply.Status);
                WriteBody(writer, "result", reply);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static void WriteBody(Utf8JsonWriter writer, string name, RestReply reply)
    {
        writer.WritePropertyName(name);
        if (reply.Json is null) writer.WriteNullValue();
        else reply.Json(writer);
    }

    private static bool IsFailure(RestReply reply) => reply.Status >= 400;

    private static bool Flag(JsonElement body, string name) => body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static List<Part> Parts(JsonElement body, string name, bool needReference)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array)
            throw RestException.BadJson($"Missing required field: {name}");
        var parts = list.EnumerateArray().Select(item => new Part(Text(item, "method") ?? "GET", Text(item, "url") ?? "", Text(item, "referenceId") ?? "", HeadersOf(item))).ToList();
        if (parts.Count is 0 or > MostSubrequests)
            throw new RestException(400, "LIMIT_EXCEEDED", $"A composite request must hold 1 to {MostSubrequests} subrequests, this one holds {parts.Count}.");
        if (parts.Exists(part => part.Url.Length == 0 || needReference && part.ReferenceId.Length == 0))
            throw RestException.BadJson("Each subrequest must have a url" + (needReference ? " and a referenceId" : ""));
        return parts;
    }

    private static string? Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Dictionary<string, string> HeadersOf(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("httpHeaders", out var headers) && headers.ValueKind == JsonValueKind.Object
            ? headers.EnumerateObject().ToDictionary(header => header.Name, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)
            : new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
}
