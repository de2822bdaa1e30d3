namespace Orgtap.Storage;

/// <summary>An e-mail as whoever has something to say writes it.</summary>
/// <param name="About">What it belongs to, e.g. <c>request:ID</c>; how its state is asked for later.</param>
/// <param name="Recipient">One address.</param>
/// <param name="RecipientName">Null: the address alone.</param>
/// <param name="ReplyTo">Where an answer goes; null: to the sender.</param>
/// <param name="Text">For programs and people without HTML.</param>
/// <param name="Html">A whole document with its styles inside.</param>
/// <param name="ExpiresAt">UTC; after that it is not tried any more, because it would say nothing true.</param>
public sealed record OutgoingMail(
    string About, string Recipient, string? RecipientName, string? ReplyTo, string? ReplyToName, string Subject, string Text, string Html, DateTimeOffset ExpiresAt);

/// <summary>What became of an e-mail.</summary>
public enum MailState
{
    /// <summary>It is tried at <see cref="QueuedMail.NextAttemptAt"/>.</summary>
    Waiting,

    /// <summary>The mail server took it.</summary>
    Sent,

    /// <summary>The mail server will not take it, or it is too old; it is not tried again.</summary>
    Failed,
}

/// <summary>An e-mail as the outbox lists it: without its body.</summary>
/// <param name="Failure">Why the last attempt failed, for people.</param>
public sealed record QueuedMail(
    string Id, string About, string Recipient, string Subject, DateTimeOffset CreatedAt, int Attempts, DateTimeOffset? NextAttemptAt, DateTimeOffset? SentAt, string? Failure)
{
    public MailState State => SentAt is not null ? MailState.Sent : NextAttemptAt is null ? MailState.Failed : MailState.Waiting;
}
