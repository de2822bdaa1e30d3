using System.ComponentModel;
using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;
using Orgtap.Primitives;

namespace Orgtap.App.Api;

/// <summary>Conversations of a connection: reading them, and what is imported and sent on.</summary>
internal static class ConversationsApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var all = api.MapGroup("/connections/{name}/conversations").AddEndpointFilter<KnownConnectionFilter>().WithTags("Conversations");
        all.MapGet("", ListAsync).RequireAuthorization(Roles.Rows).WithSummary("Conversations, newest first, a page at a time");
        all.MapGet("/{id}", async (string name, string id, ConnectionStore connections, ConversationReader reader, CancellationToken cancellationToken) =>
            await reader.FindAsync(await connections.GetAsync(name, cancellationToken), id, cancellationToken) is { } found
                ? Results.Text(ConversationJson.Write(found.Conversation), "application/json")
                : Results.Problem(title: $"There is no conversation {id}.", detail: "It may not be imported yet, or be deleted in Salesforce.", statusCode: StatusCodes.Status404NotFound))
            .RequireAuthorization(Roles.Rows).WithSummary("One conversation (docs/conversation.schema.json)");
        all.MapGet("/state", async (string name, ConnectionStore connections, ConversationDesk desk, CancellationToken cancellationToken) => await desk.StateAsync(await connections.GetAsync(name, cancellationToken), cancellationToken))
            .RequireAuthorization(Roles.Viewer).WithSummary("Settings, the last import, and one that is under way");
        all.MapPut("/settings", async (string name, ConversationSettingsDocument wanted, HttpContext context, ConnectionStore connections, ConversationDesk desk, CancellationToken cancellationToken) =>
            await desk.SetAsync(await connections.GetAsync(name, cancellationToken), wanted, context.User.MayAdminister(), context.User.ActorOf(), cancellationToken)).RequireAuthorization(Roles.Operator).WithSummary("Choose channels, files and the address that gets them");
        all.MapPost("/check", async (string name, ConnectionStore connections, ConversationDesk desk, CancellationToken cancellationToken) =>
            (await desk.CheckAsync(await connections.GetAsync(name, cancellationToken), cancellationToken)).Select(ChannelCheckDocument.Of)).RequireAuthorization(Roles.Operator).WithSummary("What the connected user sees, how many, and one of each");
        all.MapPost("/import", async (string name, HttpContext context, ConnectionStore connections, ConversationDesk desk, CancellationToken cancellationToken) =>
        {
            await desk.StartAsync(await connections.GetAsync(name, cancellationToken), context.User.ActorOf(), cancellationToken);
            return Results.Accepted($"/api/v1/connections/{name}/conversations/state");
        }).RequireAuthorization(Roles.Operator).WithSummary("Start an import, or join the one under way");
        all.MapPost("/resend", async (string name, HttpContext context, ConnectionStore connections, ConversationDesk desk, CancellationToken cancellationToken) =>
            await desk.SendAgainAsync(await connections.GetAsync(name, cancellationToken), now: false, context.User.ActorOf(), cancellationToken)).RequireAuthorization(Roles.Operator).WithSummary("Queue what the receiver of pushes refused once more, and end a pause");
        all.MapGet("/imports", async (string name, ConnectionStore connections, ConversationDesk desk, [Description("1 to 1000")] int limit = 20, CancellationToken cancellationToken = default) =>
            await desk.ImportsAsync(await connections.GetAsync(name, cancellationToken), Math.Clamp(limit, 1, 1_000), cancellationToken)).RequireAuthorization(Roles.Viewer).WithSummary("Imports with their receipts, newest first");
    }

    private static async Task<ConversationsDocument> ListAsync(
        string name, ConnectionStore connections, ConversationDesk desk, [Description("Words that must occur")] string? q = null, [Description("Chat, Messaging, Call or Case")] Channel? channel = null,
        [Description("Begun at or after, ISO 8601")] DateTimeOffset? from = null, [Description("Begun before")] DateTimeOffset? until = null, [Description("Part of an agent's name")] string? agent = null, string? status = null,
        [Description("The next of the page before")] string? after = null, [Description("1 to 1000")] int limit = 100, CancellationToken cancellationToken = default)
    {
        var mark = after is null ? null : ConversationMark.Parse(after) ?? throw new InvalidInputException("The place to go on from is damaged.", "Begin at the first page.");
        return await desk.ListAsync(await connections.GetAsync(name, cancellationToken), new ConversationQuestion(q, channel, from, until, agent, status, mark, limit), cancellationToken);
    }
}
