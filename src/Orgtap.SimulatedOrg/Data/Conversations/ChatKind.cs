namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>What is special about a chat. Of every 32 chats each kind but <see cref="Plain"/> and <see cref="Huge"/> comes once; the rest is plain.</summary>
public enum ChatKind
{
    Plain,
    /// <summary>A second agent takes over.</summary>
    Transfer,
    /// <summary>A bot answers first and hands over.</summary>
    Bot,
    /// <summary>A bot answers alone.</summary>
    BotOnly,
    /// <summary>Visitor and agent have the same name.</summary>
    SameNames,
    /// <summary>Messages hold colons.</summary>
    Colons,
    /// <summary>Messages of several lines.</summary>
    LineBreaks,
    /// <summary>The body ends with an offset that nobody speaks after.</summary>
    TrailingOffset,
    /// <summary>Messages hold HTML, entities and quotes.</summary>
    Entities,
    German,
    French,
    Japanese,
    /// <summary>It takes more than a day.</summary>
    Hours,
    /// <summary>A message quotes a line of a chat.</summary>
    LooksLikeTurn,
    /// <summary>The visitor's pre-chat name holds a colon.</summary>
    NameWithColon,
    /// <summary>A time zone that is no whole hour away.</summary>
    HalfHourZone,
    /// <summary>Two agents and the first comes back.</summary>
    Conference,
    /// <summary>Nobody answered: no body.</summary>
    Missed,
    /// <summary>Nobody spoke: only the first lines.</summary>
    Dropped,
    /// <summary>Still going on.</summary>
    InProgress,
    /// <summary>As long as the field allows; one chat in 2,048.</summary>
    Huge,
}
