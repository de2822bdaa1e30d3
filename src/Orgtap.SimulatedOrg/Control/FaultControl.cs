using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>Fault rules: list, add, remove one or all. A rule's JSON has the names of <see cref="FaultRule"/>; the effect's <c>kind</c> comes first.</summary>
internal static class FaultControl
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        AllowOutOfOrderMetadataProperties = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <exception cref="JsonException">Not a rule: a member is missing, unknown, or of another kind.</exception>
    /// <exception cref="ArgumentException">A member that can never be met.</exception>
    public static FaultRule Read(JsonElement rule)
    {
        // The serializer speaks of our types; whoever writes a rule knows its members only.
        if (rule.ValueKind != JsonValueKind.Object || !rule.TryGetProperty("route", out var route) || route.ValueKind != JsonValueKind.String
            || !rule.TryGetProperty("effect", out var effect) || effect.ValueKind != JsonValueKind.Object || !effect.TryGetProperty("kind", out _))
            throw new JsonException("A rule needs a text \"route\" and an \"effect\" with a \"kind\".");
        try
        {
            var read = rule.Deserialize<FaultRule>(Json)!;
            FaultPlan.Check(read);
            return read;
        }
        catch (JsonException broken)
        {
            throw new JsonException($"Not a rule, at {broken.Path ?? "an unknown place"}: {rule.GetRawText()}", broken);
        }
    }

    public static void Map(IEndpointRouteBuilder routes, OrgParts parts)
    {
        routes.MapControl("GET", "/faults", parts, context =>
            ControlApi.ReplyAsync(context, parts.Faults.Rules.Select(entry => new { entry.Number, entry.Rule, entry.Seen, entry.Fired })));
        routes.MapControl("POST", "/faults", parts, async context =>
        {
            await ControlApi.ReplyAsync(context, new { number = parts.Faults.Add(Read(await ControlApi.BodyAsync(context))) });
        });
        routes.MapControl("DELETE", "/faults", parts, context =>
        {
            parts.Faults.Clear();
            return ControlApi.ReplyAsync(context, new { ok = true });
        });
        routes.MapControl("DELETE", "/faults/{number}", parts, context =>
        {
            var removed = parts.Faults.Remove(int.Parse((string)context.Request.RouteValues["number"]!, CultureInfo.InvariantCulture));
            return ControlApi.ReplyAsync(context, new { removed });
        });
    }
}
