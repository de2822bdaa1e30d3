using System.Globalization;
using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>How the lists of updated and deleted records fall short.</summary>
internal static class ReplicationControl
{
    public static void Map(IEndpointRouteBuilder routes, OrgParts parts) => routes.MapControl("POST", "/replication", parts, async context =>
    {
        Apply(await ControlApi.BodyAsync(context), parts);
        await ControlApi.ReplyAsync(context, new { ok = true });
    });

    public static void Apply(JsonElement body, OrgParts parts)
    {
        var replication = parts.Store.Replication;
        if (body.TryGetProperty("lag", out _)) replication.Lag = TimeSpan.Parse(body.Text("lag"), CultureInfo.InvariantCulture);
        if (body.TryGetProperty("purgedBefore", out _)) replication.PurgedBefore = DateTimeOffset.Parse(body.Text("purgedBefore"), CultureInfo.InvariantCulture);
        if (body.Number("mostIds") is { } most) replication.MostIds = (int)most;
    }
}
