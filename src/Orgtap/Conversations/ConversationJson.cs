using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orgtap.Conversations;

/// <summary>Conversations as JSON (docs/conversation.schema.json): in files, in what is pushed, in the HTTP API and in the replica alike.</summary>
public static class ConversationJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        // Readable in every language; the text is never put into a page as it is.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new UtcTimes() },
    };

    /// <summary>One line.</summary>
    public static string Write(Conversation conversation) => JsonSerializer.Serialize(conversation, Options);

    public static Conversation Read(string json) => JsonSerializer.Deserialize<Conversation>(json, Options) ?? throw new JsonException("An empty conversation.");

    /// <summary>Always UTC to the millisecond, as everywhere in a replica (docs/types.md).</summary>
    private sealed class UtcTimes : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(Times.Text(value));
    }
}
