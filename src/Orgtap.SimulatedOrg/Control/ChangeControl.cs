using System.Globalization;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>Changes of rows: single ones, and batches of random ones that follow from a seed.</summary>
internal static class ChangeControl
{
    public static void Map(IEndpointRouteBuilder routes, OrgParts parts)
    {
        routes.MapControl("POST", "/changes", parts, async context =>
        {
            var body = await ControlApi.BodyAsync(context);
            await ControlApi.ReplyAsync(context, new { id = Apply(body, parts) });
        });
        routes.MapControl("POST", "/sharing", parts, async context =>
        {
            Share(await ControlApi.BodyAsync(context), parts);
            await ControlApi.ReplyAsync(context, new { ok = true });
        });
        routes.MapControl("POST", "/changes/random", parts, async context =>
        {
            var body = await ControlApi.BodyAsync(context);
            var objects = body.TryGetProperty("objects", out var named) ? named.EnumerateArray().Select(name => name.GetString()!).ToArray() : [];
            var done = new RandomChanges(parts.Store, (int)(body.Number("seed") ?? 1)).Apply((int)(body.Number("count") ?? 100), objects);
            await ControlApi.ReplyAsync(context, done);
        });
    }

    /// <returns>The Id of the row.</returns>
    public static string Apply(JsonElement body, OrgParts parts)
    {
        var store = parts.Store;
        var sobject = body.Text("object");
        var kind = body.Text("kind");
        if (kind == "insert") return store.Insert(sobject, Values(body, parts.Store.Schema, sobject));
        var id = body.Text("id");
        switch (kind)
        {
            case "update": store.Update(sobject, id, Values(body, parts.Store.Schema, sobject), body.Flag("touchStamp", true)); break;
            case "delete": store.Delete(sobject, id); break;
            case "undelete": store.Undelete(sobject, id); break;
            case "hardDelete": store.HardDelete(sobject, id); break;
            case "merge": store.Merge(sobject, id, body.Text("loser")); break;
            case "hide" or "show" when body.TryGetProperty("user", out _): store.Share(sobject, id, kind == "show", UserId(body, parts)); break;
            case "hide" or "show": store.Share(sobject, id, kind == "show"); break;
            default: throw new JsonException($"\"{kind}\" is none of insert, update, delete, undelete, hardDelete, merge, hide, show.");
        }
        return id;
    }

    /// <summary>What a user sees of an object: the rows he owns, or all.</summary>
    public static void Share(JsonElement body, OrgParts parts)
    {
        var rows = body.Text("rows");
        if (rows is not ("owned" or "all")) throw new JsonException($"\"{rows}\" is neither owned nor all.");
        parts.Store.Sharing.OnlyOwned(UserId(body, parts), body.Text("object"), rows == "owned");
    }

    private static string UserId(JsonElement body, OrgParts parts) => (parts.Users.Find(body.Text("user")) ?? throw new JsonException($"There is no user {body.Text("user")}.")).Id;

    private static Dictionary<string, object?> Values(JsonElement body, OrgSchema schema, string sobject)
    {
        var type = schema.Find(sobject) ?? throw new ArgumentException($"no object {sobject}");
        return body.GetProperty("values").EnumerateObject().ToDictionary(
            value => value.Name, value => Value(value.Value, type.Field(value.Name) ?? throw new ArgumentException($"{sobject} has no {value.Name}")));
    }

    private static object? Value(JsonElement value, FieldType field) => (value.ValueKind, field.Type) switch
    {
        (JsonValueKind.Null, _) => null,
        (_, "boolean") => value.GetBoolean(),
        (_, "int" or "long") => value.GetInt64(),
        (_, "double" or "currency" or "percent") => value.GetDecimal(),
        (_, "datetime") => DateTimeOffset.Parse(value.GetString()!, CultureInfo.InvariantCulture),
        (_, "date") => DateOnly.Parse(value.GetString()!, CultureInfo.InvariantCulture),
        (_, "time") => TimeOnly.Parse(value.GetString()!, CultureInfo.InvariantCulture),
        _ => value.GetString(),
    };
}
