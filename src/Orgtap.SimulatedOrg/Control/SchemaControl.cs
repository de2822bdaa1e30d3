using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>Fields that appear, vanish or become invisible, and invisible objects.</summary>
internal static class SchemaControl
{
    public static void Map(IEndpointRouteBuilder routes, OrgParts parts) => routes.MapControl("POST", "/schema", parts, async context =>
    {
        Apply(await ControlApi.BodyAsync(context), parts);
        await ControlApi.ReplyAsync(context, new { lastModified = parts.Store.Schema.LastModified });
    });

    public static void Apply(JsonElement body, OrgParts parts)
    {
        var schema = parts.Store.Schema;
        var (sobject, kind) = (body.Text("object"), body.Text("kind"));
        if (body.TryGetProperty("user", out _))
        {
            var user = parts.Users.Find(body.Text("user")) ?? throw new JsonException($"There is no user {body.Text("user")}.");
            if (kind is not ("hideField" or "hideObject")) throw new JsonException($"\"user\" goes with hideField and hideObject, not with {kind}.");
            schema.Hide(user.Id, sobject, kind == "hideField" ? body.Text("field") : null, body.Flag("hidden", true));
            return;
        }
        switch (kind)
        {
            case "addField": schema.AddField(sobject, Field(body)); break;
            case "removeField": schema.RemoveField(sobject, body.Text("field")); break;
            case "hideField": schema.HideField(sobject, body.Text("field"), body.Flag("hidden", true)); break;
            case "hideObject": schema.HideObject(sobject, body.Flag("hidden", true)); break;
            default: throw new JsonException($"\"{kind}\" is none of addField, removeField, hideField, hideObject.");
        }
    }

    private static FieldType Field(JsonElement body)
    {
        var name = body.Text("field");
        var type = body.TryGetProperty("type", out var given) ? given.GetString()! : "string";
        return new FieldType
        {
            Name = name,
            Type = type,
            Label = body.TryGetProperty("label", out var label) ? label.GetString()! : name.Replace("__c", "", StringComparison.Ordinal).Replace('_', ' '),
            SoapType = SoapType(type),
            Length = (int)(body.Number("length") ?? (type is "string" or "textarea" ? 255 : 0)),
            Precision = (int)(body.Number("precision") ?? (type is "double" or "currency" or "percent" ? 18 : 0)),
            Scale = (int)(body.Number("scale") ?? (type is "double" or "currency" or "percent" ? 2 : 0)),
            Nillable = true,
            Createable = true,
            Updateable = true,
            Custom = name.EndsWith("__c", StringComparison.OrdinalIgnoreCase),
        };
    }

    private static string SoapType(string type) => type switch
    {
        "boolean" or "int" or "long" or "double" or "date" or "time" => "xsd:" + type,
        "currency" or "percent" => "xsd:double",
        "datetime" => "xsd:dateTime",
        "id" or "reference" => "tns:ID",
        _ => "xsd:string",
    };
}
