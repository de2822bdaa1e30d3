using System.Globalization;
using System.Text.Json;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Data.Conversations;
using Orgtap.SimulatedOrg.Limits;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>
/// <c>/connect/conversation/{identifier}/entries</c> since API 51.0: the text of enhanced messaging and of calls. A page is the first or last so many entries of a
/// span of time, in no order; there is no cursor. It has a limit of its own: 1,000 calls an hour for each user and app, answered with 503
/// (https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-chatter-rest.html).
/// </summary>
internal sealed class ConversationResources(ConversationLog log, HourlyCalls calls)
{
    private const int MostEntries = 1_000;
    private const int UsualEntries = 25;
    private const decimal Since = 51.0m;

    public RestResource Entries => new("conversation.entries", "GET", "connect/conversation/{conversation}/entries", Answer);

    private RestReply Answer(RestCall call)
    {
        if (decimal.Parse(call.Version, CultureInfo.InvariantCulture) < Since) throw RestException.NotFound();
        if (!calls.TryCount(call.Session.UserId, call.Session.ClientId))
            throw new RestException(503, "REQUEST_LIMIT_EXCEEDED", $"The limit of {calls.Limit} requests per hour for conversation entries has been exceeded for this user and app.");
        var from = Milliseconds(call, "startTimestamp") ?? long.MinValue;
        var to = Milliseconds(call, "endTimestamp") ?? long.MaxValue;
        var limit = Milliseconds(call, "recordLimit") ?? UsualEntries;
        if (limit is < 1 or > MostEntries) throw Illegal("recordLimit", call.Parameter("recordLimit"));
        var fromStart = call.Parameter("queryDirection") switch
        {
            "FromStart" => true,
            null or "FromEnd" => false,
            var other => throw Illegal("queryDirection", other),
        };
        var entries = log.Entries(call["conversation"]) ?? throw RestException.NotFound();
        ConversationEntry[] within = [.. entries.Where(entry => entry.Turn.At.ToUnixTimeMilliseconds() is var at && at >= from && at <= to)];
        ConversationEntry[] page = within.Length <= limit ? within : fromStart ? within[..(int)limit] : within[^(int)limit..];
        // Clients must not rely on an order.
        Array.Sort(page, static (left, right) => Hash.Of(left.Identifier).CompareTo(Hash.Of(right.Identifier)));
        return RestReply.Of(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("conversationEntries");
            foreach (var entry in page) Write(writer, entry);
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter writer, ConversationEntry entry)
    {
        writer.WriteStartObject();
        writer.WriteNumber("clientDuration", 0);
        writer.WriteNumber("clientTimestamp", entry.SentAt.ToUnixTimeMilliseconds());
        writer.WriteString("identifier", entry.Identifier);
        writer.WriteString("messageText", entry.Turn.Text);
        writer.WriteStartArray("relatedRecords");
        if (entry.RecordId is not null) writer.WriteStringValue(entry.RecordId);
        writer.WriteEndArray();
        writer.WriteStartObject("sender");
        writer.WriteString("appType", entry.Turn.Role switch { SpeakerRole.EndUser => "conversation", SpeakerRole.Bot => "bot", SpeakerRole.System => "system", _ => "agent" });
        writer.WriteString("role", entry.Turn.Role switch { SpeakerRole.Bot => "Chatbot", var role => role.ToString() });
        writer.WriteString("subject", entry.SubjectId);
        writer.WriteEndObject();
        writer.WriteNumber("serverReceivedTimestamp", entry.Turn.At.ToUnixTimeMilliseconds());
        writer.WriteEndObject();
    }

    private static long? Milliseconds(RestCall call, string name)
    {
        if (call.Parameter(name) is not { } text) return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Illegal(name, text);
    }

    private static RestException Illegal(string name, string? value) =>
        new(400, "ILLEGAL_QUERY_PARAMETER_VALUE", $"Illegal value '{value}' for query parameter '{name}'.");
}
