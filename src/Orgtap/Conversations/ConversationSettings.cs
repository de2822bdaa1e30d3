namespace Orgtap.Conversations;

/// <summary>What of a connection becomes conversations, and where they go besides the replica.</summary>
public sealed record ConversationSettings
{
    public static readonly ConversationSettings Off = new();

    /// <summary>Channels that are imported; none: conversations are off.</summary>
    public IReadOnlyList<Channel> Channels { get; init; } = [];

    public FileOutput? Files { get; init; }

    public PushOutput? Push { get; init; }

    /// <summary>Calls of an hour that may be spent on conversation entries; Salesforce allows 1,000 for each user and app.</summary>
    /// <value>Default 900; 1 to 1,000.</value>
    public int EntryCallsPerHour { get; init; } = 900;

    public bool IsOn => Channels.Count > 0;
}

/// <summary>JSON Lines files: one conversation a line.</summary>
/// <param name="Directory">Absolute; null: <c>conversations/NAME</c> in the data directory.</param>
/// <param name="Gzip">Files end in .jsonl.gz.</param>
public sealed record FileOutput(string? Directory = null, bool Gzip = false)
{
    /// <summary>Conversations after which a new file begins.</summary>
    /// <value>Default 10,000.</value>
    public int ConversationsPerFile { get; init; } = 10_000;
}

/// <summary>An address that gets every conversation by POST. Its signing key is kept apart, encrypted.</summary>
/// <param name="Address">https, or http to a host that the installation allows.</param>
public sealed record PushOutput(Uri Address);
