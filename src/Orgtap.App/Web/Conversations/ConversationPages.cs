using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Connections;
using Orgtap.Conversations;
using Orgtap.Conversations.Importing;
using Orgtap.Primitives;

namespace Orgtap.App.Web.Conversations;

/// <summary>A connection with its conversations, in the list of all.</summary>
public sealed record ConversationSource(Connection Connection, ConversationStateDocument State);

public sealed record ConversationSourcesModel(IReadOnlyList<ConversationSource> Sources, TimeProvider Time);

/// <param name="Open">The one that is read beside the list.</param>
public sealed record ConversationsModel(
    Connection Connection, ConversationView View, ConversationStateDocument State, IReadOnlyList<string> Statuses, IReadOnlyList<ConversationLine> Lines, Conversation? Open, DateTimeOffset? ImportedAt, bool MayOperate, TimeProvider Time,
    IReadOnlyList<string> Masks, OrgtapException? Problem = null);

/// <param name="Form">As typed or as stored.</param>
/// <param name="Checks">What the connected user sees; null: it was not looked.</param>
public sealed record ConversationSetupModel(
    Connection Connection, ConversationStateDocument State, ConversationSettingsDocument Form, IReadOnlyList<ChannelCheck>? Checks, IReadOnlyList<ConversationImportDocument> Imports, TimeProvider Time, OrgtapException? Problem = null, bool Saved = false, bool Resent = false);

/// <summary>The reader of conversations, and what of a connection is imported.</summary>
internal static class ConversationPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/conversations", SourcesAsync).RequireAuthorization(Roles.Viewer);
        var one = app.MapGroup("/connections/{name}/conversations").RequireAuthorization(Roles.Viewer);
        one.MapGet("", (string name, HttpContext context, CancellationToken cancellationToken) => ReadAsync(name, null, context, cancellationToken));
        one.MapGet("/{id}", (string name, string id, HttpContext context, CancellationToken cancellationToken) => ReadAsync(name, id, context, cancellationToken));
        var setup = app.MapGroup("/connections/{name}/conversations/setup").RequireAuthorization(Roles.Operator);
        setup.MapGet("", (string name, HttpContext context, CancellationToken cancellationToken) => SetupAsync(name, context, null, null, null, cancellationToken));
        setup.MapPost("", ActAsync);
    }

    private static async Task<IResult> SourcesAsync(HttpContext context, ConnectionStore connections, ConversationDesk desk, TimeProvider time, CancellationToken cancellationToken)
    {
        var all = await connections.ListAsync(cancellationToken);
        if (all.Count == 1) return Page.SeeOther($"/connections/{all[0].Name}/conversations{context.Request.QueryString}");
        var sources = new List<ConversationSource>();
        foreach (var connection in all) sources.Add(new ConversationSource(connection, await desk.StateAsync(connection, cancellationToken)));
        return Page.Of<ConversationSourcesPage>(new ConversationSourcesModel(sources, time));
    }

    private static async Task<IResult> ReadAsync(string name, string? id, HttpContext context, CancellationToken cancellationToken)
    {
        var services = context.RequestServices;
        if (await services.GetRequiredService<ConnectionStore>().FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var (reader, time, view) = (services.GetRequiredService<ConversationReader>(), services.GetRequiredService<TimeProvider>(), ConversationView.Of(context.Request.Query));
        var state = await services.GetRequiredService<ConversationDesk>().StateAsync(connection, cancellationToken);
        var open = id is null ? null : await reader.FindAsync(connection, id, cancellationToken);
        if (id is not null && open is null) return Results.NotFound();
        var (_, statuses) = await reader.SummaryAsync(connection, cancellationToken);
        var model = new ConversationsModel(connection, view, state, statuses, [], open?.Conversation, open?.ImportedAt, context.User.MayOperate(), time, [.. connection.Masking.Rules.Select(rule => rule.Name)]);
        try
        {
            return Page.Of<ConversationsPage>(model with { Lines = await reader.ListAsync(connection, view.Question(time), cancellationToken) });
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<ConversationsPage>(model with { Problem = problem }, StatusCodes.Status400BadRequest);
        }
    }

    private static async Task<IResult> ActAsync(string name, HttpContext context, ConnectionStore connections, ConversationDesk desk, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        try
        {
            switch (form["do"].ToString())
            {
                case "check":
                    return await SetupAsync(name, context, null, await desk.CheckAsync(connection, cancellationToken), null, cancellationToken);
                case "resend":
                    await desk.SendAgainAsync(connection, now: false, context.User.ActorOf(), cancellationToken);
                    return Page.SeeOther($"/connections/{name}/conversations/setup?resent=1");
                case "import":
                    await desk.StartAsync(connection, context.User.ActorOf(), cancellationToken);
                    return Page.SeeOther($"/connections/{name}/conversations/setup?started=1");
            }
        }
        catch (OrgtapException problem)
        {
            return await SetupAsync(name, context, null, null, problem, cancellationToken);
        }
        var wanted = new ConversationSettingsDocument(
            [.. form["channel"].Select(word => Enum.TryParse<Channel>(word, out var channel) && Enum.IsDefined(channel) ? channel : (Channel?)null).OfType<Channel>()],
            form["files"] == "on", form["directory"].ToString(), form["gzip"] == "on", null, form["push"].ToString(), form["push-key"].ToString() is { Length: > 0 } key ? key : null);
        try
        {
            await desk.SetAsync(connection, wanted, context.User.MayAdminister(), context.User.ActorOf(), cancellationToken);
            return Page.SeeOther($"/connections/{name}/conversations/setup?saved=1");
        }
        catch (OrgtapException problem)
        {
            return await SetupAsync(name, context, wanted, null, problem, cancellationToken);
        }
    }

    private static async Task<IResult> SetupAsync(string name, HttpContext context, ConversationSettingsDocument? typed, IReadOnlyList<ChannelCheck>? checks, OrgtapException? problem, CancellationToken cancellationToken)
    {
        var services = context.RequestServices;
        if (await services.GetRequiredService<ConnectionStore>().FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var desk = services.GetRequiredService<ConversationDesk>();
        var state = await desk.StateAsync(connection, cancellationToken);
        return Page.Of<ConversationSetupPage>(new ConversationSetupModel(connection, state, typed ?? state.Settings, checks, await desk.ImportsAsync(connection, 5, cancellationToken), services.GetRequiredService<TimeProvider>(), problem,
            context.Request.Query["saved"] == "1", context.Request.Query["resent"] == "1"), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }
}
