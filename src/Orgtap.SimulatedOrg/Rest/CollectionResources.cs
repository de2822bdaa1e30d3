using System.Text.Json;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary><c>/composite/sobjects/{object}</c>: up to 2,000 records by their Ids in one call, in the order asked for; null where there is none.</summary>
internal sealed class CollectionResources(OrgStore store, SoqlEngine soql)
{
    private const int MostRecords = 2_000;

    public IEnumerable<RestResource> Resources =>
    [
        new("retrieve", "POST", "composite/sobjects/{sobject}", call => Retrieve(call, Texts(call.Body, "ids"), Texts(call.Body, "fields"))),
        new("retrieve", "GET", "composite/sobjects/{sobject}", call => Retrieve(call, Texts(call, "ids"), Texts(call, "fields"))),
    ];

    private RestReply Retrieve(RestCall call, IReadOnlyList<string> ids, IReadOnlyList<string> fields)
    {
        var sobject = store.Schema.Find(call["sobject"]) ?? throw RestException.NotFound();
        if (ids.Count > MostRecords) throw new RestException(400, "EXCEEDED_ID_LIMIT", $"record limit reached. cannot submit more than {MostRecords} records in this call");
        var wanted = ids.Select(id => SalesforceId.Normalize(id) ?? throw new RestException(400, "MALFORMED_ID", $"malformed id {id}")).ToList();
        if (wanted.Count == 0 || fields.Count == 0) throw new RestException(400, "REQUIRED_FIELD_MISSING", "ids and fields must be given");
        var columns = fields.Contains("Id", StringComparer.OrdinalIgnoreCase) ? fields : [.. fields, "Id"];
        var rows = soql.Prepare($"SELECT {string.Join(',', columns)} FROM {sobject.Name} WHERE Id IN ('{string.Join("','", wanted.Distinct())}')", includeDeleted: false).Run();
        var found = new Dictionary<string, JsonElement>();
        using (var reader = rows.Read(0))
        {
            using var buffer = new MemoryStream();
            while (reader.Read())
            {
                buffer.SetLength(0);
                using (var record = new Utf8JsonWriter(buffer, RestFrontDoor.JsonOptions)) reader.WriteJson(record, call.VersionPath);
                var read = JsonSerializer.Deserialize<JsonElement>(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
                found[read.GetProperty("Id").GetString()!] = read;
            }
        }
        return RestReply.Of(writer =>
        {
            writer.WriteStartArray();
            foreach (var id in wanted)
            {
                if (found.TryGetValue(id, out var record)) record.WriteTo(writer);
                else writer.WriteNullValue();
            }
            writer.WriteEndArray();
        });
    }

    private static IReadOnlyList<string> Texts(RestCall call, string name) => call.Parameter(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static IReadOnlyList<string> Texts(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : throw RestException.BadJson($"{name} must be a list of texts");
}
