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
            await ControlApi.ReplyAsync(context, new { entry = Apply(await ControlApi.BodyAsync(context), parts) });
        });
        routes.MapControl("POST", "/conversations/limit", parts, async context =>
        {
            parts.ConversationCalls.Limit = (int)((await ControlApi.BodyAsync(context)).Number("limit") ?? throw new JsonException("\"limit\" must be a number of calls per hour."));
            await ControlApi.ReplyAsync(context, new { ok = true });
        });
        routes.MapControl("GET", "/truth/conversations/{identifier}", parts, context => TruthAsync(context, log.Entries(Value(context))?.Select(entry => entry.Turn)));
        routes.MapControl("GET", "/truth/chats/{identifier}", parts, context => TruthAsync(context, log.Chat(Value(context))));
    }

    /// <returns>The entry concerned; null where it is the whole conversation.</returns>
    public static string? Apply(JsonElement body, OrgParts parts)
    {
        var log = parts.Store.Conversations;
        var identifier = body.Text("conversation");
        switch (body.Text("kind"))
        {
            case "append":
                return log.Append(identifier, body.Text("record"), new Turn(parts.Clock.GetUtcNow(), body.Text("speaker"), Enum.Parse<SpeakerRole>(body.Text("role")), body.Text("text")));
            case "rewrite":
                log.Rewrite(identifier, body.Text("entry"), body.Text("text"));
                return body.Text("entry");
            case "purge":
                log.Purge(identifier);
                return null;
            case var other:
                throw new JsonException($"\"{other}\" is none of append, rewrite, purge.");
        }
    }

    private static string Value(HttpContext context) => (string)context.Request.RouteValues["identifier"]!;

    private static Task TruthAsync(HttpContext context, IEnumerable<Turn>? turns) => turns is null
        ? throw new KeyNotFoundException("There is no such conversation.")
        : ControlApi.ReplyAsync(context, turns.Select(turn => new { at = turn.At, speaker = turn.Speaker, role = turn.Role.ToString(), text = turn.Text }));
}
