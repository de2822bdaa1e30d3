using System.Globalization;
using System.Text.Json;
using Orgtap.SimulatedOrg.Data;

namespace Orgtap.SimulatedOrg.Streaming;

/// <summary>A message to a client: the answer to one of its own, or an event.</summary>
internal sealed record BayeuxReply(string Channel)
{
    public string? Id { get; init; }
    public string? ClientId { get; init; }
    public string? Subscription { get; init; }
    public bool? Successful { get; init; }
    public string? Error { get; init; }
    public string? Reconnect { get; init; }
    public bool IsHandshake { get; init; }

    /// <summary>The cause behind a denied handshake, in <c>ext.sfdc.failureReason</c>.</summary>
    public string? FailureReason { get; init; }

    private Action<Utf8JsonWriter>? Event { get; init; }

    public static BayeuxReply Accept(BayeuxMessage message) => new(message.Channel) { Id = message.Id, Successful = true };

    /// <param name="reconnect">What the client should do next; null = no advice.</param>
    public static BayeuxReply Refuse(BayeuxMessage message, string error, string? reconnect) =>
        new(message.Channel) { Id = message.Id, Successful = false, Error = error, Reconnect = reconnect };

    public static BayeuxReply Of(string channel, ChangeEvent change, OrgStore store) => new(channel)
    {
        Event = writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("schema", Hash.Of(change.SObject).ToString("x16", CultureInfo.InvariantCulture));
            var type = store.Schema.FindAny(change.SObject)!;
            writer.WritePropertyName("payload");
            ChangePayload.Write(writer, change, type, store.FirstUserId);
            writer.WriteStartObject("event");
            writer.WriteNumber("replayId", change.ReplayId);
            writer.WriteEndObject();
            writer.WriteEndObject();
        },
    };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (Event is not null)
        {
            writer.WritePropertyName("data");
            Event(writer);
            writer.WriteString("channel", Channel);
            writer.WriteEndObject();
            return;
        }
        if (IsHandshake || FailureReason is not null) WriteExtension(writer);
        if (IsHandshake)
        {
            writer.WriteString("minimumVersion", "1.0");
            writer.WriteString("version", "1.0");
            writer.WriteStartArray("supportedConnectionTypes");
            writer.WriteStringValue("long-polling");
            writer.WriteEndArray();
        }
        if (ClientId is not null) writer.WriteString("clientId", ClientId);
        if (Reconnect is not null) WriteAdvice(writer);
        writer.WriteString("channel", Channel);
        if (Id is not null) writer.WriteString("id", Id);
        if (Subscription is not null) writer.WriteString("subscription", Subscription);
        if (Error is not null) writer.WriteString("error", Error);
        writer.WriteBoolean("successful", Successful ?? false);
        writer.WriteEndObject();
    }

    private void WriteExtension(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("ext");
        writer.WriteBoolean("replay", true);
        writer.WriteBoolean("payload.format", true);
        if (FailureReason is not null)
        {
            writer.WriteStartObject("sfdc");
            writer.WriteString("failureReason", FailureReason);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private void WriteAdvice(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("advice");
        writer.WriteString("reconnect", Reconnect);
        if (Reconnect != "none")
        {
            writer.WriteNumber("interval", 0);
            writer.WriteNumber("timeout", BayeuxMessage.HoldMilliseconds);
        }
        writer.WriteEndObject();
    }
}
