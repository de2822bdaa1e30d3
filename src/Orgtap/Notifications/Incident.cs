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
        _ => "Conversations are not imported or not sent on",
    };
}

/// <summary>What is or was wrong with a connection. Of a kind, one is open at a time.</summary>
/// <param name="ClosedAt">When it was seen to be mended; null: it is open.</param>
public sealed record Incident(string Id, ConnectionId ConnectionId, string ConnectionName, NoticeKind Kind, string Message, string NextStep, Turn Turn, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt)
{
    /// <summary>For the head of an e-mail.</summary>
    public string Title => ClosedAt is not null ? $"{ConnectionName}: mended" : Kind switch
    {
        NoticeKind.Reauthorization => $"{ConnectionName} has to be authorized again",
        NoticeKind.ApiQuota => $"{ConnectionName} waits: API use reached the threshold",
        NoticeKind.SyncFailing => $"{ConnectionName} cannot be synced",
        NoticeKind.OutOfDate => $"{ConnectionName}: the data is old",
        _ => $"{ConnectionName}: conversations stand still",
    };
}

/// <summary>What is wrong at one moment.</summary>
public sealed record Trouble(ConnectionId Connection, NoticeKind Kind, string Message, string NextStep, Turn Turn)
{
    /// <summary>Failures for passing reasons are told of only when the data is older than this and than two intervals.</summary>
    internal static readonly TimeSpan Old = TimeSpan.FromHours(1);

    /// <summary>What is wrong with a connection. Pure.</summary>
    /// <param name="import">The newest import of conversations; null: there was none, or they are off.</param>
    /// <param name="delivery">The last delivery; null: there was none.</param>
    public static IEnumerable<Trouble> Of(Connection connection, ConversationImportRun? import, Delivery? delivery, DateTimeOffset now)
    {
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
