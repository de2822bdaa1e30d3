using Orgtap.Catalog;

namespace Orgtap.Conversations.Importing;

/// <summary>A table whose rows belong to conversations.</summary>
/// <param name="ParentField">Names the row that stands for the conversation.</param>
internal sealed record PartTable(string Table, string ParentField);

/// <summary>A table whose rows name files that hang on what was said; of the files themselves nothing is read.</summary>
/// <param name="Carrier">The table whose rows they hang on.</param>
/// <param name="ParentField">Names the carrier's row.</param>
internal sealed record FileTable(string Table, string Carrier, string ParentField, string NameField)
{
    /// <summary>What the replica needs of it.</summary>
    public SelectedObject Selected => new(Table, [NameField, ParentField, "CreatedDate"]);
}

/// <summary>The tables that conversations of one channel are made of.</summary>
/// <param name="Root">One row, one conversation.</param>
internal sealed record SourceTables(Channel Channel, string Root, IReadOnlyList<PartTable> Parts, IReadOnlyList<string> Others, IReadOnlyList<FileTable> Files)
{
    /// <summary>Tables that give names to Ids; of them a name is all that is needed.</summary>
    public static readonly IReadOnlyList<SelectedObject> Names =
        [new("User", ["Name"]), new("Group", ["Name"]), new("Contact", ["Name"]), new("Account", ["Name"]), new("Case", ["CaseNumber", "Subject"])];

    public static readonly IReadOnlyList<SourceTables> All =
    [
        new(Channel.Chat, "LiveChatTranscript", [new("LiveChatTranscriptEvent", "LiveChatTranscriptId")], [], [new("ContentVersion", "LiveChatTranscript", "FirstPublishLocationId", "Title")]),
        new(Channel.Messaging, "MessagingSession", [new("ConversationEntry", "ConversationId")], ["MessagingEndUser", "Conversation"], []),
        new(Channel.Call, "VoiceCall", [new("ConversationEntry", "ConversationId")], ["Conversation"], []),
        new(Channel.Case, "Case", [new("EmailMessage", "ParentId"), new("CaseComment", "ParentId"), new("FeedItem", "ParentId"), new("FeedComment", "ParentId")], [],
            [new("ContentVersion", "EmailMessage", "FirstPublishLocationId", "Title"), new("Attachment", "EmailMessage", "ParentId", "Name")]),
    ];

    public static SourceTables Of(Channel channel) => All.First(source => source.Channel == channel);

    /// <summary>All its tables but those of files, the root first.</summary>
    public IEnumerable<string> Tables => [Root, .. Parts.Select(part => part.Table), .. Others];
}
