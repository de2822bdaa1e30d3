namespace Orgtap.Storage;

/// <summary>One line of the audit log.</summary>
/// <param name="Origin">From where: an IP address, or account and machine of the command line; null where nobody knows.</param>
public sealed record AuditEntry(long Id, DateTimeOffset At, string Actor, string Action, string Target, string? Detail, string? Origin);

/// <summary>Which entries of the audit log; what is null or empty does not narrow.</summary>
public sealed record AuditFilter
{
    /// <summary>Who did it, exactly, in any case.</summary>
    public string? Actor { get; init; }

    /// <summary>The action, exactly, e.g. <c>connection.created</c>.</summary>
    public string? Action { get; init; }

    /// <summary>What it was done to, exactly, in any case.</summary>
    public string? Target { get; init; }

    /// <summary>Words that occur in actor, action, target, detail or origin.</summary>
    public string? Text { get; init; }

    /// <summary>Not before this moment.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before this moment.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Only entries older than the one with this id: how the next page is asked for.</summary>
    public long? Before { get; init; }
}
