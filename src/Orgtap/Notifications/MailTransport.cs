using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Notifications;

/// <summary>The mail server refuses this one e-mail for good; trying again is of no use.</summary>
public sealed class MailRefusedException(string message, string nextStep, string? detail, Exception innerException)
    : OrgtapException(FailureKind.InvalidInput, message, nextStep, detail, innerException);

/// <summary>Hands one e-mail to the mail server. Checks its certificate; says nothing before the connection is encrypted as the settings ask.</summary>
public static class MailTransport
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="id">Goes into the Message-ID, so that an e-mail that had to be sent twice can be told to be the same.</param>
    /// <exception cref="MailRefusedException">Refused for good.</exception>
    /// <exception cref="OrgtapException">Transient: not reached, or not now. InvalidInput: the settings are wrong.</exception>
    public static async Task SendAsync(MailSettings settings, string id, OutgoingMail mail, CancellationToken cancellationToken)
    {
        using var message = Compose(settings, id, mail);
        using var client = new SmtpClient { Timeout = (int)Patience.TotalMilliseconds };
        try
        {
            await client.ConnectAsync(settings.Host, settings.Port, settings.Security switch
            {
                MailSecurity.StartTls => SecureSocketOptions.StartTls,
                MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
                _ => SecureSocketOptions.None,
            }, cancellationToken);
            if (settings.Username is { } username) await client.AuthenticateAsync(username, settings.Password!.Reveal(), cancellationToken);
            await client.SendAsync(message, cancellationToken);
        }
        catch (Exception failure) when (Explain(failure, settings, mail.Recipient, cancellationToken) is { } explained)
        {
            throw explained;
        }
        try
        {
            await client.DisconnectAsync(quit: true, CancellationToken.None);
        }
        catch (Exception late) when (late is IOException or SocketException or ProtocolException or ServiceNotConnectedException or CommandException)
        {
            // The server has taken the e-mail; how it says goodbye does not matter.
        }
    }

    private static MimeMessage Compose(MailSettings settings, string id, OutgoingMail mail)
    {
        var message = new MimeMessage { Subject = mail.Subject, MessageId = $"{id}@{settings.SenderAddress.Split('@')[^1]}", Body = new BodyBuilder { TextBody = mail.Text, HtmlBody = mail.Html }.ToMessageBody() };
        message.From.Add(new MailboxAddress(settings.SenderName, settings.SenderAddress));
        message.To.Add(new MailboxAddress(mail.RecipientName ?? "", mail.Recipient));
        if (mail.ReplyTo is { } reply) message.ReplyTo.Add(new MailboxAddress(mail.ReplyToName ?? "", reply));
        // Vacation notices need not answer a machine (RFC 3834).
        message.Headers.Add("Auto-Submitted", "auto-generated");
        return message;
    }

    private static OrgtapException? Explain(Exception failure, MailSettings settings, string recipient, CancellationToken cancellationToken) => failure switch
    {
        SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted, StatusCode: >= (SmtpStatusCode)500 } refused =>
            new MailRefusedException($"{settings.Host} does not take e-mail for {recipient}.", "Check the address.", Detail(refused), refused),
        SmtpCommandException { ErrorCode: SmtpErrorCode.SenderNotAccepted, StatusCode: >= (SmtpStatusCode)500 } refused => new OrgtapException(FailureKind.InvalidInput,
            $"{settings.Host} does not let Orgtap send as {settings.SenderAddress}.", "Give a sender address that the mail server's account may use.", Detail(refused), refused),
        SmtpCommandException { ErrorCode: SmtpErrorCode.MessageNotAccepted, StatusCode: >= (SmtpStatusCode)550 and < (SmtpStatusCode)555 } refused =>
            new MailRefusedException($"{settings.Host} refuses this e-mail to {recipient}.", "Its own words stand in the details.", Detail(refused), refused),
        SmtpCommandException later => new OrgtapException(FailureKind.Transient, $"{settings.Host} does not take e-mail just now.", "Orgtap tries again.", Detail(later), later),
        AuthenticationException wrong => new OrgtapException(FailureKind.InvalidInput, $"{settings.Host} does not accept the user name or the password.",
            "Set them again under System, E-mail. Some providers want a password made for this app.", Short(wrong.Message), wrong),
        SslHandshakeException untrusted => new OrgtapException(FailureKind.InvalidInput, $"No secure connection to {settings.Host}: its certificate was not accepted, or the port does not speak TLS at once.",
            "Port 587 mostly wants STARTTLS, port 465 TLS. If the server has a certificate of your own authority, install that authority on this machine.", Short(untrusted.InnerException?.Message ?? untrusted.Message), untrusted),
        NotSupportedException lacks => new OrgtapException(FailureKind.InvalidInput, $"{settings.Host} does not offer what the settings ask for.", "Check encryption and port; a server without sign-in takes no user name.", Short(lacks.Message), lacks),
        ProtocolException or ServiceNotConnectedException => new OrgtapException(FailureKind.Transient, $"{settings.Host} ended the conversation.", "Orgtap tries again. If it goes on, check that the port is a mail server's.", Short(failure.Message), failure),
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } unknown =>
            new OrgtapException(FailureKind.Transient, $"The mail server {settings.Host} was not found.", "Check its spelling and this machine's network. Orgtap tries again.", unknown.Message, unknown),
        SocketException or IOException or TimeoutException => new OrgtapException(FailureKind.Transient, $"The mail server {settings.Host} cannot be reached at port {settings.Port}.",
            "Check host and port, and whether this machine may connect there. Orgtap tries again.", Short(failure.Message), failure),
        OperationCanceledException when !cancellationToken.IsCancellationRequested =>
            new OrgtapException(FailureKind.Transient, $"The mail server {settings.Host} did not answer in time.", "Orgtap tries again.", null, failure),
        _ => null,
    };

    private static string Detail(SmtpCommandException refused) => Short($"{(int)refused.StatusCode} {refused.Message}");

    private static string Short(string text) => text.Length <= 500 ? text : text[..500] + "…";
}
