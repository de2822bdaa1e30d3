using System.Globalization;
using System.Text.Json;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>Fault rules: list, add, remove one or all. A rule's JSON has the names of <see cref="FaultRule"/>; the effect's <c>kind</c> comes first.</summary>
internal static class FaultControl
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { AllowOutOfOrderMetadataProperties = true };

    public static void Map(IEndpointRouteBuilder routes, OrgParts parts)
    {
        routes.MapControl("GET", "/faults", parts, context =>
            ControlApi.ReplyAsync(context, parts.Faults.Rules.Select(entry => new { entry.Number, entry.Rule, entry.Seen, entry.Fired })));
        routes.MapControl("POST", "/faults", parts, async context =>
        {
            var rule = (await ControlApi.BodyAsync(context)).Deserialize<FaultRule>(Json);
            if (rule is not { Route: not null, Effect: not null }) throw new JsonException("A rule needs \"route\" and \"effect\".");
            await ControlApi.ReplyAsync(context, new { number = parts.Faults.Add(rule) });
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
