using System.Net;
using Orgtap.Primitives;

namespace Orgtap.Notifications;

/// <summary>How the connection to the mail server is encrypted.</summary>
public enum MailSecurity
{
    /// <summary>Begins in clear and is encrypted before anything is said (STARTTLS, mostly port 587). A server that cannot is not spoken to.</summary>
    StartTls,

    /// <summary>Encrypted from the first byte (mostly port 465).</summary>
    Tls,

    /// <summary>Not at all; for a mail server on this machine or in a closed network.</summary>
    None,
}

/// <summary>Through which mail server e-mail leaves this installation, and as whom.</summary>
/// <param name="Username">Null: the server asks for no sign-in.</param>
/// <param name="SenderName">Who asks: the organization that runs this installation, as a stranger knows it.</param>
public sealed record MailSettings(string Host, int Port, MailSecurity Security, string? Username, SecretText? Password, string SenderAddress, string SenderName)
{
    /// <summary>Every part is usable and none is unsafe.</summary>
    /// <exception cref="InvalidInputException">Names the part that is not.</exception>
    public MailSettings Checked()
    {
        if (Uri.CheckHostName(Host) == UriHostNameType.Unknown) throw new InvalidInputException($"\"{Host}\" is not the name of a mail server.", "Give a host name, e.g. smtp.example.com.");
        if (Port is < 1 or > 65535) throw new InvalidInputException($"The mail server's port {Port} is not possible.", "Mostly 587 (STARTTLS) or 465 (TLS).");
        EmailAddress.Check(SenderAddress);
        if (string.IsNullOrWhiteSpace(SenderName) || SenderName.Length > 100) throw new InvalidInputException("The sender's name is missing, or longer than 100 characters.", "Give the name of your organization; Salesforce admins read it.");
        if (Username is not null && Password is null) throw new InvalidInputException("A user name for the mail server was given without its password.", "Give the password too, or leave the user name out.");
        if (Security == MailSecurity.None && Username is not null && !IsHere)
            throw new InvalidInputException($"The password for {Host} would be sent in clear.", "Choose STARTTLS or TLS, or leave user name and password out.");
        return this;
    }

    private bool IsHere => Host is "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));
}
