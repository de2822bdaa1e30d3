using Orgtap.Notifications;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.App.Overviews;

/// <summary>The mail settings as JSON; without the password.</summary>
public sealed record MailDocument(bool IsSetUp, string? Host, int? Port, MailSecurity? Security, string? Username, bool HasPassword, string? SenderAddress, string? SenderName)
{
    public static MailDocument Of(MailSettings? settings) => settings is null
        ? new MailDocument(false, null, null, null, null, false, null, null)
        : new MailDocument(true, settings.Host, settings.Port, settings.Security, settings.Username, settings.Password is not null, settings.SenderAddress, settings.SenderName);
}

/// <summary>What somebody wants the mail settings to be.</summary>
/// <param name="Port">Absent: 587, with <see cref="MailSecurity.Tls"/> 465.</param>
/// <param name="Password">Absent: the stored one stays, if the user name and the server stay.</param>
public sealed record MailChangeDocument(string Host, int? Port, MailSecurity? Security, string? Username, string? Password, string SenderAddress, string SenderName);

/// <summary>An e-mail of the outbox as JSON.</summary>
public sealed record MailMessageDocument(string To, string Subject, MailState State, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset? SentAt, DateTimeOffset? NextAttemptAt, string? Failure)
{
    public static MailMessageDocument Of(QueuedMail mail) => new(mail.Recipient, mail.Subject, mail.State, mail.Attempts, mail.CreatedAt, mail.SentAt, mail.NextAttemptAt, mail.Failure);
}

/// <summary>Sets the mail server up and tries it, for page, verb and endpoint alike.</summary>
public sealed class MailChange(MailSettingsStore store, Outbox outbox, AuditLog audit, TimeProvider time)
{
    /// <summary>Stores the settings; what waits is tried at once.</summary>
    /// <exception cref="InvalidInputException">A part cannot be used.</exception>
    public async Task SetAsync(MailChangeDocument wanted, string actor, CancellationToken cancellationToken)
    {
        var security = wanted.Security ?? MailSecurity.StartTls;
        var username = string.IsNullOrWhiteSpace(wanted.Username) ? null : wanted.Username.Trim();
        var before = await store.FindAsync(cancellationToken);
        // A stored password must not be sent to a server that somebody else names.
        var kept = before is not null && before.Host == wanted.Host.Trim() && before.Username == username ? before.Password : null;
        var settings = new MailSettings(wanted.Host.Trim(), wanted.Port ?? (security == MailSecurity.Tls ? 465 : 587), security, username,
            username is null ? null : SecretText.From(wanted.Password) ?? kept, wanted.SenderAddress.Trim(), wanted.SenderName.Trim());
        await store.SetAsync(settings, cancellationToken);
        await outbox.HurryAsync(cancellationToken);
        await audit.WriteAsync(actor, "mail.set", settings.Host, $"port {settings.Port}, from {settings.SenderAddress}{(username is null ? "" : $", as {username}")}", cancellationToken);
    }

    public async Task RemoveAsync(string actor, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(cancellationToken) is not { } before) return;
        await store.SetAsync(null, cancellationToken);
        await audit.WriteAsync(actor, "mail.removed", before.Host, null, cancellationToken);
    }

    /// <summary>Sends a test e-mail now, past the outbox, so that whoever asks sees what the server says.</summary>
    /// <exception cref="OrgtapException">It did not work.</exception>
    public async Task TestAsync(string recipient, string actor, CancellationToken cancellationToken)
    {
        var settings = await store.FindAsync(cancellationToken) ?? throw new InvalidInputException("E-mail is not set up.", "Name the mail server first: page System, E-mail, or `orgtap mail set`.");
        var address = EmailAddress.Check(recipient);
        var text = $"This is a test from Orgtap. {settings.Host} takes its e-mail; people will get requests and notices from {settings.SenderName}.";
        await MailTransport.SendAsync(settings, Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), new OutgoingMail(
            "test", address, null, null, null, "Test from Orgtap", text, new MailLayout("E-mail works", text).Paragraph(text).Finish($"Sent by Orgtap for {settings.SenderName}"), time.GetUtcNow()), cancellationToken);
        await audit.WriteAsync(actor, "mail.tested", address, null, cancellationToken);
    }
}
