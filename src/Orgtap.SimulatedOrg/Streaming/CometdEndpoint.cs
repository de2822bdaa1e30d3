using System.Text.Json;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.OAuth;
using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.Streaming;

/// <summary>
/// <c>/cometd/NN.0</c>: Bayeux 1.0 over long polling (https://docs.cometd.org/current/reference/#_bayeux), with Salesforce's replay extension, its
/// errors and its cookie. A connect is held for 110 seconds on the org's clock. Paths that name the message, as some clients append them, are the same.
/// </summary>
internal sealed class CometdEndpoint(BayeuxSessions sessions, TokenStore tokens, TimeProvider time)
{
    private const string Cookie = "BAYEUX_BROWSER";

    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/cometd/{version}/{**message}", AnswerAsync).WithDisplayName("cometd");

    private async Task AnswerAsync(HttpContext context)
    {
        if (await MessagesAsync(context) is not { } messages)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        var replies = new List<BayeuxReply>();
        foreach (var message in messages) replies.AddRange(await ReplyAsync(context, message));
        context.Response.ContentType = "application/json;charset=UTF-8";
        context.Response.Headers.CacheControl = "no-store";
        await using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, RestFrontDoor.JsonOptions))
        {
            writer.WriteStartArray();
            foreach (var reply in replies) reply.Write(writer);
            writer.WriteEndArray();
        }
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>An array of messages, or a single one; null where it is neither.</summary>
    private static async Task<IReadOnlyList<BayeuxMessage>?> MessagesAsync(HttpContext context)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            var root = body.RootElement.Clone();
            JsonElement[] all = root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [root];
            return all.All(BayeuxMessage.IsOne) ? [.. all.Select(message => new BayeuxMessage(message))] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<BayeuxReply>> ReplyAsync(HttpContext context, BayeuxMessage message)
    {
        if (ActiveFaults.Of(context).Find<FaultEffect.StreamError>() is { } fault) return [BayeuxReply.Refuse(message, fault.Error, fault.Reconnect)];
        var token = AccessTokens.Of(context.Request);
        if (message.Channel == "/meta/handshake") return [Handshake(context, message, token)];
        if (sessions.Find(message.ClientId, context.Request.Cookies[Cookie]) is not { } session) return [BayeuxReply.Refuse(message, "403::Unknown client", "handshake")];
        // A client that streams does not idle out: each message gives its session the full life again.
        if (tokens.Use(token ?? session.AccessToken) is null) return [BayeuxReply.Refuse(message, "401::Authentication invalid", "none")];
        sessions.Touch(session);
        return message.Channel switch
        {
            "/meta/connect" => await ConnectAsync(context, message, session),
            "/meta/subscribe" => [.. message.Subscriptions.Select(channel => Subscribe(message, session, channel))],
            "/meta/unsubscribe" => [.. message.Subscriptions.Select(channel => Unsubscribe(message, session, channel))],
            "/meta/disconnect" => [Disconnect(message, session)],
            _ => [BayeuxReply.Refuse(message, "403:denied_by_security_policy:publish_denied", null)],
        };
    }

    private BayeuxReply Handshake(HttpContext context, BayeuxMessage message, string? token)
    {
        if (token is null || tokens.Use(token) is not { AllowsApi: true })
            return BayeuxReply.Refuse(message, "403::Handshake denied", "none") with { FailureReason = token is null ? "401::Request requires authentication" : "401::Authentication invalid" };
        if (sessions.Feed.IsExhausted) return BayeuxReply.Refuse(message, "403::Organization total events daily limit exceeded", "none");
        if (!message.AllowsLongPolling) return BayeuxReply.Refuse(message, "400::Unsupported connection type", "none");
        var session = sessions.Open(token, context.Request.Cookies[Cookie]);
        context.Response.Cookies.Append(Cookie, session.Cookie, new CookieOptions { Path = "/", HttpOnly = true });
        return BayeuxReply.Accept(message) with { ClientId = session.ClientId, IsHandshake = true, Reconnect = "retry" };
    }

    private async Task<IReadOnlyList<BayeuxReply>> ConnectAsync(HttpContext context, BayeuxMessage message, BayeuxSession session)
    {
        if (sessions.Feed.IsExhausted) return [BayeuxReply.Refuse(message, "403::Organization total events daily limit exceeded", "none")];
        var repeated = ActiveFaults.Of(context).Find<FaultEffect.RepeatEvents>() is { } repeat ? session.Last(repeat.Count) : [];
        session.Waiting = true;
        try
        {
            var until = Task.Delay(message.Patience, time, context.RequestAborted);
            while (true)
            {
                var (due, next) = session.Take();
                if (tokens.Peek(session.AccessToken) is null) return [BayeuxReply.Refuse(message, "401::Authentication invalid", "none")];
                if (due.Count > 0 || until.IsCompleted || repeated.Any())
                {
                    context.RequestAborted.ThrowIfCancellationRequested();
                    sessions.Feed.CountDelivered(due.Count);
                    return [.. repeated.Concat(due).Select(sent => BayeuxReply.Of(sent.Channel, sent.Event, sessions.Feed.Store)),
                        BayeuxReply.Accept(message) with { ClientId = session.ClientId, Reconnect = "retry" }];
                }
                await Task.WhenAny(next, until);
            }
        }
        finally
        {
            sessions.Touch(session);
            session.Waiting = false;
        }
    }

    private BayeuxReply Subscribe(BayeuxMessage message, BayeuxSession session, string channel)
    {
        if (Subscriptions.Refusal(channel, sessions.Feed.Store.Schema) is { } refusal) return BayeuxReply.Refuse(message, refusal, null) with { Subscription = channel };
        var replay = message.ReplayOf(channel);
        if (replay is not (-1 or -2) && !sessions.Feed.Knows(replay))
            return BayeuxReply.Refuse(message, $"400::The replayId {{{replay}}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.", null)
                with { Subscription = channel };
        session.Subscribe(channel, replay switch { -1 => sessions.Feed.LastReplayId, -2 => 0, _ => replay });
        return BayeuxReply.Accept(message) with { ClientId = session.ClientId, Subscription = channel };
    }

    private static BayeuxReply Unsubscribe(BayeuxMessage message, BayeuxSession session, string channel)
    {
        session.Unsubscribe(channel);
        return BayeuxReply.Accept(message) with { ClientId = session.ClientId, Subscription = channel };
    }

    private BayeuxReply Disconnect(BayeuxMessage message, BayeuxSession session)
    {
        sessions.Close(session);
        return BayeuxReply.Accept(message) with { ClientId = session.ClientId };
    }
}
