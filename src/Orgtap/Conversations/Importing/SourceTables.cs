using Orgtap.Catalog;

namespace Orgtap.Conversations.Importing;

/// <summary>A table whose rows belong to conversations.</summary>
/// <param name="ParentField">Names the row that stands for the conversation.</param>
internal sealed record PartTable(string Table, string ParentField);

/// <summary>The tables that conversations of one channel are made of.</summary>
/// <param name="Root">One row, one conversation.</param>
internal sealed record SourceTables(Channel Channel, string Root, IReadOnlyList<PartTable> Parts, IReadOnlyList<string> Others)
{
    /// <summary>Tables that give names to Ids; of them a name is all that is needed.</summary>
    public static readonly IReadOnlyList<SelectedObject> Names =
        [new("User", ["Name"]), new("Group", ["Name"]), new("Contact", ["Name"]), new("Account", ["Name"]), new("Case", ["CaseNumber", "Subject"])];

    public static readonly IReadOnlyList<SourceTables> All =
    [
        new(Channel.Chat, "LiveChatTranscript", [new("LiveChatTranscriptEvent", "LiveChatTranscriptId")], []),
        new(Channel.Messaging, "MessagingSession", [new("ConversationEntry", "ConversationId")], ["MessagingEndUser", "Conversation"]),
        new(Channel.Call, "VoiceCall", [new("ConversationEntry", "ConversationId")], ["Conversation"]),
        new(Channel.Case, "Case", [new("EmailMessage", "ParentId"), new("CaseComment", "ParentId"), new("FeedItem", "ParentId"), new("FeedComment", "ParentId")], []),
    ];

    public static SourceTables Of(Channel channel) => All.First(source => source.Channel == channel);

    /// <summary>All its tables, the root first.</summary>
    public IEnumerable<string> Tables => [Root, .. Parts.Select(part => part.Table), .. Others];
}
