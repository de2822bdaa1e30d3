using System.Text.Json;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>What happens to change events that no change of a row would bring about.</summary>
internal static class StreamControl
{
    public static void Map(IEndpointRouteBuilder routes, OrgParts parts) => routes.MapControl("POST", "/events", parts, async context =>
    {
        var body = await ControlApi.BodyAsync(context);
        switch (body.Text("kind"))
        {
            case "gap":
                string[] ids = body.TryGetProperty("ids", out var named) ? [.. named.EnumerateArray().Select(id => id.ToString())] : [];
                await ControlApi.ReplyAsync(context, new { replayId = parts.Changes.PublishGap(body.Text("object"), body.Text("change"), ids) });
                return;
            case "dailyLimit":
                parts.Changes.DailyLimit = body.Number("limit") ?? throw new JsonException("\"limit\" must be a number of events.");
                break;
            case "forgetClients":
                parts.Streams.Clear();
                break;
            case var other:
                throw new JsonException($"\"{other}\" is none of gap, dailyLimit, forgetClients.");
        }
        await ControlApi.ReplyAsync(context, new { ok = true });
    });
}
