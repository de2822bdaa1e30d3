using Orgtap.Storage;

namespace Orgtap.App.Overviews;

/// <summary>Actions of the audit log in words for people.</summary>
public static class AuditWords
{
    /// <summary>What was done; an action that nobody gave words is spelt out.</summary>
    public static string Of(string action) => action switch
    {
        "connection.created" => "Connected an org",
        "connection.removed" => "Removed a connection",
        "connection.paused" => "Paused syncing",
        "connection.resumed" => "Resumed syncing",
        "conversations.set" => "Chose conversations",
        "conversations.resent" => "Had refused conversations sent again",
        "masking.set" => "Set what is masked",
        "threshold.set" => "Set the API quota threshold",
        "selection.set" => "Changed what is copied",
        "replica.placed" => "Chose where the rows lie",
        "job.stopped" => "Stopped a job",
        "job.started" => "Started a job",
        "job.scheduled" => "Set how often a job runs",
        "org-job.stopped" => "Stopped a job in the org",
        "org-job.started" => "Started a job in the org",
        "org-job.stop-sent" => "Tried to stop a job in the org",
        "org-job.start-sent" => "Tried to start a job in the org",
        "jobs.restarted" => "Restarted running jobs",
        "notices.set" => "Set who is told of what",
        "notices.tested" => "Sent a test notice",
        "run.stopped" => "Stopped a run",
        "user.added" => "Added a person",
        "user.removed" => "Removed a person",
        "role.set" => "Set a role",
        "link.issued" => "Made a link to choose a password",
        "link.used" => "Used a link",
        "password.set" => "Chose a password",
        "token.issued" => "Made an API token",
        "token.revoked" => "Revoked an API token",
        "connection.reauthorized" => "Authorized a connection again",
        "request.made" => "Asked an admin to authorize",
        "request.resent" => "Asked an admin again",
        "request.withdrawn" => "Withdrew a request to an admin",
        "request.started" => "Pressed Authorize",
        "request.declined" => "Declined to authorize",
        "app.set" => "Stored an app",
        "app.removed" => "Forgot an app",
        "setup.checked" => "Checked the setup of an org",
        "connection.tested" => "Tested a connection",
        "secrets.rotated" => "Encrypted stored secrets with a new key",
        "backup.restored" => "Restored a backup",
        "mail.set" => "Set up the mail server",
        "mail.removed" => "Forgot the mail server",
        "mail.tested" => "Sent a test e-mail",
        "support.set" => "Named the support contact",
        "support.removed" => "Named no support contact any more",
        "sign-in.accepted" => "Signed in",
        "sign-in.ended" => "Signed out",
        "sign-in.ended-everywhere" => "Signed out everywhere",
        "sign-in.paused" => "Sign-in paused after wrong passwords",
        "sign-in.allowed" => "Ended a pause of sign-in",
        _ => Spelt(action),
    };

    private static string Spelt(string action)
    {
        var words = action.Replace('.', ' ').Replace('-', ' ');
        return words.Length == 0 ? words : char.ToUpperInvariant(words[0]) + words[1..];
    }
}

/// <summary>One line of the audit log, as the HTTP API and <c>--json</c> write it.</summary>
public sealed record AuditEntryDocument(long Id, DateTimeOffset At, string Actor, string Action, string Target, string? Detail, string? Origin)
{
    public static AuditEntryDocument Of(AuditEntry entry) => new(entry.Id, entry.At, entry.Actor, entry.Action, entry.Target, entry.Detail, entry.Origin);
}
