namespace Orgtap.SimulatedOrg.Data.Conversations;

/// <summary>Who speaks in a conversation.</summary>
public enum SpeakerRole
{
    EndUser,
    Agent,
    Bot,
    Supervisor,
    System,
}

/// <summary>One thing said, as it was said: before any escaping, cutting or quoting.</summary>
/// <param name="At">When.</param>
/// <param name="Text">Empty for events that are no messages.</param>
public sealed record Turn(DateTimeOffset At, string Speaker, SpeakerRole Role, string Text);
