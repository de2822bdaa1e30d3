using System.Globalization;
using System.Text.Json;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>Creates, changes and deletes single records, as clients do that fill an org before they read it.</summary>
internal sealed class WriteResources(OrgStore store)
{
    public IEnumerable<RestResource> Resources =>
    [
        new("create", "POST", "sobjects/{sobject}", Create),
        new("update", "PATCH", "sobjects/{sobject}/{id}", Update),
        new("delete", "DELETE", "sobjects/{sobject}/{id}", Delete),
    ];

    private RestReply Create(RestCall call)
    {
        var type = Find(call);
        if (!type.Createable) throw new RestException(400, "INVALID_TYPE_FOR_OPERATION", $"entity type {type.Name} does not support create");
        var values = Values(call.Body, type, field => field.Createable);
        string[] missing = [.. type.Fields.Where(field => !field.Nillable && field.Createable && !field.DefaultedOnCreate && field.Name != "OwnerId" && values.GetValueOrDefault(field.Name) is null).Select(field => field.Name)];
        if (missing.Length > 0) throw new RestException(400, "REQUIRED_FIELD_MISSING", $"Required fields are missing: [{string.Join(", ", missing)}]") { Fields = missing };
        var id = Try(() => store.Insert(type.Name, values));
        return new RestReply(201)
        {
            Headers = [("Location", $"{call.VersionPath}/sobjects/{type.Name}/{id}")],
            Json = writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("id", id);
                writer.WriteBoolean("success", true);
                writer.WriteStartArray("errors");
                writer.WriteEndArray();
                writer.WriteEndObject();
            },
        };
    }

    private RestReply Update(RestCall call)
    {
        var type = Find(call);
        var id = Id(call, type);
        var values = Values(call.Body, type, field => field.Updateable);
        Try(() =>
        {
            store.Update(type.Name, id, values);
            return id;
        });
        return new RestReply(204);
    }

    private RestReply Delete(RestCall call)
    {
        var type = Find(call);
        store.Delete(type.Name, Id(call, type));
        return new RestReply(204);
    }

    private SObjectType Find(RestCall call) => store.Schema.Find(call["sobject"]) ?? throw RestException.NotFound();

    private string Id(RestCall call, SObjectType type)
    {
        var id = call["id"];
        if (SalesforceId.Normalize(id) is not { } whole || (id.Length == SalesforceId.Length && whole != id))
            throw new RestException(400, "MALFORMED_ID", $"Record ID: id value of incorrect type: {id}") { Fields = ["Id"] };
        if (store.Read(type.Name, whole) is not { } row) throw RestException.NotFound();
        return row.TryGetValue("IsDeleted", out var deleted) && deleted is true ? throw new RestException(404, "ENTITY_IS_DELETED", "entity is deleted") : whole;
    }

    private static Dictionary<string, object?> Values(JsonElement body, SObjectType type, Predicate<FieldType> writable)
    {
        if (body.ValueKind != JsonValueKind.Object) throw RestException.BadJson("The record must be a JSON object");
        var values = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in body.EnumerateObject())
        {
            if (member.Name == "attributes") continue;
            var field = type.Field(member.Name) ?? throw new RestException(400, "INVALID_FIELD", $"No such column '{member.Name}' on sobject of type {type.Name}");
            if (!writable(field))
                throw new RestException(400, "INVALID_FIELD_FOR_INSERT_UPDATE", $"Unable to create/update fields: {field.Name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.") { Fields = [field.Name] };
            values[field.Name] = Value(member.Value, field);
        }
        return values;
    }

    private static object? Value(JsonElement value, FieldType field)
    {
        try
        {
            return (value.ValueKind, field.Type) switch
            {
                (JsonValueKind.Null, _) => null,
                (_, "boolean") => value.GetBoolean(),
                (_, "int" or "long") => value.GetInt64(),
                (_, "double" or "currency" or "percent") => value.GetDecimal(),
                (_, "datetime") => SalesforceTime.Parse(value.GetString()!) ?? throw new FormatException(value.GetString()),
                (_, "date") => DateOnly.Parse(value.GetString()!, CultureInfo.InvariantCulture),
                (_, "time") => TimeOnly.Parse(value.GetString()!.TrimEnd('Z'), CultureInfo.InvariantCulture),
                _ => value.GetString(),
            };
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or FormatException)
        {
            throw RestException.BadJson($"Cannot deserialize instance of {field.Type} from value {value.GetRawText()} of {field.Name}");
        }
    }

    private static string Try(Func<string> write)
    {
        try
        {
            return write();
        }
        catch (ArgumentException wrong)
        {
            throw new RestException(400, wrong.Message.Contains("too large", StringComparison.Ordinal) ? "STRING_TOO_LONG" : "INVALID_FIELD", wrong.Message);
        }
    }
}
