using System.Buffers;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>
/// <c>GET /control/truth/{object}?fields=A,B&amp;includeDeleted=true</c>: every row as the store holds it, one JSON array of canonical texts a
/// line, in the order of the fields (none named = all visible ones that have a text: no compound and no base64 fields). It goes through neither SOQL nor CSV code.
/// </summary>
internal static class TruthExport
{
    private const int FlushBytes = 64 << 10;

    public static void Map(IEndpointRouteBuilder routes, OrgParts parts) => routes.MapControl("GET", "/truth/{object}", parts, async context =>
    {
        var type = parts.Store.Schema.Find((string)context.Request.RouteValues["object"]!) ?? throw new ArgumentException("no such object");
        var asked = context.Request.Query["fields"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var name in asked)
            if (type.Field(name) is null) throw new ArgumentException($"{type.Name} has no {name}");
        var fields = asked.Length > 0 ? asked : [.. type.Fields.Where(field => !field.IsCompound && field.Type != "base64").Select(field => field.Name)];
        var includeDeleted = bool.TryParse(context.Request.Query["includeDeleted"], out var wanted) && wanted;
        context.Response.ContentType = "application/x-ndjson;charset=UTF-8";
        var output = context.Response.BodyWriter;
        using var writer = new Utf8JsonWriter(output, RestFrontDoor.JsonOptions);
        foreach (var row in parts.Store.Truth(type.Name, fields, includeDeleted))
        {
            writer.WriteStartArray();
            foreach (var value in row.Values) writer.WriteStringValue(value);
            writer.WriteEndArray();
            writer.Flush();
            writer.Reset();
            output.Write("\n"u8);
            if (output.UnflushedBytes > FlushBytes) await output.FlushAsync(context.RequestAborted);
        }
        await output.FlushAsync(context.RequestAborted);
    });
}
