using System.Text.Json;
using Orgtap.SimulatedOrg.Data.Conversations;
using Orgtap.SimulatedOrg.Hosting;

namespace Orgtap.SimulatedOrg.Control;

/// <summary>Conversations that go on, are redacted or purged, and what was really said in them.</summary>
internal static class ConversationControl
{
    public static void Map(IEndpointRouteBuilder routes, OrgParts parts)
    {
        var log = parts.Store.Conversations;
        routes.MapControl("POST", "/conversations", parts, async context =>
        {
            var body = await ControlApi.BodyAsync(context);
            var identifier = body.Text("conversation");
            switch (body.Text("kind"))
            {
                case "append":
                    var turn = new Turn(parts.Clock.GetUtcNow(), body.Text("speaker"), Enum.Parse<SpeakerRole>(body.Text("role")), body.Text("text"));
                    await ControlApi.ReplyAsync(context, new { entry = log.Append(identifier, body.Text("record"), turn) });
                    return;
                case "rewrite": log.Rewrite(identifier, body.Text("entry"), body.Text("text")); break;
                case "purge": log.Purge(identifier); break;
                case var other: throw new JsonException($"\"{other}\" is none of append, rewrite, purge.");
            }
            await ControlApi.ReplyAsync(context, new { ok = true });
        });
        routes.MapControl("POST", "/conversations/limit", parts, async context =>
        {
            parts.ConversationCalls.Limit = (int)((await ControlApi.BodyAsync(context)).Number("limit") ?? throw new JsonException("\"limit\" must be a number of calls per hour."));
            await ControlApi.ReplyAsync(context, new { ok = true });
        });
        routes.MapControl("GET", "/truth/conversations/{identifier}", parts, context => TruthAsync(context, log.Entries(Value(context))?.Select(entry => entry.Turn)));
        routes.MapControl("GET", "/truth/chats/{identifier}", parts, context => TruthAsync(context, log.Chat(Value(context))));
    }

    private static string Value(HttpContext context) => (string)context.Request.RouteValues["identifier"]!;

    private static Task TruthAsync(HttpContext context, IEnumerable<Turn>? turns) => turns is null
        ? throw new KeyNotFoundException("There is no such conversation.")
        : ControlApi.ReplyAsync(context, turns.Select(turn => new { at = turn.At, speaker = turn.Speaker, role = turn.Role.ToString(), text = turn.Text }));
}
