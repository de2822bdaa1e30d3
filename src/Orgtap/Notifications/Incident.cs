using Orgtap.Connections;
using Orgtap.Conversations.Importing;
using Orgtap.Conversations;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;

namespace Orgtap.Notifications;

/// <summary>What people are told of.</summary>
public enum NoticeKind
{
    /// <summary>The org no longer lets Orgtap in.</summary>
    Reauthorization,

    /// <summary>The org's API use has reached the connection's threshold.</summary>
    ApiQuota,

    /// <summary>Somebody has to do something before a sync comes through.</summary>
    SyncFailing,

    /// <summary>Syncs have failed for so long, for passing reasons, that the data is old.</summary>
    OutOfDate,

    /// <summary>Conversations are not imported, or not sent on.</summary>
    Conversations,

    /// <summary>Chosen tables or fields are gone from the org, or no longer visible.</summary>
    ChosenDataGone,

    /// <summary>Somebody stopped a scheduled job of the connection.</summary>
    JobStopped,

    /// <summary>The mail server takes no e-mail. Never told by e-mail.</summary>
    MailFailing,

    /// <summary>The webhook's receiver takes no notices. Never told by webhook.</summary>
    WebhookFailing,
}

/// <summary>Words of kinds.</summary>
public static class NoticeKinds
{
    /// <summary>For people, in a list of what they can be told of.</summary>
    public static string Words(this NoticeKind kind) => kind switch
    {
        NoticeKind.Reauthorization => "A connection has to be authorized again",
        NoticeKind.ApiQuota => "An org’s API use has reached the threshold",
        NoticeKind.SyncFailing => "A connection cannot be synced until somebody acts",
        NoticeKind.OutOfDate => "A connection’s data is old, because syncs keep failing",
        NoticeKind.ChosenDataGone => "Chosen tables or fields are gone from the org",
        NoticeKind.JobStopped => "A connection’s job is stopped",
        NoticeKind.MailFailing => "E-mail does not leave (never told by e-mail)",
        NoticeKind.WebhookFailing => "The webhook takes no notices (never told by it)",
        _ => "Conversations are not imported or not sent on",
    };
}

/// <summary>What is or was wrong with a connection, or with the installation. Of a kind, one is open at a time.</summary>
/// <param name="ConnectionId">Null: it is the installation's, whose name here is Orgtap.</param>
/// <param name="ClosedAt">When it was seen to be mended; null: it is open.</param>
public sealed record Incident(string Id, ConnectionId? ConnectionId, string ConnectionName, NoticeKind Kind, string Message, string NextStep, Turn Turn, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt)
{
    /// <summary>The page that shows more.</summary>
    public string Page => ConnectionId is not null ? $"/connections/{Uri.EscapeDataString(ConnectionName)}" : Kind == NoticeKind.MailFailing ? "/system/mail" : "/notices";

    /// <summary>For the head of an e-mail.</summary>
    public string Title => ClosedAt is not null ? $"{ConnectionName}: mended" : Kind switch
    {
        NoticeKind.Reauthorization => $"{ConnectionName} has to be authorized again",
        NoticeKind.ApiQuota => $"{ConnectionName} waits: API use reached the threshold",
        NoticeKind.SyncFailing => $"{ConnectionName} cannot be synced",
        NoticeKind.OutOfDate => $"{ConnectionName}: the data is old",
        NoticeKind.ChosenDataGone => $"{ConnectionName}: chosen data is gone from the org",
        NoticeKind.JobStopped => $"{ConnectionName}: a job is stopped",
        NoticeKind.MailFailing => $"{ConnectionName}: e-mail does not leave",
        NoticeKind.WebhookFailing => $"{ConnectionName}: the webhook takes no notices",
        _ => $"{ConnectionName}: conversations stand still",
    };
}

/// <summary>What is wrong at one moment.</summary>
/// <param name="Connection">Null: with the installation.</param>
public sealed record Trouble(ConnectionId? Connection, NoticeKind Kind, string Message, string NextStep, Turn Turn)
{
    /// <summary>Failures for passing reasons are told of only when the data is older than this and than two intervals.</summary>
    internal static readonly TimeSpan Old = TimeSpan.FromHours(1);

    /// <summary>What is wrong with a connection. Pure.</summary>
    /// <param name="import">The newest import of conversations; null: there was none, or they are off.</param>
    /// <param name="delivery">The last delivery; null: there was none.</param>
    /// <param name="gone">Chosen tables, and fields as <c>Table.Field</c>, that the org does not show any more.</param>
    /// <param name="stopped">Its jobs that somebody stopped, in words, with who did.</param>
    public static IEnumerable<Trouble> Of(Connection connection, ConversationImportRun? import, Delivery? delivery, IReadOnlyList<string> gone, IReadOnlyList<(string Job, string By)> stopped, DateTimeOffset now)
    {
        if (gone.Count > 0 && connection.SyncEnabled)
        {
            var named = gone.Count <= 3 ? string.Join(", ", gone) : $"{string.Join(", ", gone.Take(3))} and {gone.Count - 3} more";
            yield return new Trouble(connection.Id, NoticeKind.ChosenDataGone, $"{named} {(gone.Count == 1 ? "was" : "were")} chosen, and {(gone.Count == 1 ? "is" : "are")} deleted in the org or no longer visible.",
                "Syncing goes on without; columns and values that are there stay. Ask the Salesforce admin to make it visible again, or choose it no longer.", Turn.Operator);
        }
        if (stopped.Count > 0 && connection.SyncEnabled)
            yield return new Trouble(connection.Id, NoticeKind.JobStopped, $"{string.Join(", ", stopped.Select(job => $"{job.Job} (by {job.By})"))} {(stopped.Count == 1 ? "is" : "are")} stopped.",
                "It does not run again until somebody starts it, on the page Scheduled jobs.", Turn.Operator);
        if (connection.Problem is { } problem && connection.SyncEnabled)
        {
            var kind = problem.Kind switch
            {
                FailureKind.ReauthorizationRequired => NoticeKind.Reauthorization,
                FailureKind.QuotaExhausted => NoticeKind.ApiQuota,
                _ when problem.Turn == Turn.We => NoticeKind.OutOfDate,
                _ => NoticeKind.SyncFailing,
            };
            var patience = connection.Frequency.Interval is { } interval && interval * 2 > Old ? interval * 2 : Old;
            if (kind != NoticeKind.OutOfDate || now - (connection.LastSuccessAt ?? connection.CreatedAt) >= patience)
                yield return new Trouble(connection.Id, kind, problem.Message, problem.NextStep, problem.Turn);
        }
        if (import is { Outcome: ImportOutcome.Failed, Problem: { } failed }) yield return new Trouble(connection.Id, NoticeKind.Conversations, failed.Message, failed.NextStep, failed.Turn);
        else if (delivery is { IsComplete: false } && now - delivery.At < TimeSpan.FromDays(1) && (delivery.Problem ?? delivery.Pushed?.Problem) is { } why)
            yield return new Trouble(connection.Id, NoticeKind.Conversations, $"Conversations are not sent on: {why}", "Look at the outputs on the page Channels and outputs. Orgtap tries again by itself.", Turn.Operator);
    }
}
