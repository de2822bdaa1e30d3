using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>
/// What tests and demonstrations do to the org that no Salesforce client could. Every request carries the control key in
/// <c>X-Control-Key</c>; bodies and answers are JSON. Nothing here counts, is logged, or is hit by faults.
/// </summary>
internal static class ControlApi
{
    public const string Root = "/control";
    private const string KeyHeader = "X-Control-Key";

    public static void Map(IEndpointRouteBuilder routes, OrgParts parts)
    {
        var group = routes.MapGroup(Root);
        ClockControl.Map(group, parts);
        ChangeControl.Map(group, parts);
        SchemaControl.Map(group, parts);
        AccessControl.Map(group, parts);
        PeopleControl.Map(group, parts);
        VersionControl.Map(group, parts);
        FaultControl.Map(group, parts);
        group.MapControl("GET", "/scenario", parts, context => ReplyAsync(context, parts.Scenario.Steps));
        StreamControl.Map(group, parts);
        ConversationControl.Map(group, parts);
        ReplicationControl.Map(group, parts);
        TruthExport.Map(group, parts);
    }

    /// <summary>Adds a resource that only the holder of the key reaches. Its failures become 400 with <c>{"error": …}</c>.</summary>
    public static void MapControl(this IEndpointRouteBuilder routes, string method, string path, OrgParts parts, Func<HttpContext, Task> answer)
    {
        var key = Encoding.UTF8.GetBytes(parts.Options.ControlKey!);
        routes.MapMethods(path, [method], async context =>
        {
            if (!CryptographicOperations.FixedTimeEquals(key, Encoding.UTF8.GetBytes(context.Request.Headers[KeyHeader].ToString())))
            {
                await ReplyAsync(context, new { error = $"The header {KeyHeader} must carry the control key from the ready line." }, StatusCodes.Status401Unauthorized);
                return;
            }
            try
            {
                await answer(context);
            }
            catch (Exception refusal) when (IsRefusal(refusal))
            {
                await ReplyAsync(context, new { error = refusal.Message }, StatusCodes.Status400BadRequest);
            }
        });
    }

    /// <summary>True for what is wrong with a request, and not with us.</summary>
    public static bool IsRefusal(Exception failure) =>
        failure is ArgumentException or JsonException or KeyNotFoundException or FormatException or InvalidOperationException or NotSupportedException;

    public static Task ReplyAsync(HttpContext context, object reply, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(reply, context.RequestAborted);
    }

    /// <summary>The request's JSON object.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static async Task<JsonElement> BodyAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        return body.RootElement.ValueKind == JsonValueKind.Object ? body.RootElement.Clone() : throw new JsonException("The body must be a JSON object.");
    }

    public static string Text(this JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new JsonException($"\"{name}\" must be a text.");

    public static bool Flag(this JsonElement body, string name, bool otherwise) =>
        body.TryGetProperty(name, out var value) ? value.GetBoolean() : otherwise;

    public static long? Number(this JsonElement body, string name) => body.TryGetProperty(name, out var value) ? value.GetInt64() : null;
}
