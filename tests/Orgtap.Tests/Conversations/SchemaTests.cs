using System.Text.Json;
using System.Text.RegularExpressions;
using Orgtap.Conversations;
using Orgtap.Tests.Architecture;

namespace Orgtap.Tests.Conversations;

/// <summary>The documented shape is the one that is written: the example reads and writes back to itself, and the schema names every member there is.</summary>
public sealed partial class SchemaTests
{
    private static readonly JsonElement Schema = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(Repository.Root, "docs/conversation.schema.json")));

    [Fact]
    public void The_documented_example_is_read_and_written_back_as_it_is()
    {
        var example = Example().Match(File.ReadAllText(Path.Combine(Repository.Root, "docs/conversations.md"))).Groups[1].Value;
        var written = ConversationJson.Write(ConversationJson.Read(example));
        Assert.True(JsonElement.DeepEquals(JsonSerializer.Deserialize<JsonElement>(example), JsonSerializer.Deserialize<JsonElement>(written)), written);
        Check(JsonSerializer.Deserialize<JsonElement>(written), Schema, "$");
    }

    [Fact]
    public void A_conversation_with_everything_in_it_fits_the_schema_and_uses_all_of_it()
    {
        var at = DateTimeOffset.UnixEpoch.AddMilliseconds(7);
        var full = new Conversation
        {
            Id = "x", Channel = Channel.Messaging, Origin = "o", Subject = "s", Status = "t", RequestedAt = at, StartedAt = at, EndedAt = at, EndedBy = "e", WaitSeconds = 1.5, CaseId = "c", CaseNumber = "n",
            ContactId = "d", ContactName = "d", AccountId = "a", AccountName = "a", LeadId = "l", OwnerId = "w", OwnerName = "w", Queue = "q", NotUnderstood = 1, Masked = new Dictionary<string, int> { ["phone"] = 2 },
            Participants = [new Participant("p", ParticipantRole.Bot, "i", "a")], Sources = [new SourceRecord("T", "i")], Metadata = new Dictionary<string, string> { ["F"] = "v" },
            Turns = [new ConversationTurn(1, "p", ParticipantRole.Bot, at, TimePrecision.Derived, TurnKind.Raw, "t\n\"<&>ü", "T.F", "i") { Quoted = "q", Subject = "s", OffsetSeconds = 3, Attachments = ["f"] }],
        };
        var written = JsonSerializer.Deserialize<JsonElement>(ConversationJson.Write(full));
        Check(written, Schema, "$");
        Assert.Equal(Names(Schema), written.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal(Names(Schema.GetProperty("$defs").GetProperty("turn")), written.GetProperty("turns")[0].EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal(Names(Schema.GetProperty("$defs").GetProperty("participant")), written.GetProperty("participants")[0].EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal(ConversationJson.Write(full), ConversationJson.Write(ConversationJson.Read(ConversationJson.Write(full))));
        Assert.DoesNotContain('\n', ConversationJson.Write(full));
    }

    private static IEnumerable<string> Names(JsonElement schema) => schema.GetProperty("properties").EnumerateObject().Select(member => member.Name).Order();

    /// <summary>The part of JSON Schema that the document uses.</summary>
    private static void Check(JsonElement value, JsonElement schema, string path)
    {
        if (schema.TryGetProperty("$ref", out var reference)) schema = Schema.GetProperty("$defs").GetProperty(reference.GetString()!["#/$defs/".Length..]);
        if (schema.TryGetProperty("enum", out var words)) Assert.True(words.EnumerateArray().Any(word => word.GetString() == value.GetString()), $"{path}: {value}");
        if (!schema.TryGetProperty("type", out var type)) return;
        switch (type.GetString())
        {
            case "object":
                Assert.Equal(JsonValueKind.Object, value.ValueKind);
                foreach (var required in schema.TryGetProperty("required", out var names) ? names.EnumerateArray() : default(JsonElement.ArrayEnumerator))
                    Assert.True(value.TryGetProperty(required.GetString()!, out _), $"{path} lacks {required}");
                foreach (var member in value.EnumerateObject())
                {
                    var known = schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out var own) ? own : schema.GetProperty("additionalProperties");
                    Assert.True(known.ValueKind == JsonValueKind.Object, $"{path}.{member.Name} is not in the schema");
                    Check(member.Value, known, $"{path}.{member.Name}");
                }
                break;
            case "array":
                foreach (var item in value.EnumerateArray()) Check(item, schema.GetProperty("items"), path + "[]");
                break;
            case "string":
                Assert.Equal(JsonValueKind.String, value.ValueKind);
                if (schema.TryGetProperty("format", out _)) Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", value.GetString()!);
                break;
            default:
                Assert.Equal(JsonValueKind.Number, value.ValueKind);
                break;
        }
    }

    [GeneratedRegex(@"```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
