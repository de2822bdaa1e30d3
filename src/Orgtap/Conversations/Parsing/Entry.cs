using System.Text.Json;

namespace Orgtap.Conversations.Parsing;

/// <summary>One entry of the Connect API's conversation entries, or one row of the object ConversationEntry.</summary>
/// <param name="ReceivedAt">By the server's clock; entries are ordered by it.</param>
/// <param name="Records">Sessions or calls it belongs to.</param>
/// <param name="Raw">The entry as it came, where it is not as documented; null: it is.</param>
internal sealed record Entry(string Identifier, DateTimeOffset? ReceivedAt, DateTimeOffset? SentAt, string? Speaker, string? SpeakerId, ParticipantRole Role, string Text, IReadOnlyList<string> Records, string? Raw = null)
{
    /// <summary>Reads one entry of the Connect API. Total: what is not as documented is kept raw.</summary>
    public static Entry Parse(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object) return new Entry("", null, null, null, null, ParticipantRole.Unknown, "", [], item.GetRawText());
        var sender = item.TryGetProperty("sender", out var named) && named.ValueKind == JsonValueKind.Object ? named : default;
        var subject = Member(sender, "subject");
        var isId = Salesforce.OAuth.SalesforceId.To18(subject) is not null;
        var (role, known) = RoleOf(Member(sender, "role"));
        var (identifier, received, text) = (Member(item, "identifier"), Time(item, "serverReceivedTimestamp"), Member(item, "messageText"));
        var records = item.TryGetProperty("relatedRecords", out var related) && related.ValueKind == JsonValueKind.Array
            ? related.EnumerateArray().Where(record => record.ValueKind == JsonValueKind.String).Select(record => record.GetString()!).ToList() : [];
        return new Entry(identifier ?? "", received ?? Time(item, "clientTimestamp"), Time(item, "clientTimestamp"), isId ? null : subject, isId ? subject : null, role, text ?? "", records,
            identifier is null || received is null || text is null || !known ? item.GetRawText() : null);
    }

    /// <summary>Entries come in no order; those of one millisecond keep the order in which they were sent.</summary>
    public static IEnumerable<Entry> InOrder(IEnumerable<Entry> entries) =>
        entries.OrderBy(entry => entry.ReceivedAt ?? DateTimeOffset.MaxValue).ThenBy(entry => entry.SentAt ?? DateTimeOffset.MaxValue).ThenBy(entry => entry.Identifier, StringComparer.Ordinal);

    /// <summary>The Connect API says Chatbot where the object says Bot.</summary>
    public static (ParticipantRole Role, bool Known) RoleOf(string? word) => word switch
    {
        "EndUser" => (ParticipantRole.EndUser, true),
        "Agent" => (ParticipantRole.Agent, true),
        "Chatbot" or "Bot" => (ParticipantRole.Bot, true),
        "Supervisor" => (ParticipantRole.Supervisor, true),
        "System" => (ParticipantRole.System, true),
        _ => (ParticipantRole.Unknown, false),
    };

    private static string? Member(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? Time(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var at) && at is >= 0 and < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
}
